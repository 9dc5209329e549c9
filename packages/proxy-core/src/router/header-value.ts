/** Header values of the configuration with Envoy's command operators (`%DOWNSTREAM_REMOTE_ADDRESS%`, `%REQ(NAME)%`); what is not known here stays as written. */
import type { HeaderMutations } from '@heddle/routing'
import type { HeaderBlock } from '../message/header-block.js'
import type { RequestRecord } from '../decision-record.js'

export function applyRequestMutations(headers: HeaderBlock, mutations: HeaderMutations | undefined, record: RequestRecord): void {
  if (mutations === undefined) return
  for (const name of mutations.requestRemove ?? []) headers.remove(name.toLowerCase())
  for (const option of mutations.requestAdd ?? []) addHeader(headers, option, record)
}

export function applyResponseMutations(headers: HeaderBlock, mutations: HeaderMutations | undefined, record: RequestRecord): void {
  if (mutations === undefined) return
  for (const name of mutations.responseRemove ?? []) headers.remove(name.toLowerCase())
  for (const option of mutations.responseAdd ?? []) addHeader(headers, option, record)
}

type HeaderValueOption = NonNullable<HeaderMutations['requestAdd']>[number]

function addHeader(headers: HeaderBlock, option: HeaderValueOption, record: RequestRecord): void {
  const value = option.value.includes('%') ? expand(option.value, record) : option.value
  const present = option.append === 'APPEND_IF_EXISTS_OR_ADD' ? false : headers.has(option.key.toLowerCase())
  switch (option.append) {
    case 'APPEND_IF_EXISTS_OR_ADD':
      return headers.append(option.key, value)
    case 'ADD_IF_ABSENT':
      return present ? undefined : headers.append(option.key, value)
    case 'OVERWRITE_IF_EXISTS_OR_ADD':
      return headers.set(option.key, value)
    case 'OVERWRITE_IF_EXISTS':
      return present ? headers.set(option.key, value) : undefined
  }
}

function expand(text: string, record: RequestRecord): string {
  // oxlint-disable-next-line complexity -- a table of operators
  return text.replace(/%%|%([A-Z_]+)(?:\(([^)]*)\))?%/g, (whole: string, operator: string | undefined, argument: string | undefined) => {
    const { connection } = record
    switch (operator) {
      case undefined:
        return '%'
      case 'REQ':
        return record.requestHeader((argument ?? '').toLowerCase()) ?? ''
      case 'RESP':
        return record.responseHeader((argument ?? '').toLowerCase()) ?? ''
      case 'PROTOCOL':
        return record.protocol
      case 'DOWNSTREAM_REMOTE_ADDRESS':
        return clientWithPort(record)
      case 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT':
        return record.clientAddress
      case 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT':
        return connection.remoteAddress
      case 'DOWNSTREAM_LOCAL_ADDRESS':
        return `${connection.localAddress}:${connection.localPort}`
      case 'REQUESTED_SERVER_NAME':
        return connection.requestedServerName ?? ''
      case 'DOWNSTREAM_PEER_URI_SAN':
        return connection.tls?.peer?.uriSans.join(',') ?? ''
      case 'UPSTREAM_HOST':
        return record.upstreamHost ?? ''
      case 'UPSTREAM_CLUSTER':
        return record.clusterName ?? ''
      default:
        return whole
    }
  })
}

/** A client that only a header tells of has no port: Envoy prints 0. */
function clientWithPort({ clientAddress, connection }: RequestRecord): string {
  return `${clientAddress}:${clientAddress === connection.remoteAddress ? connection.remotePort : 0}`
}
