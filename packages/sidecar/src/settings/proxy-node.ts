/** Who this proxy is, to the control plane (Istio's node contract) and in its own metrics. */
import type { IstioTelemetryOptions } from '@heddle/proxy-core'
import type { XdsNode } from '@heddle/xds'
import type { ProxySettings } from './proxy-settings.js'

/** `TYPE~IP~POD.NAMESPACE~DOMAIN`, as istiod parses it. */
export function xdsNodeOf(settings: ProxySettings, version: string): XdsNode {
  const { role, podIp, podName, podNamespace, domain, metadata, labels } = settings
  const service = labels['service.istio.io/canonical-name'] ?? labels['app'] ?? 'istio-proxy'
  return {
    id: `${role}~${podIp}~${podName}.${podNamespace}~${domain}`,
    cluster: `${service}.${podNamespace}`,
    metadata,
    userAgentName: 'heddle',
    userAgentVersion: version,
  }
}

export function workloadOf({ podName, podNamespace, metadata, labels }: ProxySettings): IstioTelemetryOptions['workload'] {
  const text = (key: string, otherwise: string): string => (typeof metadata[key] === 'string' ? metadata[key] : otherwise)
  return {
    name: podName,
    namespace: podNamespace,
    workloadName: text('WORKLOAD_NAME', podName),
    clusterId: text('CLUSTER_ID', 'Kubernetes'),
    labels,
  }
}
