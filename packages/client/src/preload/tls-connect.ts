/** Patches `tls.connect`: a captured connection is opened as a plain socket first, so that the PROXY header precedes TLS. */
import net from 'node:net'
import tls from 'node:tls'
import { type ConnectOptions, connectArguments } from './connect-arguments.js'
import type { Destinations } from './destination.js'

type TlsConnect = (...args: unknown[]) => tls.TLSSocket

export function patchTlsConnect(destinations: Destinations): void {
  const systemConnect = tls.connect as unknown as TlsConnect
  const connect = (...args: unknown[]): tls.TLSSocket => {
    const call = tlsArguments(args)
    if (!call || call.options['socket'] || call.options.path) return systemConnect(...args)
    const destination = destinations(call.options.host, Number(call.options.port))
    if (destination.kind !== 'captured') return systemConnect(...args)
    const plain = net.connect(plainOptions(call.options))
    const secure = systemConnect({ ...call.options, host: call.options.host ?? 'localhost', socket: plain }, call.listener)
    const timeout = call.options['timeout']
    if (typeof timeout === 'number') secure.setTimeout(timeout)
    plain.on('error', (error) => secure.destroy(error))
    secure.once('close', () => plain.destroy())
    return secure
  }
  Object.defineProperty(tls, 'connect', { value: connect, writable: true, enumerable: true, configurable: true })
}

/** `tls.connect(port, host, options, listener)` puts more options after the destination. */
function tlsArguments(args: readonly unknown[]): ReturnType<typeof connectArguments> {
  const call = connectArguments(args)
  if (!call || typeof args[0] === 'object') return call
  const more = args.slice(1).find((value) => typeof value === 'object' && value !== null) as ConnectOptions | undefined
  return more ? { ...call, options: { ...call.options, ...more } } : call
}

function plainOptions(options: ConnectOptions): net.TcpNetConnectOpts {
  const plain: Record<string, unknown> = { host: options.host, port: Number(options.port) }
  for (const key of ['localAddress', 'localPort', 'lookup', 'signal', 'keepAlive', 'keepAliveInitialDelay', 'noDelay', 'allowHalfOpen']) {
    if (options[key] !== undefined) plain[key] = options[key]
  }
  return plain as unknown as net.TcpNetConnectOpts
}
