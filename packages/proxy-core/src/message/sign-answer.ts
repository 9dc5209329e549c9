/** What every answer that the engine makes itself says of its origin (RFC 9110 sections 6.6.1 and 10.2.4). */
import type { HeaderBlock } from './header-block.js'

/** @param serverName as the connection manager has it. Default: Envoy's. */
export function signAnswer(headers: HeaderBlock, nowMs: number, serverName = 'envoy'): void {
  headers.append('date', new Date(nowMs).toUTCString())
  headers.append('server', serverName)
}
