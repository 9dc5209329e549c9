/** What a mesh decides for all its Pods: Istio's `global` and `sidecarInjectorWebhook` values and the mesh config, reduced to what shapes an injected Pod. */
import { HeddleError } from '@heddle/base'
import ownPackage from '../package.json' with { type: 'json' }
import type { JsonObject } from './json.js'

/** Labels a Pod must all carry; the `matchLabels` form of a selector. */
export type LabelMatch = Readonly<Record<string, string>>

export interface ProxyResources {
  readonly requests?: Readonly<Record<string, string>>
  readonly limits?: Readonly<Record<string, string>>
}

export interface InjectSettings {
  /** Registry and folder of the proxy's image (`global.hub`). Default: `docker.io/heddle`. */
  readonly hub?: string
  /** Tag of the proxy's image (`global.tag`). Default: this package's version. */
  readonly tag?: string
  /** Name of the proxy's image (`global.proxy.image`); one with a slash is used as it is. Default: `proxyv2`. */
  readonly proxyImage?: string
  /** Pull policy of the injected containers (`global.imagePullPolicy`). Default: none is written. */
  readonly imagePullPolicy?: string
  /** Pull secrets added to the Pod (`global.imagePullSecrets`). Default: none. */
  readonly imagePullSecrets?: readonly string[]
  /** Revision written to `istio.io/rev`. Default: `default`. */
  readonly revision?: string
  /** Where the control plane runs (`global.istioNamespace`). Default: `istio-system`. */
  readonly istioNamespace?: string
  /** Host and port of xDS (`defaultConfig.discoveryAddress`). Default: `istiod[-REVISION].ISTIO_NAMESPACE.svc:15012`. */
  readonly discoveryAddress?: string
  /** Host and port of the certificate authority (`global.caAddress`). Default: the discovery address. */
  readonly caAddress?: string
  /** SPIFFE trust domain (`meshConfig.trustDomain`). Default: `cluster.local`. */
  readonly trustDomain?: string
  /** DNS suffix of the cluster (`global.proxy.clusterDomain`). Default: `cluster.local`. */
  readonly clusterDomain?: string
  /** `global.meshID`. Default: the trust domain. */
  readonly meshId?: string
  /** `global.multiCluster.clusterName`. Default: `Kubernetes`. */
  readonly clusterId?: string
  /** `global.network`. Default: none. */
  readonly network?: string
  /** Namespace of objects that name none. Default: `default`. */
  readonly namespace?: string
  /** Native sidecar (an init container that restarts) or, when `false`, a classic second container. Default: `true`; sidecar.istio.io/nativeSidecar beats it. */
  readonly nativeSidecars?: boolean
  /** Whether Pods that say nothing are injected (`sidecarInjectorWebhook.policy`). Default: `enabled`. */
  readonly policy?: 'enabled' | 'disabled'
  /** Pods matching one of these are left alone unless labelled. Default: none. */
  readonly neverInject?: readonly LabelMatch[]
  /** Pods matching one of these are injected even when the policy is `disabled`. Default: none. */
  readonly alwaysInject?: readonly LabelMatch[]
  /** Namespaces never injected. Default: Istio's four system namespaces. */
  readonly ignoredNamespaces?: readonly string[]
  /** Whether probes of the app go through the proxy (`sidecarInjectorWebhook.rewriteAppHTTPProbe`). Default: `true`. */
  readonly rewriteAppProbes?: boolean
  /** Whether the proxy serves the app's metrics with its own (`meshConfig.enablePrometheusMerge`). Default: `true`. */
  readonly mergePrometheus?: boolean
  /** Whether the node's CNI plugin redirects traffic, so that no privileged init container is needed (`pilot.cni`). Default: `off`. */
  readonly cni?: 'off' | 'default' | 'multus'
  /** Port of the agent's health and probe server; 0 turns its probes off (`global.proxy.statusPort`). Default: 15020. */
  readonly statusPort?: number
  /** `global.proxy.readinessInitialDelaySeconds`. Default: 0. */
  readonly readinessInitialDelaySeconds?: number
  /** `global.proxy.readinessPeriodSeconds`. Default: 15. */
  readonly readinessPeriodSeconds?: number
  /** `global.proxy.readinessFailureThreshold`. Default: 4. */
  readonly readinessFailureThreshold?: number
  /** `global.proxy.startupProbe.failureThreshold`; 0 writes no startup probe. Default: 600 (one try a second). */
  readonly startupFailureThreshold?: number
  /** `global.proxy.logLevel`. Default: `warning`. */
  readonly logLevel?: string
  /** `global.proxy.componentLogLevel`. Default: `misc:error`. */
  readonly componentLogLevel?: string
  /** `global.logging.level`. Default: `default:info`. */
  readonly agentLogLevel?: string
  /** `global.proxy.resources`. Default: 100m/128Mi requested, 2 CPU/1Gi at most. */
  readonly resources?: ProxyResources
  /** Address ranges whose outbound traffic is captured (`global.proxy.includeIPRanges`). Default: `*`. */
  readonly includeOutboundIpRanges?: string
  /** `global.proxy.excludeIPRanges`. Default: empty. */
  readonly excludeOutboundIpRanges?: string
  /** `global.proxy.includeInboundPorts`. Default: `*`. */
  readonly includeInboundPorts?: string
  /** `global.proxy.excludeInboundPorts`. Default: empty. */
  readonly excludeInboundPorts?: string
  /** `global.proxy.includeOutboundPorts`. Default: empty (all). */
  readonly includeOutboundPorts?: string
  /** `global.proxy.excludeOutboundPorts`. Default: empty. */
  readonly excludeOutboundPorts?: string
  /** The mesh's ProxyConfig (`meshConfig.defaultConfig`); a Pod's annotation proxy.istio.io/config is merged over it. Default: empty. */
  readonly proxyConfig?: JsonObject
  /** Name of the manifest in messages. Default: none. */
  readonly file?: string
}

type Optional = 'imagePullPolicy' | 'network' | 'file'
export type ResolvedSettings = Required<Omit<InjectSettings, Optional>> & Pick<InjectSettings, Optional>

const defaults = {
  hub: 'docker.io/heddle',
  tag: ownPackage.version,
  proxyImage: 'proxyv2',
  imagePullSecrets: [],
  revision: 'default',
  istioNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  clusterId: 'Kubernetes',
  namespace: 'default',
  nativeSidecars: true,
  policy: 'enabled',
  neverInject: [],
  alwaysInject: [],
  ignoredNamespaces: ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'],
  rewriteAppProbes: true,
  mergePrometheus: true,
  cni: 'off',
  statusPort: 15_020,
  readinessInitialDelaySeconds: 0,
  readinessPeriodSeconds: 15,
  readinessFailureThreshold: 4,
  startupFailureThreshold: 600,
  logLevel: 'warning',
  componentLogLevel: 'misc:error',
  agentLogLevel: 'default:info',
  resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '100m', memory: '128Mi' } },
  includeOutboundIpRanges: '*',
  excludeOutboundIpRanges: '',
  includeInboundPorts: '*',
  excludeInboundPorts: '',
  includeOutboundPorts: '',
  excludeOutboundPorts: '',
  proxyConfig: {},
} as const satisfies InjectSettings

/** Where a control plane of this revision and namespace listens when nothing else is said. */
export function defaultDiscoveryAddress(revision: string, istioNamespace: string): string {
  return `istiod${revision === '' || revision === 'default' ? '' : `-${revision}`}.${istioNamespace}.svc:15012`
}

/** @throws HEDDLE_INJECT_INVALID_SETTINGS for a port or count out of range. */
export function resolveSettings(settings: InjectSettings): ResolvedSettings {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as InjectSettings
  const merged = { ...defaults, ...given }
  const discoveryAddress = given.discoveryAddress ?? defaultDiscoveryAddress(merged.revision, merged.istioNamespace)
  const counts = ['readinessInitialDelaySeconds', 'readinessPeriodSeconds', 'readinessFailureThreshold', 'startupFailureThreshold'] as const
  for (const name of counts) checkRange(name, merged[name], 1_000_000)
  checkRange('statusPort', merged.statusPort, 65_535)
  return { ...merged, discoveryAddress, caAddress: given.caAddress ?? discoveryAddress, meshId: given.meshId ?? merged.trustDomain }
}

function checkRange(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return
  throw new HeddleError({
    code: 'HEDDLE_INJECT_INVALID_SETTINGS',
    message: `setting ${name}: expected a whole number from 0 to ${most}, found ${String(value)}`,
    origin: 'user',
  })
}
