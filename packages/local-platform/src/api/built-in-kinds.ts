/** The kinds the embedded API serves without a CustomResourceDefinition: names, short names and categories are Kubernetes'. */
import type { ResourceKind, Subresource } from './resource-kind.js'
import { builtInColumns } from './table-columns.js'

const statusVerbs = ['get', 'patch', 'update'] as const

interface KindOptions {
  readonly versions?: readonly string[]
  readonly shortNames?: readonly string[]
  readonly isInAll?: boolean
  readonly isClusterWide?: boolean
  readonly hasStatus?: boolean
  readonly hasGeneration?: boolean
  readonly isReview?: boolean
  readonly singular?: string
  readonly plural?: string
  readonly subresources?: readonly Subresource[]
  readonly categories?: readonly string[]
}

function kind(group: string, name: string, options: KindOptions = {}): ResourceKind {
  const singular = options.singular ?? name.toLowerCase()
  const plural = options.plural ?? (singular.endsWith('s') ? `${singular}es` : `${singular}s`)
  const hasStatus = options.hasStatus ?? false
  const status: readonly Subresource[] = hasStatus ? [{ name: 'status', kind: name, verbs: statusVerbs }] : []
  return {
    group,
    versions: options.versions ?? ['v1'],
    kind: name,
    plural,
    singular,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? (options.isInAll ? ['all'] : []),
    isNamespaced: !options.isClusterWide,
    hasStatus,
    hasGeneration: options.hasGeneration ?? false,
    subresources: [...(options.subresources ?? []), ...status],
    isReview: options.isReview ?? false,
    columns: builtInColumns(plural),
    selectableFields: [],
    schemas: {},
    isCustom: false,
  }
}

const scale: Subresource = { name: 'scale', kind: 'Scale', verbs: statusVerbs, group: 'autoscaling', version: 'v1' }
const workload = { isInAll: true, hasStatus: true, hasGeneration: true } as const

export const builtInKinds: readonly ResourceKind[] = [
  kind('', 'ConfigMap', { shortNames: ['cm'] }),
  kind('', 'Endpoints', { shortNames: ['ep'], singular: 'endpoints', plural: 'endpoints' }),
  kind('', 'Event', { shortNames: ['ev'] }),
  kind('', 'Namespace', {
    shortNames: ['ns'],
    isClusterWide: true,
    hasStatus: true,
    subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update', 'patch'] }],
  }),
  kind('', 'Node', { shortNames: ['no'], isClusterWide: true, hasStatus: true }),
  kind('', 'Pod', {
    shortNames: ['po'],
    ...workload,
    subresources: [
      { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
      { name: 'log', kind: 'Pod', verbs: ['get'] },
    ],
  }),
  kind('', 'Secret'),
  kind('', 'ServiceAccount', {
    shortNames: ['sa'],
    subresources: [{ name: 'token', kind: 'TokenRequest', verbs: ['create'], group: 'authentication.k8s.io', version: 'v1' }],
  }),
  kind('', 'Service', { shortNames: ['svc'], isInAll: true, hasStatus: true }),
  kind('apps', 'DaemonSet', { shortNames: ['ds'], ...workload }),
  kind('apps', 'Deployment', { shortNames: ['deploy'], ...workload, subresources: [scale] }),
  kind('apps', 'ReplicaSet', { shortNames: ['rs'], ...workload, subresources: [scale] }),
  kind('apps', 'StatefulSet', { shortNames: ['sts'], ...workload, subresources: [scale] }),
  kind('batch', 'CronJob', { shortNames: ['cj'], ...workload }),
  kind('batch', 'Job', workload),
  kind('discovery.k8s.io', 'EndpointSlice', { hasGeneration: true }),
  kind('coordination.k8s.io', 'Lease'),
  kind('apiextensions.k8s.io', 'CustomResourceDefinition', {
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    isClusterWide: true,
    hasStatus: true,
    hasGeneration: true,
  }),
  kind('authentication.k8s.io', 'TokenReview', { isClusterWide: true, isReview: true }),
  kind('authorization.k8s.io', 'SelfSubjectAccessReview', { isClusterWide: true, isReview: true }),
]
