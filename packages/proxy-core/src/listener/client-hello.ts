/**
 * What a TLS ClientHello says in clear (RFC 8446 section 4.1.2): server name and offered protocols, read before TLS is
 * started so that a filter chain can be chosen by them. Nothing is decrypted and nothing is trusted.
 */
export interface ClientHello {
  /** Lower case; undefined without the extension, or when it is not a plain host name. */
  readonly serverName: string | undefined
  readonly protocols: readonly string[]
}

export type ClientHelloResult =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  | { readonly kind: 'more' }
  /** The bytes are not the start of a TLS connection. */
  | { readonly kind: 'other' }

/** Envoy's TLS inspector reads this much at most. */
export const maxClientHelloBytes: number = 16_384 + 5
const handshakeRecord = 22
const clientHelloType = 1
const more: ClientHelloResult = { kind: 'more' }
const other: ClientHelloResult = { kind: 'other' }

export function parseClientHello(bytes: Buffer): ClientHelloResult {
  if (bytes.length > 0 && bytes[0] !== handshakeRecord) return other
  if (bytes.length > 1 && bytes[1] !== 3) return other
  const message = joinRecords(bytes)
  if (message === undefined) return other
  if (message.length > 0 && message[0] !== clientHelloType) return other
  if (message.length < 4) return bytes.length > maxClientHelloBytes ? other : more
  const length = message.readUIntBE(1, 3)
  if (message.length < 4 + length) return bytes.length > maxClientHelloBytes ? other : more
  const hello = readHello(message.subarray(4, 4 + length))
  return hello === undefined ? other : { kind: 'tls', hello }
}

/** The handshake bytes of all records that are there, a cut last one included; undefined when a record is not one of a handshake. */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = bytes.readUInt16BE(at + 3)
    if (bytes[at] !== handshakeRecord || bytes[at + 1] !== 3 || length === 0 || length > 16_384)
      return parts.length > 0 ? Buffer.concat(parts) : undefined
    parts.push(bytes.subarray(at + 5, at + 5 + length))
    at += 5 + length
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

function readHello(body: Buffer): ClientHello | undefined {
  // Version, random, then three vectors: session id, cipher suites, compression methods.
  let at = 34
  at += 1 + (body[at] ?? 0)
  if (at + 2 > body.length) return undefined
  at += 2 + body.readUInt16BE(at)
  at += 1 + (body[at] ?? 0)
  let serverName: string | undefined
  let protocols: readonly string[] = []
  if (at + 2 > body.length) return { serverName, protocols }
  const end = Math.min(body.length, at + 2 + body.readUInt16BE(at))
  at += 2
  while (at + 4 <= end) {
    const type = body.readUInt16BE(at)
    const size = body.readUInt16BE(at + 2)
    const data = body.subarray(at + 4, Math.min(end, at + 4 + size))
    if (type === 0) serverName = readServerName(data)
    else if (type === 16) protocols = readProtocols(data)
    at += 4 + size
  }
  return { serverName, protocols }
}

function readServerName(data: Buffer): string | undefined {
  if (data.length < 5 || data[2] !== 0) return undefined
  const name = data
    .subarray(5, 5 + data.readUInt16BE(3))
    .toString('latin1')
    .toLowerCase()
  return /^[a-z0-9._-]{1,255}$/.test(name) ? name.replace(/\.$/, '') : undefined
}

function readProtocols(data: Buffer): readonly string[] {
  const protocols: string[] = []
  for (let at = 2; at < data.length; at += 1 + (data[at] as number)) {
    protocols.push(data.subarray(at + 1, at + 1 + (data[at] as number)).toString('latin1'))
  }
  return protocols
}
