/** Mesh-wide settings (Istio's MeshConfig), with Istio's defaults for the parts that translation reads. */

export interface MeshConfig {
  readonly trustDomain: string
  /** Former names of the trust domain: its roots speak for ids of those too, and they are the same workloads. Default: none. */
  readonly trustDomainAliases?: readonly string[]
  /** Other trust domains whose workloads may come in, as their own roots vouch for them. Default: none. */
  readonly federatedTrustDomains?: readonly string[]
  readonly rootNamespace: string
  readonly clusterDomain: string
  readonly clusterId: string
  readonly meshId: string
  /** Empty: no access log. */
  readonly accessLogFile: string
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'
  readonly enableAutoMtls: boolean
  /** Milliseconds. */
  readonly connectTimeoutMs: number
  readonly enableTracing: boolean
  /** Percent of requests that start a trace. */
  readonly traceSamplingPercent: number
}

export const defaultMeshConfig: MeshConfig = {
  trustDomain: 'cluster.local',
  rootNamespace: 'istio-system',
  clusterDomain: 'cluster.local',
  clusterId: 'Kubernetes',
  meshId: 'cluster.local',
  accessLogFile: '/dev/stdout',
  outboundTrafficPolicy: 'ALLOW_ANY',
  enableAutoMtls: true,
  connectTimeoutMs: 10_000,
  enableTracing: true,
  traceSamplingPercent: 1,
}
