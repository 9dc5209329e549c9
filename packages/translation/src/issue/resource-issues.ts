/** What has no effect whoever looks at it: parts of Istio's and Kubernetes' resources that are passed over as a whole. */
import type { DestinationRule, TrafficPolicy } from '../resources/destination-rule.js'
import type { Service } from '../resources/kubernetes.js'
import type { PeerAuthentication } from '../resources/peer-authentication.js'
import type { MeshSnapshotInput } from '../snapshot/snapshot-input.js'
import { idleGateways } from './idle-gateways.js'
import type { TranslationIssue } from './translation-issue.js'

export function resourceIssues(input: MeshSnapshotInput, rootNamespace: string): readonly TranslationIssue[] {
  return [
    ...(input.services ?? []).filter((service) => service.spec?.type === 'ExternalName').map(externalName),
    ...(input.peerAuthentications ?? [])
      .filter(({ metadata, spec }) => metadata.namespace === rootNamespace && Object.keys(spec?.selector?.matchLabels ?? {}).length > 0)
      .map(rootSelector),
    ...(input.destinationRules ?? []).filter(leavesSidecarsPlain).map(plainSidecars),
    ...idleGateways(input.gateways ?? [], input.pods ?? []),
  ]
}

function externalName({ metadata }: Service): TranslationIssue {
  return {
    code: 'unsupported',
    severity: 'warning',
    resource: { kind: 'Service', namespace: metadata.namespace ?? 'default', name: metadata.name ?? '' },
    path: 'spec.type',
    message: 'a Service of type ExternalName is not known to proxies: calls to it go out like those to any host outside of the mesh',
  }
}

function rootSelector({ metadata }: PeerAuthentication): TranslationIssue {
  return {
    code: 'no-effect',
    severity: 'warning',
    resource: { kind: 'PeerAuthentication', namespace: metadata.namespace ?? 'default', name: metadata.name ?? '' },
    path: 'spec.selector',
    message: 'in the root namespace only the policy without a selector counts, for the whole mesh: this one has no effect',
  }
}

function leavesSidecarsPlain({ spec }: DestinationRule): boolean {
  if (spec === undefined || spec.workloadSelector !== undefined) return false
  return [spec.trafficPolicy, ...(spec.subsets ?? []).map((subset) => subset.trafficPolicy)].some(needsSecret)
}

function needsSecret(policy: TrafficPolicy | undefined): boolean {
  return [policy, ...(policy?.portLevelSettings ?? [])].some((settings) => {
    const { mode, credentialName } = settings?.tls ?? {}
    return (mode === 'SIMPLE' || mode === 'MUTUAL') && Boolean(credentialName) && !credentialName?.startsWith('configmap://')
  })
}

function plainSidecars({ metadata }: DestinationRule): TranslationIssue {
  return {
    code: 'no-effect',
    severity: 'warning',
    resource: { kind: 'DestinationRule', namespace: metadata.namespace ?? 'default', name: metadata.name ?? '' },
    path: 'spec.workloadSelector',
    message: 'without a workloadSelector only gateways use a credentialName: sidecars connect to this host without TLS',
  }
}
