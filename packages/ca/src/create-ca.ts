/**
 * The certificate authority: one signing key per trust domain, leaves whose identity is the caller's, and roots that can change.
 * It speaks no protocol; `service/` handles requests as plain objects and the control plane binds those to gRPC.
 */
import { createHash } from 'node:crypto'
import { type Clock, type Logger, type Random, parseSpiffeId, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import {
  type AltNameFields,
  type Csr,
  type KeyAlgorithm,
  createTrustBundle,
  encodePrivateKey,
  generateKey,
  parseCsr,
  publicKeyOf,
} from '@heddle/x509'
import type { AuditRecord, AuditSink } from './audit.js'
import { readPluggedInAuthority } from './authority/cacerts.js'
import { type SigningSource, pluggedInSource, selfSignedSource } from './authority/signing-source.js'
import { openState } from './authority/state-keeper.js'
import type { Ca, CaBundle, CaDeps, CaOptions } from './ca.js'
import { caError, callerInvalid } from './ca-error.js'
import { type Caller, workloadUriOf } from './caller.js'
import { type IssuedCertificate, issueLeaf } from './issue/leaf.js'
import { resolveTtlSeconds } from './issue/ttl.js'
import { createRotation } from './rotation/rotation.js'

interface Resolved {
  readonly trustDomain: string
  readonly rootTtlSeconds: number
  readonly defaultTtlSeconds: number
  readonly maxTtlSeconds: number
  readonly audit: AuditSink
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

const daySeconds = 86_400

/**
 * Opens the authority, and at the very first start makes and saves its root.
 * @throws HeddleError `HEDDLE_CA_OPTIONS_INVALID`, `HEDDLE_CA_CACERTS_INVALID` and the `HEDDLE_CA_STATE_...` codes
 */
export async function createCa(options: CaOptions, deps: CaDeps = {}): Promise<Ca> {
  const resolved = resolveOptions(options, deps)
  const { store, cacerts } = options
  if (cacerts && !store) {
    return assemble(resolved, pluggedInSource(readPluggedInAuthority(cacerts, resolved.trustDomain, resolved.clock.now())))
  }
  if (!store || cacerts) throw optionsInvalid('give either a store for a root of its own or cacerts, not both')
  const keeper = await openState({ ...resolved, store }, resolved)
  return assemble(
    resolved,
    selfSignedSource(keeper, createRotation({ ...resolved, maxLeafTtlSeconds: resolved.maxTtlSeconds }, keeper, resolved)),
  )
}

function resolveOptions(options: CaOptions, deps: CaDeps): Resolved {
  const parsed = parseSpiffeId(`spiffe://${options.trustDomain}`)
  if (!parsed.ok || parsed.id.path !== '') throw optionsInvalid(`"${options.trustDomain}" is not a trust domain`)
  const resolved: Resolved = {
    trustDomain: options.trustDomain,
    rootTtlSeconds: options.rootTtlSeconds ?? 3650 * daySeconds,
    defaultTtlSeconds: options.defaultTtlSeconds ?? daySeconds,
    maxTtlSeconds: options.maxTtlSeconds ?? 90 * daySeconds,
    audit: options.audit ?? (() => {}),
    clock: deps.clock ?? systemClock,
    random: deps.random ?? systemRandom,
    logger: deps.logger ?? silentLogger,
  }
  const ordered = 1 <= resolved.defaultTtlSeconds && resolved.defaultTtlSeconds <= resolved.maxTtlSeconds
  if (!ordered || !(resolved.maxTtlSeconds <= resolved.rootTtlSeconds)) {
    throw optionsInvalid('lifetimes must satisfy 1 s <= default <= maximum <= root')
  }
  return resolved
}

function assemble(resolved: Resolved, source: SigningSource): Ca {
  const { trustDomain, clock, random } = resolved
  const listeners = new Set<(bundle: CaBundle) => void>()
  let bundle = createBundle(trustDomain, source.rootsPem())
  let isClosed = false
  source.onChange(() => {
    const next = createBundle(trustDomain, source.rootsPem())
    if (next.fingerprint === bundle.fingerprint) return
    bundle = next
    for (const listener of listeners) listener(next)
  })

  const issue = (publicKey: Uint8Array, keyAlgorithm: KeyAlgorithm, altNames: AltNameFields, ttlSeconds: number): IssuedCertificate => {
    if (isClosed) throw caError('HEDDLE_CA_CLOSED', 'the certificate authority is closed')
    return issueLeaf({ publicKey, keyAlgorithm, altNames, ttlSeconds, nowMs: clock.now() }, source.signer(), bundle.rootsPem, random)
  }
  const ttlOf = (asked: number | bigint | undefined): number =>
    resolveTtlSeconds(asked, { defaultSeconds: resolved.defaultTtlSeconds, maxSeconds: resolved.maxTtlSeconds })
  const ttlFor = ({ maxTtlSeconds = resolved.maxTtlSeconds }: Caller, asked: number | bigint | undefined): number =>
    Math.min(ttlOf(asked), Math.max(1, maxTtlSeconds))

  const close = (): Promise<void> => {
    isClosed = true
    listeners.clear()
    return source.close()
  }
  return {
    trustDomain,
    rotation: source.rotation,
    bundle: () => bundle,
    onBundleChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async sign(csrPem, caller, ttlSeconds) {
      if (caller.trustDomain !== trustDomain)
        throw callerInvalid(`it belongs to "${caller.trustDomain}", this authority to "${trustDomain}"`)
      const spiffeId = workloadUriOf(caller)
      const csr = readCsr(csrPem, source)
      const issued = issue(csr.publicKey, csr.keyAlgorithm, { uris: [spiffeId] }, ttlFor(caller, ttlSeconds))
      await record(resolved, issued, { action: 'sign', spiffeId, method: caller.method, ...(caller.pod && { pod: caller.pod }) })
      return { ...issued, spiffeId }
    },
    async issueFor(workload, options = {}) {
      const spiffeId = workloadUriOf({ trustDomain, ...workload })
      const key = generateKey()
      const issued = issue(publicKeyOf(key), 'ec-p256', { uris: [spiffeId] }, ttlOf(options.ttlSeconds))
      await record(resolved, issued, {
        action: 'issue-for',
        spiffeId,
        method: 'operator',
        ...(options.actor !== undefined && { actor: options.actor }),
      })
      return { ...issued, spiffeId, privateKeyPem: encodePrivateKey(key) }
    },
    async issueServer({ dnsNames, ipAddresses = [], workload, ttlSeconds }) {
      const spiffeId = workload && workloadUriOf({ trustDomain, ...workload })
      const key = generateKey()
      const altNames = { uris: spiffeId === undefined ? [] : [spiffeId], dnsNames, ipAddresses }
      const issued = issue(publicKeyOf(key), 'ec-p256', altNames, ttlOf(ttlSeconds ?? resolved.maxTtlSeconds))
      await record(resolved, issued, { action: 'issue-server', dnsNames, method: 'operator', ...(spiffeId !== undefined && { spiffeId }) })
      return { ...issued, privateKeyPem: encodePrivateKey(key) }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function readCsr(csrPem: string, source: SigningSource): Csr {
  const result = parseCsr(csrPem)
  if (!result.ok) throw csrInvalid(result.reason)
  if (source.isAuthorityKey(result.csr.publicKey)) throw csrInvalid("the key is the authority's own")
  return result.csr
}

async function record(
  { audit, clock, logger }: Resolved,
  issued: IssuedCertificate,
  what: Omit<AuditRecord, 'atMs' | 'serialHex' | 'notAfterMs'>,
): Promise<void> {
  const entry: AuditRecord = { atMs: clock.now(), serialHex: issued.serialHex, notAfterMs: issued.notAfterMs, ...what }
  try {
    await audit(entry)
  } catch (cause) {
    throw caError('HEDDLE_CA_AUDIT_FAILED', 'the certificate was not released: its issue could not be recorded', { retryable: true, cause })
  }
  logger.debug('issued a certificate', { ...entry })
}

function createBundle(trustDomain: string, rootsPem: string): CaBundle {
  return {
    trustDomain,
    rootsPem,
    trustBundle: createTrustBundle({ roots: { [trustDomain]: rootsPem } }),
    fingerprint: createHash('sha256').update(rootsPem).digest('hex'),
  }
}

function csrInvalid(reason: string): Error {
  return caError('HEDDLE_CA_CSR_INVALID', `the certificate request is refused: ${reason}`, { origin: 'downstream' })
}

function optionsInvalid(reason: string): Error {
  return caError('HEDDLE_CA_OPTIONS_INVALID', `the authority's options are not valid: ${reason}`, { origin: 'user' })
}
