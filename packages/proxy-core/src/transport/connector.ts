/**
 * Opens connections to endpoints, TLS included: a connection counts as made when the peer is verified. The timeout covers
 * both, as Envoy's `connect_timeout` does.
 */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
import type { UpstreamTlsContext } from '@heddle/routing'
import type { TlsInfo } from '../decision-record.js'
import { guard } from '../guard/guard.js'
import type { AbortWatch } from './abort-watch.js'
import type { Channel } from './channel.js'
import type { DialTarget } from './dial-target.js'
import type { PeerVerifier } from './peer-verifier.js'
import { readBuffer } from './read-buffer.js'
import type { ServerName } from './server-name.js'
import { SocketChannel } from './socket-channel.js'
import type { TlsContexts } from './tls-contexts.js'

export interface ConnectListener {
  onConnected(channel: Channel, tls: TlsInfo | undefined): void
  onConnectFailed(reason: 'connection-failure' | 'connection-timeout', details: string): void
}

export interface Connector {
  /** Calls one of the listener's functions later, once, unless given up through the result. */
  connect(
    target: DialTarget,
    tls: UpstreamTlsContext | undefined,
    alpn: readonly string[],
    timeoutMs: number,
    listener: ConnectListener,
    serverName?: ServerName,
    /** Sent first, before TLS. */
    preface?: Buffer,
  ): () => void
}

export interface ConnectorDeps {
  readonly contexts: TlsContexts
  readonly verifier: PeerVerifier
  readonly clock: Clock
  readonly logger: Logger
  readonly aborts: AbortWatch
}

export function createConnector({ contexts, verifier, clock, logger, aborts }: ConnectorDeps): Connector {
  return {
    connect(target, tls, alpn, timeoutMs, listener, serverName, preface) {
      const attempt = new ConnectAttempt(listener, clock, timeoutMs, logger, aborts)
      try {
        if (tls === undefined) attempt.plain(target, logger, preface)
        else attempt.secure(target, { tls, alpn, serverName, preface }, contexts, verifier, logger)
      } catch (error) {
        attempt.impossible(messageOf(error))
      }
      return () => attempt.cancel()
    },
  }
}

interface SecureOptions {
  readonly tls: UpstreamTlsContext
  readonly alpn: readonly string[]
  readonly serverName: ServerName | undefined
  readonly preface: Buffer | undefined
}

class ConnectAttempt {
  readonly #listener: ConnectListener
  readonly #logger: Logger
  readonly #abortWatch: AbortWatch
  #timer: Timer | undefined
  #socket: Socket | undefined
  #pending = true

  constructor(listener: ConnectListener, clock: Clock, timeoutMs: number, logger: Logger, watch: AbortWatch) {
    this.#listener = listener
    this.#logger = logger
    this.#abortWatch = watch
    if (timeoutMs > 0) this.#timer = clock.setTimer(timeoutMs, () => this.#fail('connection-timeout', ''))
  }

  plain(target: DialTarget, logger: Logger, preface: Buffer | undefined): void {
    let channel: SocketChannel | undefined
    const socket = connect({
      ...addressOf(target),
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          channel?.received(readBuffer, 0, bytes)
          return true
        },
      },
    })
    this.#watch(socket)
    socket.once('connect', () => {
      if (!this.#pending) return
      channel = new SocketChannel(socket, logger, 'onread', this.#abortWatch)
      if (preface !== undefined) channel.writeBytes(preface, 0, preface.length)
      this.#succeed(channel, undefined)
    })
  }

  secure(
    target: DialTarget,
    { tls, alpn, serverName, preface }: SecureOptions,
    contexts: TlsContexts,
    verifier: PeerVerifier,
    logger: Logger,
  ): void {
    const made = contexts.get(tls.common, 'client')
    if (!made.ok) {
      queueMicrotask(() => this.#fail('connection-failure', made.reason))
      return
    }
    let channel: SocketChannel | undefined
    const sni = serverName?.isSent ? serverName.name : tls.sni
    const below = preface === undefined ? undefined : this.#below(target, preface)
    const socket = connectTls({
      ...(below === undefined ? addressOf(target) : { socket: below }),
      allowHalfOpen: true,
      noDelay: true,
      secureContext: made.material.context,
      rejectUnauthorized: false,
      ...(sni === undefined || sni === '' || isIP(sni) !== 0 ? {} : { servername: sni }),
      ...(alpn.length > 0 ? { ALPNProtocols: [...alpn] } : {}),
      checkServerIdentity: () => undefined,
      // A socket that was there before TLS cannot read into a buffer of ours.
      ...(below === undefined
        ? {
            onread: {
              buffer: readBuffer,
              callback: (bytes: number) => {
                channel?.received(readBuffer, 0, bytes)
                return true
              },
            },
          }
        : {}),
    } as unknown as ConnectionOptions)
    this.#watch(socket)
    const verify = (): void => {
      if (!this.#pending) return
      const name = serverName?.isVerified ? serverName.name : undefined
      const { validation } = tls.common
      const verdict = verifier.verify(socket, 'server', validation, name)
      if (verdict.kind === 'refused') return this.#fail('connection-failure', `TLS error: ${verdict.reason}`)
      if (verdict.kind === 'anonymous' && (validation !== undefined || name !== undefined))
        return this.#fail('connection-failure', 'TLS error: the peer showed no certificate')
      channel = new SocketChannel(socket, logger, below === undefined ? 'onread' : 'data', this.#abortWatch)
      this.#succeed(channel, describeTls(socket, sni, verdict.kind === 'verified' ? verdict.peer : undefined, made.material.localUriSan))
    }
    socket.once('secureConnect', () =>
      guard(logger, 'upstream handshake', () => {
        try {
          verify()
        } catch (error) {
          this.#fail('connection-failure', `TLS error: ${messageOf(error)}`)
        }
      }),
    )
  }

  /** Node itself refuses: a port over 65535, a source address that is none. */
  impossible(reason: string): void {
    queueMicrotask(() => this.#fail('connection-failure', `delayed connect error: ${reason}`))
  }

  /** The connection under TLS that begins with other bytes. */
  #below(target: DialTarget, preface: Buffer): Socket {
    const socket = connect({ ...addressOf(target), allowHalfOpen: true, noDelay: true })
    socket.on('error', (error) => this.#fail('connection-failure', describeError(error)))
    socket.write(preface)
    return socket
  }

  cancel(): void {
    this.#settle()
    this.#socket?.destroy()
  }

  #watch(socket: Socket): void {
    this.#socket = socket
    socket.on('error', (error) => this.#fail('connection-failure', describeError(error)))
    socket.once('close', () => this.#fail('connection-failure', 'the connection was closed'))
  }

  #settle(): boolean {
    const pending = this.#pending
    this.#pending = false
    this.#timer?.cancel()
    this.#timer = undefined
    return pending
  }

  #succeed(channel: Channel, tls: TlsInfo | undefined): void {
    if (this.#settle()) guard(this.#logger, 'connected', () => this.#listener.onConnected(channel, tls))
  }

  #fail(reason: 'connection-failure' | 'connection-timeout', details: string): void {
    if (!this.#settle()) return
    this.#socket?.destroy()
    guard(this.#logger, 'connect failed', () => this.#listener.onConnectFailed(reason, details))
  }
}

function describeTls(socket: TLSSocket, sni: string | undefined, peer: TlsInfo['peer'], localUriSan: string | undefined): TlsInfo {
  return {
    version: socket.getProtocol() ?? '',
    cipherSuite: socket.getCipher().standardName,
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    sni,
    peer,
    localUriSan,
  }
}

function addressOf({ host, port, localAddress }: DialTarget): { host: string; port: number; localAddress?: string } {
  return { host, port, ...(localAddress === undefined ? {} : { localAddress }) }
}

const errorTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EADDRNOTAVAIL: 'Cannot assign requested address',
}

function describeError(error: NodeJS.ErrnoException): string {
  return `delayed connect error: ${errorTexts[error.code ?? ''] ?? error.message}`
}
