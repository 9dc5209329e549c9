/**
 * The state as JSON with a SHA-256 over it. Reading it checks everything that could have rotted or been swapped, because the wrong
 * answer to a doubtful state is a silent new root and a mesh that trusts nobody. Version 1 had roots only, version 2 a key for tokens
 * with each root; both are read, and version 3 is written.
 */
import { createHash } from 'node:crypto'
import type { Random } from '@heddle/base'
import {
  type Certificate,
  encodePem,
  encodePrivateKey,
  parseCertificate,
  parseCertificatePem,
  parsePrivateKey,
  publicKeyOf,
} from '@heddle/x509'
import { caError, stateCorrupt } from '../ca-error.js'
import { jwtKeyOf } from '../jwt/jwt-key.js'
import { firstRing, type RingKey } from '../jwt/jwt-key-ring.js'
import { isKeyOf, rootAuthority } from './authority.js'
import type { CaState, DeniedEntry, FormerRoots, RootPhase, RotationIntent, StepHold, StoredRoot } from './ca-state.js'

interface Envelope {
  readonly format: string
  readonly version: number
  readonly sha256: string
  readonly state: SerializedState
}

interface SerializedRoot {
  readonly phase: RootPhase
  readonly sinceMs: number
  readonly signedUntilMs?: number
  readonly longestLeafSeconds?: number
  readonly certificate: string
  readonly privateKey: string
  /** Of version 2. */
  readonly jwtKey?: Omit<SerializedJwtKey, 'sinceMs' | 'signsFromMs'>
}

interface SerializedJwtKey {
  readonly id: string
  readonly privateKey: string
  readonly sinceMs: number
  readonly signsFromMs: number
}

interface SerializedState {
  readonly trustDomain: string
  readonly sequence?: number
  readonly roots: readonly SerializedRoot[]
  readonly jwtKeys?: readonly SerializedJwtKey[]
  readonly denied?: readonly DeniedEntry[]
  readonly crlNumber?: number
  readonly rotation?: RotationIntent
  readonly published?: string
  readonly former?: FormerRoots
  readonly holds?: readonly StepHold[]
}

const format = 'heddle-ca-state'
const version = 3
const phases: readonly string[] = ['prepared', 'active', 'retiring', 'tainted']
/** What a root of version 1 may have signed at most: Istio's longest leaf. */
const unknownLeafSeconds = 90 * 86_400

export interface DecodedState {
  readonly state: CaState
  /** Of an older version: what was added while reading must be saved before it is used. */
  readonly isOlder: boolean
}

export function encodeState(state: CaState): Uint8Array {
  const serialized: SerializedState = { ...state, roots: state.roots.map(serializeRoot), jwtKeys: state.jwtKeys.map(serializeJwtKey) }
  const envelope: Envelope = { format, version, sha256: checksum(serialized), state: serialized }
  return Buffer.from(`${JSON.stringify(envelope, null, 2)}\n`)
}

function serializeRoot({ phase, sinceMs, signedUntilMs, longestLeafSeconds, authority, key }: StoredRoot): SerializedRoot {
  return {
    phase,
    sinceMs,
    ...(signedUntilMs !== undefined && { signedUntilMs }),
    longestLeafSeconds,
    certificate: encodePem('CERTIFICATE', authority.certificate.der),
    privateKey: encodePrivateKey(key),
  }
}

function serializeJwtKey({ id, key, sinceMs, signsFromMs }: RingKey): SerializedJwtKey {
  return { id, privateKey: encodePrivateKey(key), sinceMs, signsFromMs }
}

export interface DecodingOptions {
  readonly trustDomain: string
  /** Below somebody else's root the state has none. */
  readonly hasRoots: boolean
}

/** @throws HeddleError `HEDDLE_CA_STATE_CORRUPT`, `HEDDLE_CA_STATE_NEWER`, `HEDDLE_CA_TRUST_DOMAIN_CHANGED` */
export function decodeState(bytes: Uint8Array, { trustDomain, hasRoots }: DecodingOptions, random: Random): DecodedState {
  const { state, version: found } = openEnvelope(bytes)
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
  if (hasRoots ? activeCount !== 1 : roots.length > 0)
    throw stateCorrupt(`it has ${activeCount} active roots, expected ${hasRoots ? 'one' : 'none'}`)
  const { sequence = 1, denied = [], crlNumber = 0, rotation, holds } = state
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(crlNumber) || !Array.isArray(denied) || !areHolds(holds))
    throw stateCorrupt('a field is not of its type')
  const jwtKeys = readJwtKeys(state, random)
  const handover = readHandover(state)
  return {
    state: {
      trustDomain,
      sequence,
      roots,
      jwtKeys,
      denied,
      crlNumber,
      ...(rotation && { rotation }),
      ...(holds && { holds }),
      ...handover,
    },
    isOlder: found < version,
  }
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
  if ((found !== 1 && found !== 2 && found !== version) || !isRecord(state) || !Array.isArray(state['roots']))
    throw stateCorrupt(`its fields are not those of version ${version}`)
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

function readRoot(root: SerializedRoot): StoredRoot {
  if (!phases.includes(root.phase) || !Number.isFinite(root.sinceMs)) throw stateCorrupt('a root has no known phase')
  const certificate = readCertificate(root.certificate)
  const key = parsePrivateKey(root.privateKey)
  if (!key.ok) throw stateCorrupt(key.reason)
  if (!isKeyOf(publicKeyOf(key.key), certificate)) throw stateCorrupt('the private key does not belong to the root certificate')
  if (!certificate.extensions.basicConstraints?.isCa) throw stateCorrupt('the root certificate is not a CA')
  const signedUntilMs = root.signedUntilMs ?? (root.phase === 'retiring' || root.phase === 'tainted' ? root.sinceMs : undefined)
  return {
    phase: root.phase,
    sinceMs: root.sinceMs,
    ...(signedUntilMs !== undefined && { signedUntilMs }),
    longestLeafSeconds: root.longestLeafSeconds ?? unknownLeafSeconds,
    authority: rootAuthority(certificate, key.key),
    key: key.key,
  }
}

/** The active root's key comes last and so goes on signing. */
function readJwtKeys({ jwtKeys, roots }: SerializedState, random: Random): readonly RingKey[] {
  if (jwtKeys) return jwtKeys.map(readJwtKey)
  const ordered = roots.toSorted((left, right) => Number(left.phase === 'active') - Number(right.phase === 'active'))
  const ofRoots = ordered.flatMap(({ jwtKey }) => (jwtKey ? [readJwtKey({ ...jwtKey, sinceMs: 0, signsFromMs: 0 })] : []))
  return ofRoots.length > 0 ? ofRoots : firstRing(0, random)
}

function readJwtKey({ id, privateKey, sinceMs, signsFromMs }: SerializedJwtKey): RingKey {
  const key = parsePrivateKey(privateKey)
  if (!key.ok) throw stateCorrupt(key.reason)
  if (typeof id !== 'string' || !Number.isSafeInteger(sinceMs) || !Number.isSafeInteger(signsFromMs))
    throw stateCorrupt('a key for tokens has no id or no date')
  return { ...jwtKeyOf(id, key.key), sinceMs, signsFromMs }
}

function areHolds(holds: unknown): boolean {
  if (holds === undefined) return true
  const isHold = (hold: unknown): boolean =>
    isRecord(hold) &&
    typeof hold['replica'] === 'string' &&
    Number.isSafeInteger(hold['renewals']) &&
    Number.isSafeInteger(hold['workloads'])
  return Array.isArray(holds) && holds.every(isHold)
}

function readHandover({ published, former }: SerializedState): Pick<CaState, 'published' | 'former'> {
  const pems = [published, former?.rootsPem].filter((pem) => pem !== undefined)
  const isPhase = former === undefined || former.phase === 'waiting' || former.phase === 'renewing'
  if (!isPhase || (former && !Number.isFinite(former.sinceMs)) || !pems.every((pem) => pem === '' || parseCertificatePem(pem).ok))
    throw stateCorrupt('the roots of a plugged-in authority cannot be read')
  return { ...(published !== undefined && { published }), ...(former && { former }) }
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
