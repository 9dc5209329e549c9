/**
 * What becomes of Istio's fields here. Fields without a rule are supported. `ignored`: the field is accepted, kept and
 * warned about; `rejected`: the resource is refused, since going on without the field would be unsafe or misleading.
 */

export type FieldOutcome = 'ignored' | 'rejected'

export interface FieldRule {
  /** Path as in diagnostics, with `[]` for list items; it covers everything below it. */
  readonly path: string
  readonly outcome: FieldOutcome
  readonly reason: string
}

const ignored = (path: string, reason: string): FieldRule => ({ path, outcome: 'ignored', reason })
const rejected = (path: string, reason: string): FieldRule => ({ path, outcome: 'rejected', reason })

const policyRules = (prefix: string): readonly FieldRule[] => [
  ignored(`${prefix}.tunnel`, 'tunnelling through CONNECT is not implemented'),
  ignored(`${prefix}.retryBudget.budgetInterval`, 'a budget counts the requests that are active'),
  ...portPolicyRules(prefix),
  ...portPolicyRules(`${prefix}.portLevelSettings[]`),
]

/** What a port's own policy may hold, too. */
const portPolicyRules = (prefix: string): readonly FieldRule[] => [
  ignored(`${prefix}.outlierDetection.outlierDetectionHttpErrorCodes`, 'errors are those with a status of 500 and above'),
  ignored(`${prefix}.loadBalancer.consistentHash.httpCookie.attributes`, 'the cookie has the attributes that Envoy gives it by default'),
  ignored(`${prefix}.loadBalancer.backendUtilization`, 'load reports of backends are not implemented'),
  ignored(`${prefix}.loadBalancer.zoneAwareLbSetting`, 'zone-aware load balancing is not implemented; localityLbSetting is'),
  ignored(`${prefix}.loadBalancer.warmup.minimumPercent`, 'a new endpoint starts with a tenth of its weight'),
  ignored(`${prefix}.loadBalancer.warmup.aggression`, 'the weight of a new endpoint grows evenly'),
  ignored(`${prefix}.loadBalancer.localityLbSetting.failoverPriority`, 'failover by labels is not implemented'),
]

export const fieldRules: Readonly<Record<string, readonly FieldRule[]>> = {
  VirtualService: [
    ignored('spec.http[].fault.delay.exponentialDelay', 'istiod passes over it, too'),
    ignored('spec.http[].fault.abort.http2Error', 'istiod passes over it, too'),
    ignored('spec.http[].match[].statPrefix', 'statistics by prefix are not implemented'),
    ignored('spec.tcp[].match[].sourceSubnet', 'istiod passes over it, too'),
  ],
  DestinationRule: ['spec.trafficPolicy', 'spec.subsets[].trafficPolicy'].flatMap(policyRules),
  Gateway: [
    ignored('spec.servers[].tls.ecdhCurves', 'the curves are those of the TLS library'),
    ignored('spec.servers[].tls.insecureSkipVerify', 'certificates of clients are verified wherever the mode asks for them'),
    rejected(
      'spec.servers[].tls.verifyCertificateSpki',
      'pinning of client certificates is not implemented: without it others would be let in',
    ),
    rejected(
      'spec.servers[].tls.verifyCertificateHash',
      'pinning of client certificates is not implemented: without it others would be let in',
    ),
    ignored('spec.servers[].defaultEndpoint', 'istiod passes over it, too; VirtualServices say where traffic goes'),
    ignored('spec.servers[].bind', 'a gateway listens on its Pod address'),
  ],
  PeerAuthentication: [],
  ServiceEntry: [ignored('spec.endpoints[].network', 'meshes of several networks are not implemented')],
  WorkloadEntry: [ignored('spec.network', 'meshes of several networks are not implemented')],
  Sidecar: [
    ignored('spec.ingress', 'a workload accepts the ports of its Services'),
    ignored('spec.inboundConnectionPool', 'the DestinationRule of the service limits connections to the app'),
    ignored('spec.outboundTrafficPolicy.egressProxy', 'traffic to unknown hosts goes where it was going, or nowhere'),
    ignored('spec.egress[].bind', 'a listener is at the addresses of its services'),
    ignored('spec.egress[].captureMode', 'all outgoing traffic is captured'),
    ignored('spec.egress[].port.protocol', 'the protocol is that of the ports of the services'),
    ignored('spec.egress[].port.name', 'the number says which port'),
    ignored('spec.egress[].port.targetPort', 'istiod passes over it, too'),
  ],
}
