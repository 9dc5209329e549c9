/** Patches `dns.lookup` in both forms: names of the mesh resolve to virtual IPs, all others as they always did. */
import dns from 'node:dns'
import { normalizeName } from '../names/names-file.js'
import { hostName, type PodContract } from '../names/pod-contract.js'
import { hostAddress } from './host-address.js'
import type { NamesView } from './names-view.js'

export type LookupCallback = (error: NodeJS.ErrnoException | null, address?: string | dns.LookupAddress[], family?: number) => void
export type Lookup = (hostname: string, options: dns.LookupOptions, callback: LookupCallback) => void

type MeshAnswer = readonly string[] | 'not found' | 'not ours'

/** Returns Node's own lookup, for names outside the mesh. */
export function patchLookup(contract: PodContract, names: NamesView): Lookup {
  const systemLookup = dns.lookup as unknown as Lookup
  const systemPromise = dns.promises.lookup as (hostname: string, options: dns.LookupOptions) => Promise<unknown>
  const hostVirtualIp = hostAddress(contract.podIp)

  const answer = (hostname: unknown, family: unknown): MeshAnswer => {
    if (typeof hostname !== 'string') return 'not ours'
    const name = normalizeName(hostname)
    const addresses = name === hostName ? [hostVirtualIp] : names.current().names[name]
    if (addresses && addresses.length > 0) return family === 6 || family === 'IPv6' ? 'not found' : addresses
    // Asking the machine's resolver for a cluster name only costs its timeout.
    return name.endsWith('.svc.cluster.local') ? 'not found' : 'not ours'
  }

  const lookup = (hostname: string, optionsOrCallback: unknown, maybeCallback?: unknown): void => {
    const callback = (typeof optionsOrCallback === 'function' ? optionsOrCallback : maybeCallback) as LookupCallback
    const options = lookupOptions(typeof optionsOrCallback === 'function' ? undefined : optionsOrCallback)
    const found = answer(hostname, options.family)
    if (found === 'not ours' || typeof callback !== 'function') systemLookup(hostname, options, callback)
    else if (found === 'not found') process.nextTick(callback, notFound(hostname))
    else if (options.all) process.nextTick(callback, null, found.map(ipv4))
    else process.nextTick(callback, null, found[0], 4)
  }
  const lookupPromise = async (hostname: string, options?: unknown): Promise<unknown> => {
    const resolved = lookupOptions(options)
    const found = answer(hostname, resolved.family)
    if (found === 'not ours') return systemPromise(hostname, resolved)
    if (found === 'not found') throw notFound(hostname)
    return resolved.all ? found.map(ipv4) : ipv4(found[0] as string)
  }
  replace(dns, lookup, systemLookup)
  replace(dns.promises, lookupPromise, systemPromise)
  return systemLookup
}

/** Keeps what hangs on the function: a symbol of Node makes `util.promisify(dns.lookup)` give an object. */
function replace(target: object, patched: object, original: object): void {
  for (const symbol of Object.getOwnPropertySymbols(original)) {
    Object.defineProperty(patched, symbol, Object.getOwnPropertyDescriptor(original, symbol) as PropertyDescriptor)
  }
  Object.defineProperty(target, 'lookup', { value: patched, writable: true, enumerable: true, configurable: true })
}

function lookupOptions(options: unknown): dns.LookupOptions {
  if (typeof options === 'number') return { family: options }
  return typeof options === 'object' && options !== null ? options : {}
}

function ipv4(address: string): dns.LookupAddress {
  return { address, family: 4 }
}

function notFound(hostname: string): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`)
  return Object.assign(error, { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname })
}
