/** Which protocols a connection manager lets a request switch to (Envoy's `upgrade_configs`). What is not allowed stays a plain request, `h2c` too. */
import type { HttpConnectionManager } from '@heddle/routing'

/** @param type as the client wrote it; compared without case. */
export function acceptsUpgrade({ upgradeTypes }: HttpConnectionManager, type: string): boolean {
  return upgradeTypes !== undefined && upgradeTypes.some((allowed) => allowed.toLowerCase() === type.toLowerCase())
}
