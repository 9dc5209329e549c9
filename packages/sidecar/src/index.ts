export { readProxySettings, type ProxyRole, type ProxySettings } from './settings/proxy-settings.js'
export { createSidecar, type Sidecar, type SidecarDeps } from './sidecar.js'
