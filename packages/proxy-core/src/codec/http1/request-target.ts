/**
 * Where a request wants to go: its target and its host together (RFC 9112 sections 3.2 and 3.3). One reader a connection:
 * clients send the same host again and again, so it stays one string that is checked, hashed and looked up once.
 */
import type { HeaderBlock } from '../../message/header-block.js'
import { isAuthority, parseTarget } from './target-form.js'

const slash = 0x2f

/** The status for a refusal of a request line. */
export function refusalStatus(reason: string): number {
  return reason === 'method' ? 405 : reason === 'low version' ? 426 : 400
}

export class RequestTarget {
  readonly #forwardProxy: boolean
  readonly #acceptsConnect: boolean
  readonly #defaultHost: string | undefined
  /** The last sound host; empty: none yet. */
  #host = ''
  path = ''
  authority = ''
  /** Empty unless the target was in absolute form. */
  scheme = ''

  /** @param forwardProxy whether absolute form is for this proxy. @param acceptsConnect whether CONNECT is. @param defaultHost of requests that may lack one. */
  constructor(forwardProxy: boolean, acceptsConnect: boolean, defaultHost: string | undefined) {
    this.#forwardProxy = forwardProxy
    this.#acceptsConnect = acceptsConnect
    this.#defaultHost = defaultHost
  }

  /** @param hostIndex of the host field; -1: none. @returns why the target or the host is refused; empty when they are sound. */
  read(method: string, target: string, headers: HeaderBlock, hostIndex: number, mayLackHost: boolean): string {
    if (hostIndex < 0) {
      if (!mayLackHost || this.#defaultHost === undefined) return 'host'
      this.#host = this.#defaultHost
      headers.append('host', this.#host)
    } else if (!this.#readHost(headers, hostIndex)) return 'host'
    this.scheme = ''
    this.authority = this.#host
    if (method === 'TRACE') return 'method'
    if (target.charCodeAt(0) !== slash || method === 'CONNECT') return this.#readUnusual(method, target, headers)
    this.path = target
    return ''
  }

  #readHost(headers: HeaderBlock, index: number): boolean {
    if (this.#host !== '' && headers.isValueAt(index, this.#host)) return true
    const host = headers.valueAt(index)
    if (!isAuthority(host)) return false
    this.#host = host
    return true
  }

  #readUnusual(method: string, text: string, headers: HeaderBlock): string {
    const host = this.authority
    const target = parseTarget(method, text)
    switch (target.kind) {
      case 'refused':
        return 'target'
      case 'path':
        this.path = target.path
        return ''
      case 'authority':
        if (!this.#acceptsConnect) return 'method'
        this.path = ''
        this.authority = target.authority
        return ''
      case 'absolute':
        if (!this.#forwardProxy && target.authority.toLowerCase() !== host.toLowerCase()) return 'target and host differ'
        this.path = target.path
        this.scheme = target.scheme
        if (target.authority !== host) headers.set('host', target.authority)
        this.authority = target.authority
        return ''
    }
  }
}
