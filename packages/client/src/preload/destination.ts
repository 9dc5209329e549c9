/**
 * Where a connection to (host, port) really goes. In an injected Pod everything that is not the Pod itself is captured
 * (Istio redirects all outbound TCP; what is not of the mesh leaves through PassthroughCluster). In a Pod without a
 * sidecar a virtual IP is one of its ready endpoints, and everything else is left alone.
 */
import { isIP } from 'node:net'
import { normalizeName } from '../names/names-file.js'
import { boundPort, hostName, type PodContract, proxyPorts } from '../names/pod-contract.js'
import { hostAddress } from './host-address.js'
import type { NamesView } from './names-view.js'

export type Destination =
  /** Leave the connection as it is. */
  | { readonly kind: 'untouched' }
  /** Dial another address, with nothing added. */
  | { readonly kind: 'redirected'; readonly address: string; readonly port: number; readonly isMesh: boolean }
  /** Dial the sidecar, which learns the original destination from a PROXY header; without an address its name is resolved first. */
  | { readonly kind: 'captured'; readonly originalAddress: string | undefined; readonly originalPort: number }

export type Destinations = (host: string | undefined, port: number) => Destination

const untouched: Destination = { kind: 'untouched' }
const sidecarPorts: ReadonlySet<number> = new Set(Object.values(proxyPorts))

/** @param apiPort port of the platform's API on the machine's own 127.0.0.1, which Pods may dial under that address. */
export function createDestinations(contract: PodContract, names: NamesView, apiPort: string | undefined): Destinations {
  const meshPrefix = contract.podIp.split('.').slice(0, 2).join('.') + '.'
  const hostVirtualIp = hostAddress(contract.podIp)
  const endpointTurns = new Map<string, number>()

  const ofOwnPod = (port: number): Destination => {
    const address = sidecarPorts.has(port) ? contract.podIp : contract.appAddress
    return { kind: 'redirected', address, port: boundPort(contract.portMap, port), isMesh: true }
  }

  const direct = (address: string, port: number): Destination => {
    const key = `${address}:${port}`
    const endpoints = names.current().direct[key]
    if (!endpoints || endpoints.length === 0)
      return address.startsWith(meshPrefix) ? { kind: 'redirected', address, port, isMesh: true } : untouched
    const turn = endpointTurns.get(key) ?? 0
    if (endpointTurns.size > 4096) endpointTurns.clear()
    endpointTurns.set(key, turn + 1)
    const endpoint = endpoints[turn % endpoints.length] as string
    const colon = endpoint.lastIndexOf(':')
    return { kind: 'redirected', address: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1)), isMesh: true }
  }

  const ofAddress = (address: string, port: number): Destination => {
    if (address === hostVirtualIp) return { kind: 'redirected', address: '127.0.0.1', port, isMesh: false }
    if (address === '127.0.0.1' && String(port) === apiPort) return untouched
    if (isLoopbackName(address) || address === contract.appAddress) return ofOwnPod(port)
    if (address === contract.podIp) return { kind: 'redirected', address, port: boundPort(contract.portMap, port), isMesh: true }
    if (address.startsWith('127.') && !address.startsWith(meshPrefix)) return untouched
    return contract.isInjected ? { kind: 'captured', originalAddress: address, originalPort: port } : direct(address, port)
  }

  return (host, port) => {
    const name = normalizeName(host || 'localhost')
    if (isLoopbackName(name) || isIP(name) !== 0) return ofAddress(name, port)
    if (name === hostName) return ofAddress(hostVirtualIp, port)
    const virtualIp = names.current().names[name]?.[0]
    if (virtualIp !== undefined) return ofAddress(virtualIp, port)
    return contract.isInjected ? { kind: 'captured', originalAddress: undefined, originalPort: port } : untouched
  }
}

/** The ways in which a program says "this machine": loopback and the unspecified addresses. */
export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' || name === '127.0.0.1' || name === '::1' || name === '0.0.0.0' || name === '::' || name === '::ffff:127.0.0.1'
  )
}
