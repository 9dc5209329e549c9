/** The listener that all connections to a workload come in on (15006), whatever port they were made to. */
import type { Listener } from '@heddle/routing'
import { unroutedAccessLog } from '../filter/access-log.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { inboundChains, inboundPort } from './inbound-chains.js'
import { inboundListenerFilters } from './listener-filters.js'

export function virtualInbound(view: ProxyView): Listener {
  const filterChains = inboundChains(view)
  return {
    name: 'virtualInbound',
    address: { address: '0.0.0.0', port: inboundPort },
    trafficDirection: 'inbound',
    listenerFilters: inboundListenerFilters(filterChains),
    listenerFiltersTimeoutMs: 0,
    continueOnListenerFiltersTimeout: true,
    filterChains,
    ...unroutedAccessLog(view.snapshot.meshConfig),
    maxConnectionsToAcceptPerSocketEvent: 1,
  }
}
