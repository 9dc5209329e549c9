/**
 * What the mesh's own service accounts may do on a cluster that asks (RBAC), under Istio's names. istiod reads what it
 * translates, publishes the root, keeps its authority's key, and asks whether tokens and readers of Secrets are right;
 * a gateway's account may read the Secrets of its namespace, which istiod checks before it sends them over SDS.
 */
import type { KubernetesObject } from '@heddle/client/resources'
import { inIstioSystem, istioNamespace } from './profile.js'

const group = 'rbac.authorization.k8s.io'
const apiVersion = `${group}/v1`
const read = ['get', 'list', 'watch']

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})

const clusterRules: readonly Rule[] = [
  rule('', ['namespaces', 'nodes', 'pods', 'services', 'serviceaccounts', 'secrets'], read),
  rule('discovery.k8s.io', ['endpointslices'], read),
  rule('networking.istio.io', ['*'], read),
  rule('security.istio.io', ['*'], read),
  // The root is published to each namespace as the ConfigMap istio-ca-root-cert.
  rule('', ['configmaps'], [...read, 'create', 'update', 'patch']),
  rule('authentication.k8s.io', ['tokenreviews'], ['create']),
  rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
]

const istiodName = 'istiod-clusterrole-istio-system'

export const accessRules: readonly KubernetesObject[] = [
  { apiVersion, kind: 'ClusterRole', metadata: { name: istiodName }, rules: clusterRules },
  binding('ClusterRoleBinding', { name: istiodName }, { kind: 'ClusterRole', name: istiodName }, 'istiod'),
  ...inNamespace(
    'istiod',
    [
      rule('', ['secrets'], ['create', 'get', 'watch', 'list', 'update', 'delete']),
      // Bundles of trust domains that are not federated any more.
      rule('', ['configmaps'], ['delete']),
    ],
    'istiod',
  ),
  ...inNamespace('istio-ingressgateway-sds', [rule('', ['secrets'], read)], 'istio-ingressgateway-service-account'),
]

/** Whether an object grants rights; an API without RBAC, such as the local platform's, has no such kind. */
export function isAccessRule(object: Pick<KubernetesObject, 'apiVersion'>): boolean {
  return object.apiVersion.startsWith(`${group}/`)
}

function inNamespace(name: string, rules: readonly Rule[], account: string): readonly KubernetesObject[] {
  return [
    { apiVersion, kind: 'Role', metadata: inIstioSystem(name), rules },
    binding('RoleBinding', inIstioSystem(name), { kind: 'Role', name }, account),
  ]
}

function binding(
  kind: string,
  metadata: KubernetesObject['metadata'],
  role: { readonly kind: string; readonly name: string },
  account: string,
): KubernetesObject {
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace: istioNamespace }]
  return { apiVersion, kind, metadata, roleRef: { apiGroup: group, ...role }, subjects }
}
