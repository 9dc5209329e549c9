/** Object identifiers: the X.690 encoding both ways, and the numbers of RFC 5280, 5480, 8017 and 2986 that we know by name. */
import { refuse } from './der-fault.js'

export const oid = {
  ecPublicKey: '1.2.840.10045.2.1',
  curveP256: '1.2.840.10045.3.1.7',
  curveP384: '1.3.132.0.34',
  rsaEncryption: '1.2.840.113549.1.1.1',
  ed25519: '1.3.101.112',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  ecdsaSha384: '1.2.840.10045.4.3.3',
  ecdsaSha512: '1.2.840.10045.4.3.4',
  rsaSha256: '1.2.840.113549.1.1.11',
  rsaSha384: '1.2.840.113549.1.1.12',
  rsaSha512: '1.2.840.113549.1.1.13',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  anyExtendedKeyUsage: '2.5.29.37.0',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
} as const

/** Those that we know by name, both ways: a certificate has a dozen, and spelling them out took a tenth of the time of issuing. */
const encodings = new Map<string, Uint8Array>(Object.values(oid).map((dotted) => [dotted, spellOut(dotted)]))
const names = new Map<string, string>([...encodings].map(([dotted, content]) => [keyOf(content), dotted]))

export function encodeOid(dotted: string): Uint8Array {
  return encodings.get(dotted) ?? spellOut(dotted)
}

function keyOf(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1')
}

function spellOut(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return Uint8Array.from([first * 40 + second, ...rest].flatMap(base128))
}

function base128(value: number): number[] {
  const octets = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80)
  return octets
}

export function decodeOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > 64) refuse('an object identifier is empty or too long')
  const known = names.get(keyOf(content))
  if (known !== undefined) return known
  const numbers: number[] = []
  let value = 0
  let isStart = true
  for (const octet of content) {
    if (isStart && octet === 0x80) refuse('an object identifier is not minimal')
    value = value * 128 + (octet & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER) refuse('an object identifier has a number that is too large')
    isStart = octet < 0x80
    if (!isStart) continue
    numbers.push(value)
    value = 0
  }
  if (!isStart) refuse('an object identifier is cut short')
  const [head = 0, ...rest] = numbers
  const first = Math.min(2, Math.floor(head / 40))
  return [first, head - first * 40, ...rest].join('.')
}
