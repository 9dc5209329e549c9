/** Application probes on behalf of the kubelet: the original probe of a rewritten one, asked at the app address (Istio's `/app-health/`). */
import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import { type Clock, messageOf } from '@heddle/base'
import { checkGrpcHealth } from './grpc-health.js'

/** One entry of ISTIO_KUBE_APP_PROBERS. */
export interface AppProber {
  readonly httpGet?: {
    readonly path?: string
    readonly port: number
    readonly scheme?: string
    readonly host?: string
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
  }
  readonly tcpSocket?: { readonly port: number; readonly host?: string }
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly timeoutSeconds?: number
}

export interface ProbeTarget {
  readonly address: string
  /** The port that is really bound for a declared one. */
  readonly portOf: (declared: number) => number
}

export interface ProbeAnswer {
  /** An HTTP status; 200 for a TCP or gRPC probe that succeeded, 500 for one that did not. */
  readonly status: number
  readonly message: string
}

const defaultTimeoutSeconds = 1

export async function runAppProbe(prober: AppProber, target: ProbeTarget, clock: Clock): Promise<ProbeAnswer> {
  const timeoutMs = (prober.timeoutSeconds ?? defaultTimeoutSeconds) * 1000
  const abort = new AbortController()
  const timer = clock.setTimer(timeoutMs, () => abort.abort(new Error(`no answer within ${timeoutMs} ms`)), { keepAlive: true })
  try {
    if (prober.httpGet) return await probeHttp(prober.httpGet, target, abort.signal)
    if (prober.grpc) return await probeGrpc(prober.grpc, target, abort.signal)
    if (!prober.tcpSocket) return { status: 500, message: 'the probe names neither httpGet, tcpSocket nor grpc' }
    await probeTcp(target.address, target.portOf(prober.tcpSocket.port), abort.signal)
    return { status: 200, message: 'ok' }
  } catch (error) {
    return { status: 500, message: abort.signal.aborted ? messageOf(abort.signal.reason) : messageOf(error) }
  } finally {
    timer.cancel()
  }
}

function probeHttp(probe: NonNullable<AppProber['httpGet']>, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.34', connection: 'close' }
  for (const { name, value } of probe.httpHeaders ?? []) headers[name.toLowerCase()] = value
  const options = { host: target.address, port: target.portOf(probe.port), path: probe.path ?? '/', headers, signal }
  return new Promise((resolve, reject) => {
    // Kubernetes does not verify the certificate of a probe's target either: it asks whether something answers.
    const outgoing = probe.scheme === 'HTTPS' ? secureRequest({ ...options, rejectUnauthorized: false }) : request(options)
    outgoing.on('error', reject)
    outgoing.once('response', (response) => {
      response.resume()
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 500, message: `the application answered ${response.statusCode}` }),
      )
      response.on('error', reject)
    })
    outgoing.end()
  })
}

async function probeGrpc(probe: NonNullable<AppProber['grpc']>, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  const fault = await checkGrpcHealth(target.address, target.portOf(probe.port), probe.service ?? '', signal)
  return fault === undefined ? { status: 200, message: 'SERVING' } : { status: 500, message: fault }
}

function probeTcp(address: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, signal })
    socket.on('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}
