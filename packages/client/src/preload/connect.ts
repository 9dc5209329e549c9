/** Patches `net.Socket.prototype.connect`: the one place through which every TCP client of a Node process goes. */
import type dns from 'node:dns'
import net from 'node:net'
import tls from 'node:tls'
import { type PodContract, proxyPorts } from '../names/pod-contract.js'
import { connectArguments, type ConnectArguments } from './connect-arguments.js'
import type { Destinations } from './destination.js'
import type { Lookup, LookupCallback } from './lookup.js'
import type { NamesView } from './names-view.js'
import { allocateProxyHeader, fillProxyHeader } from './proxy-header.js'

type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket

export function patchConnect(contract: PodContract, names: NamesView, destinations: Destinations, systemLookup: Lookup): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the socket or server as `this` below
  const systemConnect = net.Socket.prototype.connect as Connect

  const capture = (socket: net.Socket, call: ConnectArguments, originalAddress: string | undefined, originalPort: number): net.Socket => {
    const file = names.current()
    const sidecar = file.capture ?? { address: contract.podIp, port: proxyPorts.outbound }
    const header = allocateProxyHeader(file.token)
    const fill = (destination: string): void =>
      fillProxyHeader(header, { source: contract.appAddress, destination, destinationPort: originalPort, token: file.token })
    const lookup = (call.options.lookup as Lookup | undefined) ?? systemLookup
    const options = {
      ...call.options,
      host: originalAddress === undefined ? call.options.host : sidecar.address,
      port: sidecar.port,
      localAddress: call.options.localAddress ?? contract.appAddress,
      // The address that Node's own lookup sees is the sidecar's, so there is only one to try.
      autoSelectFamily: false,
      family: 4,
      lookup: originalAddress === undefined ? resolveThenCapture(lookup, sidecar.address, fill) : undefined,
    }
    if (originalAddress !== undefined) fill(originalAddress)
    systemConnect.call(socket, options, call.listener)
    // Queued until the connection stands, so these are its first bytes; the name is resolved by then.
    socket.write(header)
    return socket
  }

  net.Socket.prototype.connect = function connect(this: net.Socket, ...args: unknown[]): net.Socket {
    const call = connectArguments(args)
    const port = Number(call?.options.port)
    if (!call || !Number.isInteger(port)) return systemConnect.apply(this, args)
    const destination = destinations(call.options.host, port)
    switch (destination.kind) {
      case 'untouched':
        return systemConnect.apply(this, args)
      case 'redirected': {
        const localAddress = call.options.localAddress ?? (destination.isMesh ? contract.appAddress : undefined)
        const options = { ...call.options, host: destination.address, port: destination.port, localAddress, family: 4 }
        return systemConnect.call(this, options, call.listener)
      }
      case 'captured':
        // A TLS socket would wrap the PROXY header in TLS; `tls.connect` gives it a captured socket instead.
        if (this instanceof tls.TLSSocket) return systemConnect.apply(this, args)
        return capture(this, call, destination.originalAddress, destination.originalPort)
    }
  } as typeof net.Socket.prototype.connect
}

/** A lookup that keeps the real address for the PROXY header and answers with the sidecar's. IPv4 is preferred. */
function resolveThenCapture(lookup: Lookup, sidecarAddress: string, fill: (address: string) => void): Lookup {
  return (hostname, options, callback: LookupCallback) => {
    lookup(hostname, { ...options, family: 0, all: true }, (error, result) => {
      const addresses: readonly dns.LookupAddress[] =
        typeof result === 'string' ? [{ address: result, family: net.isIP(result) }] : (result ?? [])
      const chosen = addresses.find((candidate) => candidate.family === 4) ?? addresses[0]
      if (error || !chosen) {
        callback(
          error ?? Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname }),
        )
        return
      }
      fill(chosen.address)
      callback(null, sidecarAddress, 4)
    })
  }
}
