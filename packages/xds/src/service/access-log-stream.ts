/** Messages of Envoy's access log service (envoy.service.accesslog.v3): batches of records, the first with who sends them. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  decodeHttpEntry,
  decodeTcpEntry,
  encodeHttpEntry,
  encodeTcpEntry,
  type HttpLogEntry,
  type TcpLogEntry,
} from './access-log-entry.js'
import {
  StreamAccessLogsMessage_HTTPAccessLogEntriesSchema as HttpEntriesSchema,
  StreamAccessLogsMessage_IdentifierSchema as IdentifierSchema,
  StreamAccessLogsMessage_TCPAccessLogEntriesSchema as TcpEntriesSchema,
  StreamAccessLogsMessageSchema,
} from '../gen/envoy/service/accesslog/v3/accesslog_pb.js'
import { compact } from '../message/json-object.js'
import { decodeNode, encodeNode, type XdsNode } from './node.js'

/** A message holds records of one kind. */
export interface AccessLogBatch {
  /** In the first message of a stream. */
  readonly sender?: { readonly node: XdsNode; readonly logName: string }
  readonly entries: readonly HttpLogEntry[] | readonly TcpLogEntry[]
}

export function encodeAccessLogBatch(batch: AccessLogBatch): Uint8Array {
  const message = create(StreamAccessLogsMessageSchema)
  const { sender, entries } = batch
  if (sender !== undefined) message.identifier = create(IdentifierSchema, { node: encodeNode(sender.node), logName: sender.logName })
  if (isHttp(entries)) {
    message.logEntries = { case: 'httpLogs', value: create(HttpEntriesSchema, { logEntry: entries.map(encodeHttpEntry) }) }
  } else {
    message.logEntries = { case: 'tcpLogs', value: create(TcpEntriesSchema, { logEntry: entries.map(encodeTcpEntry) }) }
  }
  return toBinary(StreamAccessLogsMessageSchema, message)
}

/** @throws when the bytes are no such message. */
export function decodeAccessLogBatch(bytes: Uint8Array): AccessLogBatch {
  const { identifier, logEntries } = fromBinary(StreamAccessLogsMessageSchema, bytes)
  const node = identifier?.node === undefined ? { id: '' } : decodeNode(identifier.node)
  const sender = identifier === undefined ? undefined : { node, logName: identifier.logName }
  return compact<AccessLogBatch>({ sender, entries: decodeEntries(logEntries) })
}

type LogEntries = ReturnType<typeof fromBinary<typeof StreamAccessLogsMessageSchema>>['logEntries']

function decodeEntries(entries: LogEntries): AccessLogBatch['entries'] {
  if (entries.case === 'httpLogs') return entries.value.logEntry.map(decodeHttpEntry)
  return entries.case === 'tcpLogs' ? entries.value.logEntry.map(decodeTcpEntry) : []
}

function isHttp(entries: AccessLogBatch['entries']): entries is readonly HttpLogEntry[] {
  return entries[0]?.kind === 'http'
}
