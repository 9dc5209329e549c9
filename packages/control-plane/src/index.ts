export {
  createControlPlane,
  type ControlPlane,
  type ControlPlaneDeps,
  type ControlPlaneOptions,
  type ControlPlanePorts,
} from './control-plane.js'
export type { FederationFollower } from './citadel/federation-follower.js'
export type { FederationEntry } from './citadel/federation-settings.js'
export type { EndpointIdentity } from './server/bundle-endpoint.js'
export type { CaView } from './citadel/ca-view.js'
export { runIstiod } from './istiod.js'
