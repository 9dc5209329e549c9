/** Rules of ProxyConfig. */
import type { ProxyConfig } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { checkSelector } from './peer-authentication.js'
import { error, within } from './reporter.js'

export function checkProxyConfig({ spec = {} }: ProxyConfig, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkSelector(spec.selector, 'selector', faults)
    if ((spec.concurrency ?? 0) < 0)
      error(faults, 'out-of-range', ['concurrency'], 'The number of worker threads cannot be negative.', {
        expected: 'a number of at least 0',
      })
  })
}
