export { readProxySettings, type ProxyRole, type ProxySettings } from './proxy-settings.js'
export { createSidecar, type Sidecar, type SidecarDeps } from './sidecar.js'
