/**
 * Puts the patches in place. Node's own modules call each other through the patched properties (`https` calls
 * `tls.connect`, `net.connect` calls `Socket.prototype.connect`), so four patches cover fetch, undici, http, https,
 * http2, grpc-js and raw sockets; `syncBuiltinESMExports` makes ES modules see them too.
 */
import { syncBuiltinESMExports } from 'node:module'
import type { PodContract } from '../names/pod-contract.js'
import { patchConnect } from './connect.js'
import { createDestinations } from './destination.js'
import { patchListen } from './listen.js'
import { patchLookup } from './lookup.js'
import { createNamesView } from './names-view.js'
import { patchTlsConnect } from './tls-connect.js'

const installed = Symbol.for('heddle.preload')

export function install(contract: PodContract): void {
  const marked = globalThis as { [installed]?: true }
  if (marked[installed]) return
  Object.defineProperty(globalThis, installed, { value: true })
  const names = createNamesView(contract.namesPath)
  const lookup = patchLookup(contract, names)
  const destinations = createDestinations(contract, names, process.env['KUBERNETES_SERVICE_PORT'])
  patchConnect(contract, names, destinations, lookup)
  patchTlsConnect(destinations)
  patchListen(contract)
  syncBuiltinESMExports()
}
