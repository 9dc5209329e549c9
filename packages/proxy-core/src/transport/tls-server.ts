/**
 * Puts TLS on an accepted channel. ALPN: Node aborts a handshake whose protocols do not overlap, Envoy goes on without
 * one, so without overlap the context is used without ALPN. `istio-peer-exchange` is never selected (its frames are not
 * spoken here).
 */
import type { TLSSocket, TLSSocketOptions } from 'node:tls'
import { type Logger, messageOf } from '@heddle/base'
import type { DownstreamTlsContext } from '@heddle/routing'
import type { TlsInfo } from '../decision-record.js'
import type { ClientHello } from '../listener/client-hello.js'
import { guard } from '../guard/guard.js'
import type { AbortWatch } from './abort-watch.js'
import { putTlsOn } from './accepted-tls-socket.js'
import { unspokenProtocols } from './alpn.js'
import type { InboundChannel } from './channel.js'
import type { PeerVerdict, PeerVerifier } from './peer-verifier.js'
import { readBuffer } from './read-buffer.js'
import { SocketChannel } from './socket-channel.js'
import type { TlsContexts } from './tls-contexts.js'

export type HandshakeResult =
  | { readonly ok: true; readonly channel: SocketChannel; readonly tls: TlsInfo }
  | { readonly ok: false; readonly reason: string }

export interface TlsServer {
  /** @returns the way to give the handshake up. `done` is called once, unless given up. */
  terminate(
    channel: InboundChannel,
    read: Buffer,
    hello: ClientHello,
    tls: DownstreamTlsContext,
    done: (result: HandshakeResult) => void,
  ): () => void
}

export interface TlsServerDeps {
  readonly contexts: TlsContexts
  readonly verifier: PeerVerifier
  readonly logger: Logger
  readonly aborts: AbortWatch
}

export function createTlsServer({ contexts, verifier, logger, aborts }: TlsServerDeps): TlsServer {
  return {
    terminate(channel, read, hello, tls, done) {
      const made: ReturnType<TlsContexts['get']> =
        channel instanceof SocketChannel
          ? contexts.get(tls.common, 'server')
          : { ok: false, reason: 'TLS within a stream of HTTP/2 is not ended here' }
      if (!made.ok || !(channel instanceof SocketChannel)) {
        channel.destroy()
        if (!made.ok) done(made)
        return () => {}
      }
      const socket = channel.release()
      socket.on('error', () => {})
      const protocols = (tls.common.alpnProtocols ?? []).filter(
        (protocol) => !unspokenProtocols.has(protocol) && hello.protocols.includes(protocol),
      )
      let secured: SocketChannel | undefined
      const options: TLSSocketOptions = {
        isServer: true,
        secureContext: made.material.context,
        requestCert: tls.requireClientCertificate || tls.common.validation !== undefined,
        // OpenSSL then ends a handshake without a certificate by itself, with the alert that says so. About those that are shown it only
        // forms an opinion (Node's verify callback takes any), which is not ours: the verifier judges them.
        rejectUnauthorized: tls.requireClientCertificate,
        ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}),
      }
      const secure = putTlsOn(socket, read, options, (bytes) => secured?.received(readBuffer, 0, bytes))
      let pending = true
      const settle = (result: HandshakeResult): void => {
        if (!pending) return
        pending = false
        if (!result.ok) secure.destroy()
        guard(logger, 'handshake', () => done(result))
      }
      secure.on('error', (error) => settle({ ok: false, reason: `the handshake failed: ${error.message}` }))
      // Without reading, a client that leaves within the handshake would only show at the deadline. Nothing is lost: 'secure' comes before any data.
      secure.on('end', () => settle({ ok: false, reason: 'the client left during the handshake' }))
      secure.resume()
      secure.on('close', () => settle({ ok: false, reason: 'the connection ended during the handshake' }))
      const verified = (): void => {
        const verdict = verdictOf(verifier, secure, tls)
        if (verdict.kind === 'refused') return settle({ ok: false, reason: verdict.reason })
        if (verdict.kind === 'anonymous' && tls.requireClientCertificate)
          return settle({ ok: false, reason: 'the peer showed no certificate' })
        secured = new SocketChannel(secure, logger, 'data', aborts)
        settle({
          ok: true,
          channel: secured,
          tls: {
            version: secure.getProtocol() ?? '',
            cipherSuite: secure.getCipher().standardName,
            alpn: typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : undefined,
            sni: hello.serverName,
            peer: verdict.kind === 'verified' ? verdict.peer : undefined,
            localUriSan: made.material.localUriSan,
          },
        })
      }
      secure.once('secure', () => {
        try {
          verified()
        } catch (error) {
          settle({ ok: false, reason: `the handshake failed: ${messageOf(error)}` })
        }
      })
      return () => {
        pending = false
        secure.destroy()
      }
    },
  }
}

/** A fault while reading a certificate is a refusal. */
function verdictOf(verifier: PeerVerifier, socket: TLSSocket, tls: DownstreamTlsContext): PeerVerdict {
  try {
    return verifier.verify(socket, 'client', tls.common.validation)
  } catch (error) {
    return { kind: 'refused', reason: messageOf(error) }
  }
}
