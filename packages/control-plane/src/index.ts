export {
  createControlPlane,
  type ControlPlane,
  type ControlPlaneDeps,
  type ControlPlaneOptions,
  type ControlPlanePorts,
} from './control-plane.js'
export type { CaView } from './citadel/ca-view.js'
export { runIstiod } from './istiod.js'
