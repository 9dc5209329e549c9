/** Every kind this package can name: Kubernetes' own, Istio's and the Gateway API's, as an API server's discovery describes them. */

export interface KindInfo {
  /** Empty for Kubernetes' core group. */
  readonly group: string
  readonly kind: string
  /** Served versions, the preferred one first. */
  readonly versions: readonly string[]
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly isNamespaced: boolean
  /** `all`, or `istio-io` and the like. */
  readonly categories: readonly string[]
  /** Whether `status` is written apart from the rest. */
  readonly hasStatus: boolean
}

type Row = readonly [kind: string, plural: string, shortNames?: string, flags?: string]

/** Flags: `c` cluster-scoped, `a` category all, `s` status subresource. */
const kubernetesRows: Readonly<Record<string, readonly Row[]>> = {
  '|v1': [
    ['Binding', 'bindings'],
    ['ConfigMap', 'configmaps', 'cm'],
    ['Endpoints', 'endpoints', 'ep'],
    ['Event', 'events', 'ev'],
    ['Namespace', 'namespaces', 'ns', 'cs'],
    ['Node', 'nodes', 'no', 'cs'],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc', 's'],
    ['Pod', 'pods', 'po', 'as'],
    ['PodTemplate', 'podtemplates'],
    ['ReplicationController', 'replicationcontrollers', 'rc', 'as'],
    ['Secret', 'secrets'],
    ['Service', 'services', 'svc', 'as'],
    ['ServiceAccount', 'serviceaccounts', 'sa'],
  ],
  'apps|v1': [
    ['DaemonSet', 'daemonsets', 'ds', 'as'],
    ['Deployment', 'deployments', 'deploy', 'as'],
    ['ReplicaSet', 'replicasets', 'rs', 'as'],
    ['StatefulSet', 'statefulsets', 'sts', 'as'],
  ],
  'batch|v1': [
    ['CronJob', 'cronjobs', 'cj', 'as'],
    ['Job', 'jobs', '', 'as'],
  ],
  'discovery.k8s.io|v1': [['EndpointSlice', 'endpointslices']],
  'coordination.k8s.io|v1': [['Lease', 'leases']],
  'authentication.k8s.io|v1': [['TokenReview', 'tokenreviews', '', 'c']],
  'admissionregistration.k8s.io|v1': [
    ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', '', 'c'],
    ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', '', 'c'],
  ],
  'rbac.authorization.k8s.io|v1': [
    ['ClusterRole', 'clusterroles', '', 'c'],
    ['ClusterRoleBinding', 'clusterrolebindings', '', 'c'],
    ['Role', 'roles'],
    ['RoleBinding', 'rolebindings'],
  ],
  'networking.k8s.io|v1': [
    ['Ingress', 'ingresses', 'ing', 's'],
    ['IngressClass', 'ingressclasses', '', 'c'],
    ['NetworkPolicy', 'networkpolicies', 'netpol'],
  ],
  'autoscaling|v2': [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'hpa', 'as']],
  'policy|v1': [['PodDisruptionBudget', 'poddisruptionbudgets', 'pdb', 's']],
  'apiextensions.k8s.io|v1': [['CustomResourceDefinition', 'customresourcedefinitions', 'crd,crds', 'cs']],
}

const istioRows: Readonly<Record<string, readonly Row[]>> = {
  'networking.istio.io|v1,v1beta1,v1alpha3': [
    ['VirtualService', 'virtualservices', 'vs', 's'],
    ['DestinationRule', 'destinationrules', 'dr', 's'],
    ['Gateway', 'gateways', 'gw', 's'],
    ['ServiceEntry', 'serviceentries', 'se', 's'],
    ['Sidecar', 'sidecars', '', 's'],
    ['WorkloadEntry', 'workloadentries', 'we', 's'],
    ['WorkloadGroup', 'workloadgroups', 'wg', 's'],
  ],
  'networking.istio.io|v1alpha3': [['EnvoyFilter', 'envoyfilters', '', 's']],
  'networking.istio.io|v1beta1': [['ProxyConfig', 'proxyconfigs', '', 's']],
  'security.istio.io|v1,v1beta1': [
    ['PeerAuthentication', 'peerauthentications', 'pa', 's'],
    ['RequestAuthentication', 'requestauthentications', 'ra', 's'],
    ['AuthorizationPolicy', 'authorizationpolicies', 'ap', 's'],
  ],
  'telemetry.istio.io|v1,v1alpha1': [['Telemetry', 'telemetries', 'telemetry', 's']],
  'extensions.istio.io|v1alpha1': [
    ['WasmPlugin', 'wasmplugins', '', 's'],
    ['TrafficExtension', 'trafficextensions', '', 's'],
  ],
  'install.istio.io|v1alpha1': [['IstioOperator', 'istiooperators', 'iop,io', 's']],
}

const gatewayApiRows: Readonly<Record<string, readonly Row[]>> = {
  'gateway.networking.k8s.io|v1,v1beta1': [
    ['GatewayClass', 'gatewayclasses', 'gc', 'cs'],
    ['Gateway', 'gateways', 'gtw', 's'],
    ['HTTPRoute', 'httproutes', '', 's'],
    ['ReferenceGrant', 'referencegrants', 'refgrant'],
  ],
  'gateway.networking.k8s.io|v1,v1alpha3,v1alpha2': [['TLSRoute', 'tlsroutes', '', 's']],
  'gateway.networking.k8s.io|v1,v1alpha2': [
    ['TCPRoute', 'tcproutes', '', 's'],
    ['UDPRoute', 'udproutes', '', 's'],
  ],
  'gateway.networking.k8s.io|v1': [
    ['GRPCRoute', 'grpcroutes', '', 's'],
    ['BackendTLSPolicy', 'backendtlspolicies', 'btlspolicy', 's'],
    ['ListenerSet', 'listenersets', 'lset', 's'],
  ],
}

/** Where a kind or a name stands twice (Gateway), the first row is meant. */
export const kindTable: readonly KindInfo[] = [...infos(kubernetesRows), ...infos(istioRows), ...infos(gatewayApiRows)]

function infos(rows: Readonly<Record<string, readonly Row[]>>): KindInfo[] {
  return Object.entries(rows).flatMap(([key, kinds]) => {
    const [group = '', versions = ''] = key.split('|')
    return kinds.map((row) => info(group, versions.split(','), row))
  })
}

function info(group: string, versions: readonly string[], [kind, plural, shortNames = '', flags = '']: Row): KindInfo {
  return {
    group,
    kind,
    versions,
    plural,
    singular: kind.toLowerCase(),
    shortNames: shortNames === '' ? [] : shortNames.split(','),
    isNamespaced: !flags.includes('c'),
    categories: categories(group, flags),
    hasStatus: flags.includes('s'),
  }
}

function categories(group: string, flags: string): readonly string[] {
  if (group === 'gateway.networking.k8s.io') return ['gateway-api']
  if (!group.endsWith('.istio.io')) return flags.includes('a') ? ['all'] : []
  return ['istio-io', group.replaceAll('.', '-')]
}
