/**
 * Patches `net.Server.prototype.listen`: in a Pod "all addresses" means the Pod's, so wildcard, loopback, Pod IP and
 * argument-less listens move to the app address, on the port that the platform found to be bindable.
 */
import net from 'node:net'
import { boundPort, type PodContract } from '../names/pod-contract.js'
import { isLoopbackName } from './destination.js'

type Listen = (this: net.Server, ...args: unknown[]) => net.Server

interface ListenCall {
  readonly options: Readonly<Record<string, unknown>>
  readonly listener: unknown
}

export function patchListen(contract: PodContract): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the socket or server as `this` below
  const systemListen = net.Server.prototype.listen as Listen
  net.Server.prototype.listen = function listen(this: net.Server, ...args: unknown[]): net.Server {
    const call = listenCall(args)
    if (!call) return systemListen.apply(this, args)
    const { host } = call.options
    if (
      typeof host === 'string' &&
      host !== '' &&
      !isLoopbackName(host.toLowerCase()) &&
      host !== contract.podIp &&
      host !== contract.appAddress
    ) {
      return systemListen.apply(this, args)
    }
    const declared = Number(call.options['port'] ?? 0)
    const options = { ...call.options, host: contract.appAddress, port: boundPort(contract.portMap, declared), ipv6Only: false }
    return systemListen.call(this, options, call.listener)
  } as typeof net.Server.prototype.listen
}

/** Undefined for what is not TCP on an address: paths, file descriptors and handles. */
function listenCall(args: readonly unknown[]): ListenCall | undefined {
  const list = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  const listener = list.findLast((value) => typeof value === 'function')
  const first = list[0]
  if (first === undefined || first === null || typeof first === 'function') return { options: portOptions(0, list.slice(1)), listener }
  if (typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))) {
    return { options: portOptions(Number(first), list.slice(1)), listener }
  }
  if (typeof first !== 'object' || 'path' in first || 'fd' in first || '_handle' in first || !('port' in first)) return undefined
  return { options: first as Record<string, unknown>, listener }
}

/** `listen(port, host, backlog)` and `listen(port, backlog)`. */
function portOptions(port: number, rest: readonly unknown[]): Record<string, unknown> {
  const options: Record<string, unknown> = { port }
  const host = rest.find((value) => typeof value === 'string')
  const backlog = rest.find((value) => typeof value === 'number')
  if (host !== undefined) options['host'] = host
  if (backlog !== undefined) options['backlog'] = backlog
  return options
}
