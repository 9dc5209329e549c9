/** All analyzers, in the order in which they are explained. */
import { analyzeAmbientPolicies } from './ambient-policies.js'
import type { Analyzer } from './analyzer.js'
import { analyzeAnnotations } from './annotations.js'
import { analyzeAuthorization } from './authorization.js'
import { analyzeBoundGateways } from './bound-gateways.js'
import { analyzeConditions } from './conditions.js'
import { analyzeDelegates } from './delegates.js'
import { analyzeDestinationRules } from './destination-rules.js'
import { analyzeDestinations } from './destinations.js'
import { analyzeEnvoyFilters } from './envoy-filters.js'
import { analyzeGatewayApiRoutes } from './gateway-api-routes.js'
import { analyzeGateways } from './gateways.js'
import { analyzeIngressSubsets } from './ingress-subsets.js'
import { analyzeInjection } from './injection.js'
import { analyzeMeshHostConflicts } from './mesh-host-conflicts.js'
import { analyzeMutualTlsConflicts } from './mutual-tls-conflicts.js'
import { analyzeRequestAuthentication } from './request-authentication.js'
import { analyzeRepeatedResources } from './repeated-resources.js'
import { analyzeRouteOrder } from './route-order.js'
import { analyzeRouteWeights } from './route-weights.js'
import { analyzeSelectors } from './selectors.js'
import { analyzeServiceEntries } from './service-entries.js'
import { analyzeServicePorts } from './service-ports.js'

export const analyzers: readonly Analyzer[] = [
  analyzeDestinations,
  analyzeBoundGateways,
  analyzeDelegates,
  analyzeMeshHostConflicts,
  analyzeRouteOrder,
  analyzeRouteWeights,
  analyzeIngressSubsets,
  analyzeDestinationRules,
  analyzeGateways,
  analyzeGatewayApiRoutes,
  analyzeServicePorts,
  analyzeServiceEntries,
  analyzeAuthorization,
  analyzeRequestAuthentication,
  analyzeMutualTlsConflicts,
  analyzeAmbientPolicies,
  analyzeSelectors,
  analyzeEnvoyFilters,
  analyzeInjection,
  analyzeAnnotations,
  analyzeConditions,
  analyzeRepeatedResources,
]
