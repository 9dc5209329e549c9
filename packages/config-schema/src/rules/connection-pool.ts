/** Rules of connection limits. */
import type { ConnectionPoolSettings } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { error, within } from './reporter.js'

export function checkConnectionPool(pool: ConnectionPoolSettings, faults: FaultList): void {
  const { tcp, http } = pool
  if (tcp === undefined && http === undefined)
    error(faults, 'connection-pool/empty', [], 'The connection pool needs tcp, http, or both.', { expected: 'tcp or http' })
  within(faults, ['tcp'], () => notNegative(tcp?.maxConnections, 'maxConnections', faults))
  within(faults, ['http'], () => {
    for (const name of [
      'http1MaxPendingRequests',
      'http2MaxRequests',
      'maxRequestsPerConnection',
      'maxRetries',
      'maxConcurrentStreams',
    ] as const) {
      notNegative(http?.[name], name, faults)
    }
    if (http?.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) {
      error(
        faults,
        'connection-pool/upgrade',
        ['h2UpgradePolicy'],
        "The protocol is either upgraded or the client's: UPGRADE and useClientProtocol exclude each other.",
      )
    }
    const ping = http?.http2KeepAlive
    for (const name of ['interval', 'timeout'] as const) {
      if (ping && ping[name] === undefined)
        error(faults, 'missing-field', ['http2KeepAlive', name], 'http2KeepAlive needs both interval and timeout.', { part: 'key' })
    }
  })
}

function notNegative(value: number | undefined, name: string, faults: FaultList): void {
  if (value !== undefined && value < 0)
    error(faults, 'out-of-range', [name], `${value} is out of range; "${name}" cannot be negative.`, {
      expected: 'a whole number of at least 0',
    })
}
