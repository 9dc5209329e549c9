/**
 * The certificate authority: one signing key per trust domain, leaves whose identity is the caller's, and roots that can change.
 * It speaks no protocol; `service/` handles requests as plain objects and the control plane binds those to gRPC.
 */
import { type Clock, isHeddleError, type Logger, messageOf, parseSpiffeId, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { Crl, KeyAlgorithm } from '@heddle/x509'
import type { AuditSink } from './audit/audit-record.js'
import type { Authority } from './authority/authority.js'
import { readCrls, readPluggedInAuthority } from './authority/cacerts.js'
import { type Companion, type SigningSource, pluggedInSource, selfSignedSource } from './authority/signing-source.js'
import { decodeState } from './authority/state-format.js'
import { isConflict, openState } from './authority/state-keeper.js'
import { type CaBundle, createBundle } from './bundle/ca-bundle.js'
import type { Ca, CaDeps, CaOptions } from './ca.js'
import { type CaErrorCode, caError } from './ca-error.js'
import type { Caller } from './caller.js'
import { createDenyBook } from './deny/deny-book.js'
import { createRevocationLists } from './deny/revocation-lists.js'
import { driveHandover, type Predecessor, takenOver } from './handover/handover.js'
import { createIssuer } from './issue/issuer.js'
import { issueJwtSvid, type JwtSvid } from './jwt/jwt-svid.js'
import { createCaCounters } from './metrics/ca-metrics.js'
import { driveJwtKeys, driveRotation } from './rotation/rotation-driver.js'
import { chainAlarmsOf, type ExpiryAlarm } from './rotation/forecast.js'
import { createRotation } from './rotation/rotation.js'
import type { CaStore } from './store/ca-store.js'

interface Resolved {
  readonly trustDomain: string
  readonly aliases: readonly string[]
  readonly rootTtlSeconds: number
  readonly rootKeyAlgorithm: KeyAlgorithm
  readonly keyAlgorithms: readonly KeyAlgorithm[]
  readonly defaultTtlSeconds: number
  readonly maxTtlSeconds: number
  readonly isRotationAutomatic: boolean
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
  const { store, cacerts, companionStore, formerStore } = options
  const nowMs = resolved.clock.now()
  if (cacerts && !store) {
    const authority = await readPluggedInAuthority(cacerts, {
      trustDomain: resolved.trustDomain,
      nowMs,
      keyAlgorithms: believedKeysOf(resolved),
    })
    const companion = companionStore && (await openCompanion(resolved, companionStore, authority.authority, formerStore))
    return assemble(resolved, pluggedInSource(authority, nowMs, companion), authority.crls)
  }
  if (!store || cacerts || companionStore)
    throw optionsInvalid('give either a store for a root of its own or cacerts, not both; a companion store goes with cacerts')
  return assemble(resolved, await openSource(resolved, store))
}

async function openCompanion(
  resolved: Resolved,
  store: CaStore,
  authority: Authority,
  formerStore: Pick<CaStore, 'open' | 'close'> | undefined,
): Promise<Companion> {
  const keeper = await openState({ ...resolved, store, hasRoots: false }, resolved)
  try {
    const isFirst = keeper.current().published === undefined
    const predecessor = isFirst && formerStore ? await readPredecessor(resolved, formerStore) : undefined
    const takeOver = (): Promise<void> => keeper.replace((state) => takenOver(state, authority, predecessor, resolved.clock.now()))
    // Another replica that starts with the same files may have been quicker; its state has been adopted then.
    await takeOver().catch((error: unknown) => (isConflict(error) ? takeOver() : Promise.reject(error)))
  } catch (error) {
    await keeper.close()
    throw error
  }
  return { keeper, driver: driveJwtKeys(keeper, resolved), handover: driveHandover(keeper, authority, resolved) }
}

/** Of states that another try does not make readable. */
const lasting: readonly string[] = [
  'HEDDLE_CA_STATE_CORRUPT',
  'HEDDLE_CA_STATE_NEWER',
  'HEDDLE_CA_STATE_UNREADABLE',
  'HEDDLE_CA_STATE_UNSAFE',
  'HEDDLE_CA_TRUST_DOMAIN_CHANGED',
] satisfies readonly CaErrorCode[]

/**
 * What is taken along of the authority of before. A state that can never be read holds nobody up: it is what is being replaced.
 * @throws whatever may be over at the next start, such as an API that is away or an authority that still runs: this is read once
 */
async function readPredecessor(resolved: Resolved, store: Pick<CaStore, 'open' | 'close'>): Promise<Predecessor | undefined> {
  try {
    const saved = await store.open()
    if (!saved) return undefined
    const { roots, ...others } = decodeState(saved, { ...resolved, hasRoots: true }, resolved.random).state
    return { ...others, rootsPem: roots.map(({ authority: { rootsPem } }) => rootsPem).join('') }
  } catch (error) {
    if (!isHeddleError(error) || !lasting.includes(error.code)) throw error
    resolved.logger.warn(
      'the state of the authority before cannot be read: certificates under its roots are not trusted any more, and whom it denied is not denied here',
      { error: messageOf(error) },
    )
    return undefined
  } finally {
    await store.close()
  }
}

async function openSource(resolved: Resolved, store: CaStore): Promise<SigningSource> {
  const keeper = await openState({ ...resolved, store, hasRoots: true }, resolved)
  const rotation = createRotation(resolved, keeper, resolved)
  return selfSignedSource(keeper, rotation, driveRotation(rotation, keeper, { isAutomatic: resolved.isRotationAutomatic }, resolved))
}

const defaults = {
  trustDomainAliases: [] as readonly string[],
  rootTtlSeconds: 3650 * daySeconds,
  rootKeyAlgorithm: 'ec-p256',
  keyAlgorithms: ['ec-p256', 'ec-p384', 'rsa'],
  defaultTtlSeconds: daySeconds,
  maxTtlSeconds: 90 * daySeconds,
  isRotationAutomatic: false,
  audit: (): void => {},
} as const

function resolveOptions(options: CaOptions, deps: CaDeps): Resolved {
  const all = { ...defaults, ...options }
  for (const name of [all.trustDomain, ...all.trustDomainAliases]) {
    const parsed = parseSpiffeId(`spiffe://${name}`)
    if (!parsed.ok || parsed.id.path !== '') throw optionsInvalid(`"${name}" is not a trust domain`)
  }
  const ordered = 1 <= all.defaultTtlSeconds && all.defaultTtlSeconds <= all.maxTtlSeconds
  if (!ordered || !(all.maxTtlSeconds <= all.rootTtlSeconds)) {
    throw optionsInvalid('lifetimes must satisfy 1 s <= default <= maximum <= root')
  }
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = deps
  return { ...all, aliases: all.trustDomainAliases, clock, random, logger }
}

/** Of authorities: the usual ones, whatever workloads may have, and what is opted in to. */
function believedKeysOf({ keyAlgorithms }: Resolved): readonly KeyAlgorithm[] {
  return [...defaults.keyAlgorithms, ...keyAlgorithms]
}

function assemble(resolved: Resolved, source: SigningSource, pluggedIn: readonly Crl[] = []): Ca {
  const { trustDomain, aliases, clock } = resolved
  const keyAlgorithms = believedKeysOf(resolved)
  const counters = createCaCounters()
  let crls = pluggedIn
  const deny = createDenyBook(source.denied, clock, [trustDomain, ...aliases])
  const bundles = createBundles(() => createBundle({ trustDomain, aliases, crls, keyAlgorithms }, source))
  let denied = source.denied.entries()
  source.onChange(() => {
    bundles.refresh()
    if (source.denied.entries() === denied) return
    denied = source.denied.entries()
    deny.changed()
  })
  const issuer = createIssuer(resolved, { ...resolved, source, deny, counters, bundle: bundles.current })

  const alarms = (): readonly ExpiryAlarm[] =>
    source.rotation?.forecast().alarms ?? chainAlarmsOf(source.signer(), resolved.defaultTtlSeconds, clock.now())
  const close = (): Promise<void> => {
    issuer.close()
    bundles.close()
    return source.close()
  }
  return {
    trustDomain,
    rotation: source.rotation,
    handover: source.handover,
    denied: deny,
    bundle: bundles.current,
    onBundleChange: bundles.subscribe,
    sign: (csrPem, caller, ttlSeconds) => issuer.sign(csrPem, caller, ttlSeconds),
    explain: (request) => issuer.explain(request),
    issueFor: (workload, asked) => issuer.issueFor(workload, asked),
    issueServer: (fields) => issuer.issueServer(fields),
    async issueJwt(caller, audiences, ttlSeconds) {
      const spiffeId = issuer.idOf(caller)
      const svid = await issueJwtSvid({ spiffeId, audiences, ...(ttlSeconds !== undefined && { ttlSeconds }) }, source, resolved)
      await recordJwt(resolved, caller, svid, audiences)
      // Recording may have taken a while, in which an operator denied the workload.
      issuer.idOf(caller)
      counters.jwtIssued++
      return svid
    },
    crlsPem: () => createRevocationLists(source, deny, clock, bundles.current().crlPem),
    replaceCrls(crlPem) {
      crls = readCrls(crlPem)
      bundles.refresh()
    },
    refresh: () => source.refresh(),
    alarms,
    metrics: () => ({
      ...counters,
      rootNotAfterMs: Math.min(...source.roots().flatMap(({ phase, notAfterMs }) => (phase === 'active' ? [notAfterMs] : []))),
      chainNotAfterMs: source.signer().chainNotAfterMs,
      denied: deny.entries().length,
      expiryAlarms: alarms().length,
    }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function recordJwt({ audit, clock }: Resolved, caller: Caller, svid: JwtSvid, audiences: readonly string[]): Promise<void> {
  const { method, pod, claimedActor } = caller
  const { spiffeId, id: serialHex, keyId: issuerFingerprint, notAfterMs } = svid
  const nowMs = clock.now()
  const who = { method, ...(pod && { pod }), ...(claimedActor !== undefined && { claimedActor }) }
  try {
    const what = { action: 'issue-jwt', spiffeId, serialHex, issuerFingerprint, audiences } as const
    await audit({ atMs: nowMs, notBeforeMs: nowMs, notAfterMs, ...what, ...who })
  } catch (cause) {
    throw caError('HEDDLE_CA_AUDIT_FAILED', 'the token was not released: its issue could not be recorded', { retryable: true, cause })
  }
}

interface Bundles {
  readonly current: () => CaBundle
  /** Announces the bundle when it is another. */
  readonly refresh: () => void
  readonly subscribe: (listener: (bundle: CaBundle) => void) => () => void
  readonly close: () => void
}

function createBundles(create: () => CaBundle): Bundles {
  const listeners = new Set<(bundle: CaBundle) => void>()
  let bundle = create()
  return {
    current: () => bundle,
    refresh() {
      const next = create()
      const isSame = next.fingerprint === bundle.fingerprint && next.crlPem === bundle.crlPem
      const areKeysSame = jwtKeyIdsOf(next) === jwtKeyIdsOf(bundle)
      // Which root signs may have changed; the paths that were verified under the same roots and lists stay known.
      bundle = isSame ? { ...next, trustBundle: bundle.trustBundle } : next
      if (isSame && areKeysSame) return
      for (const listener of listeners) listener(bundle)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => listeners.clear(),
  }
}

function jwtKeyIdsOf({ jwtKeys }: CaBundle): string {
  return jwtKeys.map(({ id }) => id).join()
}

function optionsInvalid(reason: string): Error {
  return caError('HEDDLE_CA_OPTIONS_INVALID', `the authority's options are not valid: ${reason}`, { origin: 'user' })
}
