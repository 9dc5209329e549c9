/** Istio's template `gateway`: the Pod's container istio-proxy (image `auto`) becomes a gateway proxy. No redirection, no mutual TLS of its own. */
import { annotation } from './annotations.js'
import { gatewayContainer } from './proxy-container.js'
import { proxyVolumes } from './proxy-volumes.js'
import { canonicalLabels } from './sidecar-template.js'
import type { TemplateInput, TemplateOutput } from './template.js'

export function gatewayTemplate(input: TemplateInput): TemplateOutput {
  const sockets = [{ name: 'workload-socket' }, { name: 'credential-socket', emptyDir: {} }, { name: 'workload-certs', emptyDir: {} }]
  return {
    initContainers: [],
    containers: [gatewayContainer(input)],
    volumes: proxyVolumes(sockets),
    // 80 and 443 without root
    securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
    annotations: { [annotation.revision]: input.settings.revision },
    defaultAnnotations: {},
    defaultLabels: canonicalLabels(input),
  }
}
