/**
 * What the store keeps: every root with its key and phase, as JSON with a SHA-256 over it. Reading it checks everything that could
 * have rotted or been swapped, because the wrong answer to a doubtful state is a silent new root and a mesh that trusts nobody.
 */
import { createHash } from 'node:crypto'
import { type Certificate, encodePem, encodePrivateKey, parseCertificate, parseCertificatePem, parsePrivateKey } from '@heddle/x509'
import { caError, stateCorrupt } from '../ca-error.js'
import { type Authority, isKeyOf, rootAuthority } from './authority.js'

/** prepared (published, not signing) -> active (signing) -> retiring (published until its last leaf ends) */
export type RootPhase = 'prepared' | 'active' | 'retiring'

export interface StoredRoot {
  readonly phase: RootPhase
  /** When the phase began, in milliseconds since the Unix epoch. */
  readonly sinceMs: number
  readonly authority: Authority
}

export interface CaState {
  readonly trustDomain: string
  /** Exactly one is active. */
  readonly roots: readonly StoredRoot[]
}

interface Envelope {
  readonly format: string
  readonly version: number
  readonly sha256: string
  readonly state: SerializedState
}

interface SerializedState {
  readonly trustDomain: string
  readonly roots: readonly {
    readonly phase: RootPhase
    readonly sinceMs: number
    readonly certificate: string
    readonly privateKey: string
  }[]
}

const format = 'heddle-ca-state'
const version = 1
const phases: readonly string[] = ['prepared', 'active', 'retiring']

export function encodeState(state: CaState): Uint8Array {
  const serialized: SerializedState = {
    trustDomain: state.trustDomain,
    roots: state.roots.map(({ phase, sinceMs, authority }) => ({
      phase,
      sinceMs,
      certificate: encodePem('CERTIFICATE', authority.certificate.der),
      privateKey: encodePrivateKey(authority.key),
    })),
  }
  const envelope: Envelope = { format, version, sha256: checksum(serialized), state: serialized }
  return Buffer.from(`${JSON.stringify(envelope, null, 2)}\n`)
}

/** @throws HeddleError `HEDDLE_CA_STATE_CORRUPT`, `HEDDLE_CA_STATE_NEWER`, `HEDDLE_CA_TRUST_DOMAIN_CHANGED` */
export function decodeState(bytes: Uint8Array, trustDomain: string): CaState {
  const { state } = openEnvelope(bytes)
  if (state.trustDomain !== trustDomain) {
    throw caError(
      'HEDDLE_CA_TRUST_DOMAIN_CHANGED',
      `the state belongs to the trust domain "${state.trustDomain}", asked for is "${trustDomain}"`,
      {
        origin: 'user',
        hint: 'Give the trust domain that the state was made with, or another state folder.',
      },
    )
  }
  const roots = state.roots.map(readRoot)
  const activeCount = roots.filter((root) => root.phase === 'active').length
  if (activeCount !== 1) throw stateCorrupt(`it has ${activeCount} active roots, expected one`)
  return { trustDomain, roots }
}

function openEnvelope(bytes: Uint8Array): Envelope {
  const envelope = parseJson(bytes)
  if (!isRecord(envelope) || envelope['format'] !== format) throw stateCorrupt('it is not a state of this program')
  const found = envelope['version']
  if (typeof found === 'number' && found > version) {
    throw caError('HEDDLE_CA_STATE_NEWER', `the authority's state has version ${found}, this program reads up to ${version}`, {
      origin: 'user',
      hint: 'Run the newer version of Heddle that wrote it.',
    })
  }
  const { state } = envelope
  if (found !== version || !isRecord(state) || !Array.isArray(state['roots'])) throw stateCorrupt('its fields are not those of version 1')
  if (envelope['sha256'] !== checksum(state)) throw stateCorrupt('its checksum does not match its content')
  return envelope as unknown as Envelope
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // The parser's message quotes the text, and the text holds a private key.
    throw stateCorrupt(`it is not JSON (${bytes.length} bytes)`)
  }
}

function readRoot(root: SerializedState['roots'][number]): StoredRoot {
  if (!phases.includes(root.phase) || !Number.isFinite(root.sinceMs)) throw stateCorrupt('a root has no known phase')
  const certificate = readCertificate(root.certificate)
  const key = parsePrivateKey(root.privateKey)
  if (!key.ok) throw stateCorrupt(key.reason)
  if (!isKeyOf(key.key, certificate)) throw stateCorrupt('the private key does not belong to the root certificate')
  if (!certificate.extensions.basicConstraints?.isCa) throw stateCorrupt('the root certificate is not a CA')
  return { phase: root.phase, sinceMs: root.sinceMs, authority: rootAuthority(certificate, key.key) }
}

function readCertificate(pem: string): Certificate {
  const text = parseCertificatePem(pem)
  if (!text.ok) throw stateCorrupt(text.reason)
  const parsed = parseCertificate(text.ders[0] as Uint8Array)
  if (!parsed.ok) throw stateCorrupt(parsed.reason)
  return parsed.certificate
}

function checksum(state: unknown): string {
  return createHash('sha256').update(JSON.stringify(state)).digest('hex')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
