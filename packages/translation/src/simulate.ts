/** `@heddle/translation/simulate`: which backend gets this request, and why. */
export { manifestSnapshot, type ManifestObject } from './simulate/manifest-snapshot.js'
export { simulate, type SimulateOptions } from './simulate/simulate.js'
export { simulationText, type Locate } from './simulate/simulation-text.js'
export type { SimulatedRequest } from './simulate/simulated-request.js'
export type {
  Backend,
  BackendEndpoint,
  ChainStep,
  ClientTls,
  ForwardedRequest,
  InboundVerdict,
  RuleStep,
  SimulatedClient,
  SimulatedOutcome,
  Simulation,
} from './simulate/simulation.js'
export type { RuleOrigin } from './route/rule-trace.js'
