/**
 * A workload's identity over its whole life: a key and a certificate request at first start, renewal at half of the
 * certificate's life with jitter, the last good certificate kept on disk for a start without the control plane. It is
 * the source of the secrets `default` and `ROOTCA` (Istio's SDS names); changes reach subscribers without a restart.
 */
import { type Clock, HeddleError, type Logger, messageOf, type Random, setWallTimer, type Timer } from '@heddle/base'
import type { Secret, SecretSource } from '@heddle/routing'
import { createCsr, encodePrivateKey, generateKey } from '@heddle/x509'
import { type BackOff, createBackOff } from '../ads/back-off.js'
import type { PushedDenials, PushedTrust } from '@heddle/xds'
import { checkTrust, isOfAnotherAuthority, isUnderTaintedRoot, noDenials, rootsOf, validationOf } from './pushed-trust.js'
import { loadCertificate, storeCertificate } from './certificate-store.js'
import { checkCertificate, type WorkloadCertificate, workloadCertificate } from './workload-certificate.js'

export interface IdentitySourceOptions {
  /** What the request wishes for; the authority decides by the caller. */
  readonly spiffeId: string
  readonly trustDomain: string
  /** Sends a request to the authority. @returns the chain in PEM, leaf first, root last. */
  readonly requestCertificate: (csrPem: string, ttlSeconds: number, signal: AbortSignal) => Promise<readonly string[]>
  /** How long the authority that refused wants not to be asked, in milliseconds. Default: it says nothing. */
  readonly retryAfterMsOf?: (error: unknown) => number | undefined
  /** Lifetime asked for. Default: 24 h. */
  readonly ttlSeconds?: number
  /** Folder of the last good certificate; absent keeps nothing. */
  readonly stateDir?: string
}

export interface IdentitySourceDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface IdentitySource extends SecretSource {
  /** Resolves when there is a certificate, new or kept; retries until then. */
  ready(signal?: AbortSignal): Promise<void>
  /** The certificate in use. */
  readonly current: WorkloadCertificate | undefined
  /** What the control plane pushed last of trust: the roots, the keys of tokens, and other trust domains. */
  readonly trusted: PushedTrust | undefined
  /** Asks for a new certificate now. */
  renew(): void
  /**
   * Takes the mesh's roots as the control plane pushed them. Resolves when they are trusted and our own certificate stands under none
   * that is tainted: it is replaced first, after a moment by chance, so that a mesh does not ask all at once.
   * @throws when a root cannot be used: nothing changes then.
   */
  trust(pushed: PushedTrust): Promise<void>
  /** Takes the lists of those who are not believed any more, revocation lists among them, which were found to be readable; in force at once. */
  deny(denied: PushedDenials): void
  close(): void
}

export const certificateSecret = 'default'
export const rootsSecret = 'ROOTCA'

/** An authority that has not answered by then is asked again. */
const answerTimeoutMs = 10_000
const defaultTtlSeconds = 86_400
/** Over which a mesh spreads the replacement of certificates under a tainted root. */
const replacementSpreadMs = 2000

export function createIdentitySource(options: IdentitySourceOptions, deps: IdentitySourceDeps): IdentitySource {
  return new RenewedIdentity(options, deps)
}

class RenewedIdentity implements IdentitySource {
  readonly #options: IdentitySourceOptions
  readonly #deps: IdentitySourceDeps
  readonly #listeners = new Set<(name: string) => void>()
  readonly #waiting = new Set<() => void>()
  readonly #abort = new AbortController()
  readonly #backOff: BackOff
  #current: WorkloadCertificate | undefined
  #pushed: PushedTrust | undefined
  #denied: PushedDenials = noDenials
  readonly #replaced = new Set<() => void>()
  #timer: Timer | undefined
  #isRequesting = false

  constructor(options: IdentitySourceOptions, deps: IdentitySourceDeps) {
    this.#options = options
    this.#deps = deps
    this.#backOff = createBackOff({ baseMs: 100, maxMs: 10_000 }, deps.random)
    this.#current = this.#stored()
    this.#schedule(this.#current ? this.#renewalDelayMs(this.#current) : 0)
  }

  get current(): WorkloadCertificate | undefined {
    return this.#current
  }

  get trusted(): PushedTrust | undefined {
    return this.#pushed
  }

  get(name: string): Secret | undefined {
    const { trustDomain } = this.#options
    if (!this.#current) return undefined
    const { chainPem, privateKeyPem } = this.#current
    if (name === certificateSecret) return { kind: 'certificate', name, certificateChainPem: chainPem, privateKeyPem }
    if (name === rootsSecret) return validationOf(name, this.#trustedRootsPem(this.#current), this.#pushed, trustDomain, this.#denied)
    return undefined
  }

  subscribe(listener: (name: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  ready(signal?: AbortSignal): Promise<void> {
    return this.#current ? Promise.resolve() : untilReady(this.#waiting, signal)
  }

  renew(): void {
    void this.#request()
  }

  async trust(pushed: PushedTrust): Promise<void> {
    checkTrust(pushed, this.#options.trustDomain)
    this.#pushed = pushed
    if (this.#current) this.#keep(this.#current)
    this.#tell(rootsSecret)
    if (this.#isForeign()) {
      // Not waited for: the new roots are trusted already, and the old certificate serves whoever is not further.
      this.#deps.logger.warn('the mesh has another authority: asking it for a certificate')
      this.#schedule(this.#deps.random.next() * replacementSpreadMs)
      return
    }
    if (!this.#isUnderTaint()) return
    this.#deps.logger.info('the root of the certificate is being retired: asking for another certificate')
    this.#schedule(this.#deps.random.next() * replacementSpreadMs)
    await this.#untilReplaced()
  }

  deny(denied: PushedDenials): void {
    this.#denied = denied
    this.#tell(rootsSecret)
  }

  close(): void {
    this.#abort.abort(new HeddleError({ code: 'HEDDLE_IDENTITY_CLOSED', message: 'the identity source was closed' }))
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  #stored(): WorkloadCertificate | undefined {
    const { stateDir } = this.#options
    if (stateDir === undefined) return undefined
    const loaded = loadCertificate(stateDir, this.#options, this.#deps.clock.now())
    if (loaded.kind === 'unusable') this.#deps.logger.info('the stored certificate is not used', { reason: loaded.reason })
    return loaded.kind === 'loaded' ? loaded.certificate : undefined
  }

  async #request(): Promise<void> {
    if (this.#isRequesting || this.#abort.signal.aborted) return
    this.#isRequesting = true
    try {
      this.#adopt(await this.#certificate())
      if (this.#isForeign()) {
        // A replica of the former authority answered, while another one pushes.
        this.#schedule(this.#backOff.nextMs())
        return
      }
      this.#backOff.reset()
      this.#schedule(this.#renewalDelayMs(this.#current as WorkloadCertificate, this.#deps.clock.now()))
    } catch (error) {
      if (this.#abort.signal.aborted) return
      const waitMs = Math.max(this.#backOff.nextMs(), this.#options.retryAfterMsOf?.(error) ?? 0)
      const fields = { error: messageOf(error), hasOlder: this.#current !== undefined, retryMs: Math.round(waitMs) }
      this.#deps.logger.warn('no new certificate yet', fields)
      this.#schedule(waitMs)
    } finally {
      this.#isRequesting = false
    }
  }

  /** A new key for each certificate. */
  async #certificate(): Promise<WorkloadCertificate> {
    const { spiffeId, requestCertificate, ttlSeconds = defaultTtlSeconds } = this.#options
    const privateKey = generateKey()
    const csr = createCsr({ privateKey, altNames: { uris: [spiffeId] } })
    const late = new AbortController()
    const timer = this.#deps.clock.setTimer(answerTimeoutMs, () => late.abort(new Error(`no answer within ${answerTimeoutMs} ms`)))
    try {
      const chain = await requestCertificate(csr, ttlSeconds, AbortSignal.any([this.#abort.signal, late.signal]))
      const certificate = workloadCertificate(chain, encodePrivateKey(privateKey))
      checkCertificate(certificate, this.#options, this.#deps.clock.now())
      return certificate
    } finally {
      timer.cancel()
    }
  }

  #adopt(certificate: WorkloadCertificate): void {
    this.#abort.signal.throwIfAborted()
    this.#keep(certificate)
    this.#tell(certificateSecret, rootsSecret)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
    if (this.#isUnderTaint()) return
    for (const resolve of this.#replaced) resolve()
    this.#replaced.clear()
  }

  /** With the roots that count now. */
  #keep(certificate: WorkloadCertificate): void {
    this.#current = { ...certificate, rootsPem: rootsOf(certificate, this.#pushed, this.#deps.clock.now()) }
    this.#store(this.#current)
  }

  #tell(...names: readonly string[]): void {
    for (const name of names) for (const listener of this.#listeners) listener(name)
  }

  /** Until the certificate is replaced both authorities count; what is kept on disk is what the certificate came with. */
  #trustedRootsPem({ rootsPem }: WorkloadCertificate): string {
    return this.#isForeign() ? rootsPem + (this.#pushed?.roots.map(({ pem }) => pem).join('') ?? '') : rootsPem
  }

  #isForeign(): boolean {
    return (
      this.#current !== undefined && this.#pushed !== undefined && isOfAnotherAuthority(this.#current, this.#pushed, this.#deps.clock.now())
    )
  }

  #isUnderTaint(): boolean {
    return (
      this.#current !== undefined && this.#pushed !== undefined && isUnderTaintedRoot(this.#current, this.#pushed, this.#deps.clock.now())
    )
  }

  #untilReplaced(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#replaced.add(resolve)
      this.#abort.signal.addEventListener('abort', () => reject(this.#abort.signal.reason as Error), { once: true })
    })
  }

  /** A disk that is full or gone must not keep a good certificate from being used. */
  #store(certificate: WorkloadCertificate): void {
    const { stateDir } = this.#options
    if (stateDir === undefined) return
    try {
      storeCertificate(stateDir, certificate)
    } catch (error) {
      this.#deps.logger.error('the certificate cannot be kept', { folder: stateDir, error: messageOf(error) })
    }
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = setWallTimer(this.#deps.clock, delayMs, () => void this.#request(), { keepAlive: true })
  }

  /**
   * Half of the lifetime, less up to a tenth, so that workloads started together do not renew together.
   * @param givenMs when it came, if that is known: a certificate of a few minutes is dated back by half of its life.
   */
  #renewalDelayMs({ notBeforeMs, notAfterMs }: WorkloadCertificate, givenMs: number = notBeforeMs): number {
    const beginMs = Math.max(notBeforeMs, givenMs)
    const halfLifeMs = beginMs + (notAfterMs - beginMs) * (0.5 - this.#deps.random.next() / 10)
    return Math.max(1000, halfLifeMs - this.#deps.clock.now())
  }
}

function untilReady(waiting: Set<() => void>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const done = (): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    const onAbort = (): void => {
      waiting.delete(done)
      reject(signal?.reason as Error)
    }
    waiting.add(done)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
