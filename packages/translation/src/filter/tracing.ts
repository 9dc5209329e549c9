/** Tracing settings of a connection manager: sampling, and the tags that name the workload in every span. */
import type { CustomTag, Tracing } from '@heddle/routing'
import type { ProxyView } from '../proxy/proxy-view.js'
import { canonicalService } from '../snapshot/workload.js'

const rbacFilter = 'envoy.filters.http.rbac'

/** What a policy in dry-run mode would have decided. */
const dryRunTags: readonly CustomTag[] = (['allow', 'deny'] as const).flatMap((action) => [
  dryRunTag(action, 'name', 'shadow_effective_policy_id'),
  dryRunTag(action, 'result', 'shadow_engine_result'),
])

export function tracing(view: ProxyView): { readonly tracing?: Tracing } {
  const { meshConfig } = view.snapshot
  if (!meshConfig.enableTracing) return {}
  const canonical = canonicalService(view.labels, view.node.workloadName)
  return {
    tracing: {
      clientSampling: 100,
      randomSampling: meshConfig.traceSamplingPercent,
      overallSampling: 100,
      customTags: [
        ...dryRunTags,
        literal('istio.canonical_revision', canonical.revision),
        literal('istio.canonical_service', canonical.name),
        literal('istio.cluster_id', view.node.clusterId),
        literal('istio.mesh_id', view.node.meshId),
        literal('istio.namespace', view.namespace),
      ],
    },
  }
}

function dryRunTag(action: 'allow' | 'deny', what: 'name' | 'result', key: string): CustomTag {
  return {
    kind: 'request-metadata',
    tag: `istio.authorization.dry_run.${action}_policy.${what}`,
    filter: rbacFilter,
    path: [`istio_dry_run_${action}_${key}`],
  }
}

function literal(tag: string, value: string): CustomTag {
  return { kind: 'literal', tag, value }
}
