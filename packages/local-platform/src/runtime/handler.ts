/** Carries out one action of a probe or a lifecycle hook (core/v1 ProbeHandler and LifecycleHandler) against a container. */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { type Clock, messageOf } from '@heddle/base'
import { checkGrpcHealth } from './grpc-health.js'
import type { Container, Handler, HttpGetAction } from './pod.js'

export interface HandlerTarget {
  readonly container: Container
  readonly podIp: string
  /** The port that is really bound for a declared one. */
  readonly boundPort: (declared: number) => number
  /** Runs a command in the container; resolves with its exit code and output. */
  readonly run: (command: readonly string[], timeoutMs: number) => Promise<{ readonly exitCode: number; readonly output: string }>
  readonly clock: Clock
}

export type HandlerResult = { readonly ok: true } | { readonly ok: false; readonly reason: string }

const success: HandlerResult = { ok: true }

export async function runHandler(handler: Handler, target: HandlerTarget, timeoutMs: number): Promise<HandlerResult> {
  try {
    if (handler.exec) return await runExec(handler.exec.command ?? [], target, timeoutMs)
    if (handler.httpGet) return await httpGet(handler.httpGet, target, timeoutMs)
    if (handler.tcpSocket)
      return await tcpConnect(handler.tcpSocket.host ?? target.podIp, portOf(handler.tcpSocket.port, target), timeoutMs)
    if (handler.grpc) {
      const fault = await checkGrpcHealth(target.podIp, portOf(handler.grpc.port, target), handler.grpc.service ?? '', timeoutMs)
      return fault === undefined ? success : { ok: false, reason: fault }
    }
    if (handler.sleep) await sleep(target.clock, handler.sleep.seconds * 1000)
    return success
  } catch (error) {
    return { ok: false, reason: messageOf(error) }
  }
}

/** The bound port of a number or of a port's name. @throws for a name that the container does not declare. */
function portOf(port: number | string, target: HandlerTarget): number {
  const declared = /^\d+$/.test(String(port)) ? Number(port) : target.container.ports?.find((one) => one.name === port)?.containerPort
  if (declared === undefined) throw new Error(`container ${target.container.name} declares no port named "${port}"`)
  return target.boundPort(declared)
}

async function runExec(command: readonly string[], target: HandlerTarget, timeoutMs: number): Promise<HandlerResult> {
  const { exitCode, output } = await target.run(command, timeoutMs)
  return exitCode === 0 ? success : { ok: false, reason: `command exited with code ${exitCode}: ${output.trim()}` }
}

/** 200 to 399 is success; certificates are not checked and redirects not followed, for the answer alone counts. */
function httpGet(action: HttpGetAction, target: HandlerTarget, timeoutMs: number): Promise<HandlerResult> {
  const port = portOf(action.port, target)
  const host = action.host ?? target.podIp
  const path = action.path ? (action.path.startsWith('/') ? action.path : `/${action.path}`) : '/'
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/heddle', accept: '*/*', connection: 'close' }
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value
  const options = { host, port, path, headers, agent: false as const, timeout: timeoutMs }
  return new Promise((resolve) => {
    const answer = (response: http.IncomingMessage): void => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status >= 200 && status < 400 ? success : { ok: false, reason: `HTTP probe failed with statuscode: ${status}` })
    }
    const isSecure = action.scheme?.toUpperCase() === 'HTTPS'
    const request = isSecure ? https.get({ ...options, rejectUnauthorized: false }, answer) : http.get(options, answer)
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.once('error', (error) =>
      resolve({ ok: false, reason: `Get "http${isSecure ? 's' : ''}://${host}:${port}${path}": ${error.message}` }),
    )
  })
}

function tcpConnect(host: string, port: number, timeoutMs: number): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: timeoutMs })
    const finish = (result: HandlerResult): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => finish(success))
    socket.once('timeout', () => finish({ ok: false, reason: `no connection to ${host}:${port} within ${timeoutMs} ms` }))
    socket.once('error', (error) => finish({ ok: false, reason: error.message }))
  })
}

function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(delayMs, resolve))
}
