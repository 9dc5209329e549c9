/**
 * Somebody's own authority takes over from another one, which has signed so far, without a moment in which anybody distrusts anybody:
 *
 *   waiting   the new roots are published beside the former ones; nothing is issued until every connected workload trusts both
 *   renewing  the new authority signs, and the former roots are tainted: whoever holds a leaf under them renews at once
 *   (over)    the former roots go, as soon as every connected workload has said that it holds no such leaf any more
 *
 * Each step is saved before it is announced, and each is taken at the latest when its time is over: a workload that never answers holds
 * nobody up. Where no root goes, and a former one vouches for the new authority, there is nothing to wait for.
 * A replica that was not given the new authority publishes its roots as well, and leaves the steps to those that were.
 */
import { type Clock, type Logger, messageOf, type Random, type Timer } from '@heddle/base'
import { type Certificate, encodePem, importPublicKey, parseCertificate, parseCertificatePem, verifyCertificatePath } from '@heddle/x509'
import { type Authority, fingerprintOf } from '../authority/authority.js'
import type { CaState, DeniedEntry, FormerRoots } from '../authority/ca-state.js'
import type { PublishedRoot } from '../authority/signing-source.js'
import type { StateKeeper } from '../authority/state-keeper.js'
import { fingerprintOfRoots } from '../bundle/bundle-fingerprint.js'
import { type JwtKeyRing, withFormerRing, withNewestSigning, withoutFormerKeys } from '../jwt/jwt-key-ring.js'
import type { WorkloadObserver, WorkloadTrust } from '../rotation/plan.js'
import { type StepHolds, createStepHolds, lookMs } from '../rotation/step-holds.js'
import { rotationRefused } from '../rotation/rotation-refused.js'

export interface HandoverStatus {
  readonly phase: 'waiting' | 'renewing'
  /** Milliseconds since the Unix epoch, as all times here. */
  readonly sinceMs: number
  /** When the phase ends at the latest. */
  readonly untilMs: number
  /** SHA-256 of the DER of each former root, lower-case hexadecimal. */
  readonly formerRoots: readonly string[]
  /** Connected workloads that have not acknowledged the bundle as it is now; undefined when nobody observes them. */
  readonly lacking: readonly WorkloadTrust[] | undefined
  /** Workloads of other replicas that are not ready for the next step, as those say; undefined when none holds it. */
  readonly lackingElsewhere: number | undefined
}

export interface Handover {
  /** Undefined when none is under way. */
  status(): HandoverStatus | undefined
  /** Tells where the workloads stand: asked for each step. Returns what ends it. */
  observe(workloads: WorkloadObserver): () => void
  /**
   * Takes a former root out of the bundle now.
   * @param unsafeForce also while workloads may hold leaves under it: they lose their connections until they have renewed.
   * @throws HeddleError `HEDDLE_CA_ROTATION_REFUSED`
   */
  revoke(fingerprint: string, unsafeForce?: boolean): Promise<void>
}

export interface HandoverDriver extends Handover {
  close(): void
}

/** After a start proxies have to come back, and replicas of the control plane that know nothing of the new roots have to go. */
const minPhaseMs = 10_000
const maxWaitingMs = 60_000
const maxRenewingMs = 86_400_000
/** After the last acknowledgement connections are still being replaced by others: proxies look at theirs every two seconds. */
const settleMs = 6000
const tickMs = 1000

/** What is taken along of the authority that signed before the first one was plugged in. */
export interface Predecessor {
  /** Of its bundle: whoever has seen it takes no smaller one. */
  readonly sequence: number
  readonly rootsPem: string
  readonly denied: readonly DeniedEntry[]
  /** Whoever knows its keys for tokens knows no others yet, and tokens under them live on. */
  readonly jwtKeys: JwtKeyRing
}

/** @param predecessor undefined when there was none. */
export function takenOver(state: CaState, authority: Authority, predecessor: Predecessor | undefined, nowMs: number): CaState {
  const { rootsPem } = authority
  if (state.published === rootsPem) return state
  const { published, former, ...rest } = state.published === undefined && predecessor ? joined(state, predecessor, nowMs) : state
  const trusted = `${former?.rootsPem ?? ''}${published ?? predecessor?.rootsPem ?? ''}`
  const left = without(trusted, rootsPem)
  const next: CaState = { ...rest, published: rootsPem, sequence: rest.sequence + 1 }
  const isShared = left === '' && (trusted === '' || isBelow(authority, certificatesOf(trusted), nowMs))
  return isShared ? next : { ...next, former: { rootsPem: left, phase: 'waiting', sinceMs: nowMs } }
}

/** Whether one of the roots vouches for what signs: the authority's own file may hold roots that nobody knows yet. */
function isBelow({ certificate, intermediates }: Authority, roots: readonly Certificate[], nowMs: number): boolean {
  const anchors = roots.flatMap((root) => {
    const key = importPublicKey(root.publicKey)
    return key ? [{ certificate: root, key }] : []
  })
  if (roots.some((root) => fingerprintOf(root) === fingerprintOf(certificate))) return true
  const chain = certificatesOf(intermediates.join('')).map(({ der }) => der)
  return chain.length > 0 && verifyCertificatePath({ chain, anchors, nowMs }).ok
}

function joined(state: CaState, { sequence, denied, jwtKeys }: Predecessor, nowMs: number): CaState {
  return {
    ...state,
    sequence: Math.max(state.sequence, sequence),
    denied: bothOf(denied, state.denied),
    jwtKeys: withFormerRing(state.jwtKeys, jwtKeys, nowMs),
  }
}

/** An entry of the second list is the newer one of its kind and value. */
function bothOf(older: readonly DeniedEntry[], newer: readonly DeniedEntry[]): readonly DeniedEntry[] {
  return [...older.filter((one) => !newer.some(({ kind, value }) => kind === one.kind && value === one.value)), ...newer]
}

/** What workloads are to trust while this state holds. A replica that was not given the new authority yet publishes its roots, too. */
export function publishedRoots(
  { published, former }: Pick<CaState, 'published' | 'former'>,
  authority: Authority,
): readonly PublishedRoot[] {
  const own: PublishedRoot = {
    fingerprint: authority.fingerprint,
    phase: 'active',
    pem: authority.rootsPem,
    notAfterMs: authority.chainNotAfterMs,
    authority,
    keyAlgorithm: authority.signer.algorithm,
  }
  if (published !== undefined && published !== authority.rootsPem)
    return [own, ...foreignRoots(without(published, authority.rootsPem), 'prepared')]
  if (!former || former.rootsPem === '') return [own]
  return former.phase === 'waiting'
    ? [...foreignRoots(former.rootsPem, 'active'), { ...own, phase: 'prepared' }]
    : [own, ...foreignRoots(former.rootsPem, 'tainted')]
}

function foreignRoots(pem: string, phase: PublishedRoot['phase']): readonly PublishedRoot[] {
  return certificatesOf(pem).flatMap((certificate): readonly PublishedRoot[] => {
    const { rules } = certificate.publicKey
    if (rules.kind === 'refused') return []
    const { notAfterMs } = certificate
    const root = { fingerprint: fingerprintOf(certificate), phase, pem: encodePem('CERTIFICATE', certificate.der), notAfterMs }
    return [{ ...root, authority: undefined, keyAlgorithm: rules.algorithm }]
  })
}

function lackingIn(workloads: readonly WorkloadTrust[] | undefined, roots: readonly PublishedRoot[]): readonly WorkloadTrust[] | undefined {
  const wanted = fingerprintOfRoots(roots.map(({ fingerprint, phase }) => ({ fingerprint, isTainted: phase === 'tainted' })))
  return workloads?.filter(({ bundleFingerprint }) => bundleFingerprint !== wanted)
}

/** A phase by this process's own time: the wall clock may be set while it lasts. */
interface SeenPhase {
  readonly of: Pick<FormerRoots, 'phase' | 'sinceMs'>
  /** By the monotonic clock, as the end. */
  readonly sinceMs: number
  readonly endMs: number
}

export interface HandoverDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export function driveHandover(keeper: StateKeeper, authority: Authority, deps: HandoverDeps): HandoverDriver {
  return new DrivenHandover(keeper, authority, deps)
}

class DrivenHandover implements HandoverDriver {
  readonly #keeper: StateKeeper
  readonly #authority: Authority
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #holds: StepHolds
  #observer: WorkloadObserver | undefined
  #timer: Timer | undefined
  #isClosed = false
  #seen: SeenPhase | undefined
  /** Since when nobody has lacked the bundle. */
  #readySinceMs: number | undefined
  #wasSuperseded = false

  constructor(keeper: StateKeeper, authority: Authority, deps: HandoverDeps) {
    this.#keeper = keeper
    this.#authority = authority
    this.#clock = deps.clock
    this.#logger = deps.logger
    this.#holds = createStepHolds(keeper, deps)
    keeper.onChange(() => this.#schedule())
    this.#schedule()
  }

  status(): HandoverStatus | undefined {
    const { former } = this.#keeper.current()
    if (!former) return undefined
    const { phase, sinceMs } = former
    const leftMs = Math.max(0, (this.#seen?.endMs ?? 0) - this.#clock.monotonicMs())
    const formerRoots = certificatesOf(former.rootsPem).map(fingerprintOf)
    return {
      phase,
      sinceMs,
      untilMs: this.#clock.now() + leftMs,
      formerRoots,
      lacking: this.#lacking(),
      lackingElsewhere: this.#holds.elsewhere(),
    }
  }

  observe(workloads: WorkloadObserver): () => void {
    this.#observer = workloads
    return () => {
      if (this.#observer === workloads) this.#observer = undefined
    }
  }

  async revoke(fingerprint: string, unsafeForce: boolean = false): Promise<void> {
    const need = this.#seen && !unsafeForce ? this.#need(this.#seen) : undefined
    if (need !== undefined) throw rotationRefused(`${need} this root`)
    await this.#keeper.replace((state) => withoutFormer(state, fingerprint, this.#clock.now()))
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer?.cancel()
    const { former } = this.#keeper.current()
    if (!isSamePhase(former, this.#seen?.of)) {
      this.#seen = former && seePhase(former, this.#clock)
      this.#readySinceMs = undefined
    }
    const isSuperseded = this.#isSuperseded()
    if (isSuperseded && !this.#wasSuperseded) this.#logger.error(superseded)
    this.#wasSuperseded = isSuperseded
    if (!this.#isClosed) this.#timer = this.#clock.setTimer(former ? tickMs : lookMs, () => void this.#tick())
  }

  async #tick(): Promise<void> {
    try {
      await this.#keeper.refresh()
      const { former } = this.#keeper.current()
      await this.#holds.hold(former && this.#hurt(former))
      if (former && this.#seen && this.#isDue(this.#seen)) {
        this.#logger.info(steps[former.phase], { lacking: this.#lacking()?.map(({ id }) => id) })
        await this.#keeper.replace((state) => (isSamePhase(state.former, former) ? afterPhase(state, this.#clock.now()) : state))
      }
    } catch (error) {
      // While nothing is under way, who looks after the keys says so once a minute.
      if (!this.#isClosed && this.#keeper.current().former)
        this.#logger.error('a step towards the plugged-in authority failed; it is tried again', { error: messageOf(error) })
    }
    this.#schedule()
  }

  #isDue({ sinceMs, endMs }: SeenPhase): boolean {
    const nowMs = this.#clock.monotonicMs()
    const isReady = !this.#isSuperseded() && this.#lacking()?.length === 0 && this.#holds.elsewhere() === undefined
    if (isReady) this.#readySinceMs ??= nowMs
    else this.#readySinceMs = undefined
    const isSettled = this.#readySinceMs !== undefined && nowMs - this.#readySinceMs >= settleMs
    return (isSettled && nowMs - sinceMs >= minPhaseMs) || nowMs >= endMs
  }

  /** Who needs a former root, in words; undefined when nobody does. */
  #need({ of, sinceMs }: SeenPhase): string | undefined {
    if (of.phase === 'waiting') return 'no workload has another certificate yet than one under'
    const lacking = this.#lacking()
    if (!lacking || this.#clock.monotonicMs() - sinceMs < minPhaseMs) return 'workloads that have not come back may still need'
    if (this.#holds.elsewhere() !== undefined) return 'workloads of other replicas may still need'
    return lacking.length === 0 ? undefined : `${lacking.length} workloads may still need`
  }

  /** How many workloads here the next step would hurt, 0 while they are not known; undefined: none. */
  #hurt({ phase }: FormerRoots): number | undefined {
    if (!this.#observer) return undefined
    const workloads = this.#observer()
    // Under another authority than the new one nobody here has renewed.
    const hurt = phase === 'renewing' && this.#isSuperseded() ? workloads : this.#lacking()
    return hurt?.length === 0 ? undefined : (hurt?.length ?? 0)
  }

  /** Another replica was given another authority: workloads here are asked for less than those there. */
  #isSuperseded(): boolean {
    return this.#keeper.current().published !== this.#authority.rootsPem
  }

  #lacking(): readonly WorkloadTrust[] | undefined {
    return lackingIn(this.#observer?.(), publishedRoots(this.#keeper.current(), this.#authority))
  }
}

const superseded =
  'another replica was given another authority: what this one signs is trusted only until workloads have gone over; start it with the same files'

const steps: Readonly<Record<FormerRoots['phase'], string>> = {
  waiting: 'the plugged-in authority signs from now on, and certificates under the former roots are renewed',
  renewing: 'the roots of the former authority are not trusted any more',
}

function isSamePhase(one: SeenPhase['of'] | undefined, other: SeenPhase['of'] | undefined): boolean {
  return one?.phase === other?.phase && one?.sinceMs === other?.sinceMs
}

/** After a start workloads have to come back before anybody can be waited for, however long nothing ran. */
function seePhase(former: FormerRoots, clock: Clock): SeenPhase {
  const nowMs = clock.monotonicMs()
  const renewingMs = former.sinceMs + maxRenewingMs - clock.now()
  const leftMs = former.phase === 'waiting' ? maxWaitingMs : Math.min(Math.max(renewingMs, minPhaseMs), maxRenewingMs)
  return { of: former, sinceMs: nowMs, endMs: nowMs + leftMs }
}

function afterPhase({ former, ...state }: CaState, nowMs: number): CaState {
  const next = { ...state, sequence: state.sequence + 1 }
  const isOver = former?.phase !== 'waiting' || former.rootsPem === ''
  return isOver ? next : { ...next, former: { ...former, phase: 'renewing', sinceMs: nowMs } }
}

function withoutFormer({ former, ...state }: CaState, fingerprint: string, nowMs: number): CaState {
  const certificates = certificatesOf(former?.rootsPem ?? '')
  const left = certificates.filter((certificate) => fingerprintOf(certificate) !== fingerprint)
  if (!former || left.length === certificates.length) throw rotationRefused(`no former root has the fingerprint ${fingerprint}`)
  const next: CaState = { ...state, sequence: state.sequence + 1 }
  // Keys for tokens may have been kept with the root that is distrusted.
  if (left.length === 0) return { ...next, jwtKeys: withoutFormerKeys(withNewestSigning(state.jwtKeys, nowMs), nowMs) }
  return { ...next, former: { ...former, rootsPem: left.map(({ der }) => encodePem('CERTIFICATE', der)).join('') } }
}

/** The certificates of the first text, each once, that the second has not. */
function without(pem: string, excluded: string): string {
  const seen = new Set(certificatesOf(excluded).map(fingerprintOf))
  return certificatesOf(pem)
    .filter((certificate) => !seen.has(fingerprintOf(certificate)) && seen.add(fingerprintOf(certificate)))
    .map(({ der }) => encodePem('CERTIFICATE', der))
    .join('')
}

function certificatesOf(pem: string): readonly Certificate[] {
  const text = parseCertificatePem(pem)
  return (text.ok ? text.ders : []).flatMap((der) => {
    const parsed = parseCertificate(der)
    return parsed.ok ? [parsed.certificate] : []
  })
}
