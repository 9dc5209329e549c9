/**
 * A workload's identity over its whole life: a key and a certificate request at first start, renewal at half of the
 * certificate's life with jitter, the last good certificate kept on disk for a start without the control plane. It is
 * the source of the secrets `default` and `ROOTCA` (Istio's SDS names); changes reach subscribers without a restart.
 */
import { type Clock, HeddleError, type Logger, messageOf, type Random, type Timer } from '@heddle/base'
import type { Secret, SecretSource } from '@heddle/routing'
import { createCsr, encodePrivateKey, generateKey } from '@heddle/x509'
import { createBackOff } from '../ads/back-off.js'
import { loadCertificate, storeCertificate } from './certificate-store.js'
import { type WorkloadCertificate, workloadCertificate } from './workload-certificate.js'

export interface IdentitySourceOptions {
  /** What the request wishes for; the authority decides by the caller. */
  readonly spiffeId: string
  readonly trustDomain: string
  /** Sends a request to the authority. @returns the chain in PEM, leaf first, root last. */
  readonly requestCertificate: (csrPem: string, ttlSeconds: number, signal: AbortSignal) => Promise<readonly string[]>
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
  /** Asks for a new certificate now. */
  renew(): void
  close(): void
}

export const certificateSecret = 'default'
export const rootsSecret = 'ROOTCA'

export function createIdentitySource(options: IdentitySourceOptions, deps: IdentitySourceDeps): IdentitySource {
  const ttlSeconds = options.ttlSeconds ?? 86_400
  const listeners = new Set<(name: string) => void>()
  const waiting = new Set<() => void>()
  const abort = new AbortController()
  const backOff = createBackOff({ baseMs: 100, maxMs: 10_000 }, deps.random)
  let current = usable(options.stateDir === undefined ? undefined : loadCertificate(options.stateDir), deps.clock.now())
  let timer: Timer | undefined
  let isRequesting = false

  const adopt = (certificate: WorkloadCertificate): void => {
    current = certificate
    if (options.stateDir !== undefined) storeCertificate(options.stateDir, certificate)
    for (const name of [certificateSecret, rootsSecret]) for (const listener of listeners) listener(name)
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  const request = async (): Promise<void> => {
    if (isRequesting || abort.signal.aborted) return
    isRequesting = true
    try {
      const privateKey = generateKey()
      const csr = createCsr({ privateKey, altNames: { uris: [options.spiffeId] } })
      const chain = await options.requestCertificate(csr, ttlSeconds, abort.signal)
      adopt(workloadCertificate(chain, encodePrivateKey(privateKey)))
      backOff.reset()
      schedule(renewalDelayMs(current as WorkloadCertificate))
    } catch (error) {
      if (abort.signal.aborted) return
      const waitMs = backOff.nextMs()
      deps.logger.warn('no certificate yet', { error: messageOf(error), hasOlder: current !== undefined, retryMs: Math.round(waitMs) })
      schedule(waitMs)
    } finally {
      isRequesting = false
    }
  }

  const schedule = (delayMs: number): void => {
    timer?.cancel()
    timer = deps.clock.setTimer(delayMs, () => void request(), { keepAlive: true })
  }

  /** Half of the lifetime, less up to a tenth, so that workloads started together do not renew together. */
  const renewalDelayMs = ({ notBeforeMs, notAfterMs }: WorkloadCertificate): number => {
    const halfLifeMs = notBeforeMs + (notAfterMs - notBeforeMs) * (0.5 - deps.random.next() / 10)
    return Math.max(1000, halfLifeMs - deps.clock.now())
  }

  const secretOf = (name: string): Secret | undefined => {
    if (!current) return undefined
    if (name === certificateSecret)
      return { kind: 'certificate', name, certificateChainPem: current.chainPem, privateKeyPem: current.privateKeyPem }
    if (name === rootsSecret) return { kind: 'validation', name, rootsPem: current.rootsPem, trustDomain: options.trustDomain }
    return undefined
  }

  if (current) schedule(renewalDelayMs(current))
  else schedule(0)

  return {
    get: secretOf,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    ready: (signal) => (current ? Promise.resolve() : untilReady(waiting, signal)),
    get current() {
      return current
    },
    renew: () => void request(),
    close() {
      abort.abort(new HeddleError({ code: 'HEDDLE_IDENTITY_CLOSED', message: 'the identity source was closed' }))
      timer?.cancel()
      listeners.clear()
    },
  }
}

function usable(certificate: WorkloadCertificate | undefined, nowMs: number): WorkloadCertificate | undefined {
  return certificate && certificate.notAfterMs > nowMs ? certificate : undefined
}

function untilReady(waiting: Set<() => void>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
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
