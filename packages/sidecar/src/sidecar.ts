/**
 * heddle-proxy put together, in the role of sidecar or gateway: identity and configuration come from the control plane,
 * the engine serves, and the agent's ports say how it is. Ready means: a certificate and an accepted configuration.
 */
import { readFileSync } from 'node:fs'
import { type Clock, formatWorkloadId, HeddleError, type Logger, type Random } from '@heddle/base'
import {
  createAccessLogSender,
  createControlPlaneChannel,
  createMeshClient,
  type MeshClient,
  proxyPorts,
  readNamesFile,
} from '@heddle/client'
import { createIstioTelemetry, createProxy, type IstioTelemetry, type Proxy } from '@heddle/proxy-core'
import { createSeededRandom } from '@heddle/base/testing'
import { emptyProxyConfig } from '@heddle/routing'
import type { XdsNode } from '@heddle/xds'
import { accessEntryOf } from './access-entry.js'
import { adminRoutes } from './admin-pages.js'
import { type AgentServer, serveAgent } from './agent-server.js'
import { agentRoutes, healthRoutes } from './agent-pages.js'
import { createBindPlan, declaredPortsOf } from './bind-plan.js'
import { controlPlaneAddress } from './control-plane-address.js'
import { compileRegex } from './linear-regex.js'
import { createMeshNames } from './mesh-names.js'
import type { ProxySettings } from './proxy-settings.js'

export interface SidecarDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface Sidecar {
  /** Serves when there is a certificate and a configuration. @throws HEDDLE_PROXY_LISTEN, the signal's reason */
  start(signal: AbortSignal): Promise<void>
  /** Stops taking connections, lets those there finish, then ends. Idempotent. */
  drain(): Promise<void>
}

/** Istio's default terminationDrainDuration. */
const drainMs = 5000
const version = '0.1.0'

export function createSidecar(settings: ProxySettings, deps: SidecarDeps): Sidecar {
  const { pod } = settings
  const names = createMeshNames(settings.podNamespace, pod)
  const node = xdsNode(settings)
  let isConfigured = false
  let draining: Promise<void> | undefined
  let servers: readonly AgentServer[] = []

  const client: MeshClient = createMeshClient(
    {
      discovery: () => controlPlaneAddress(settings.discoveryAddress, pod, deps.random),
      authority: () => controlPlaneAddress(settings.caAddress, pod, deps.random),
      serverName: settings.discoveryAddress.slice(0, settings.discoveryAddress.lastIndexOf(':')),
      node,
      spiffeId: formatWorkloadId({
        trustDomain: settings.trustDomain,
        namespace: settings.podNamespace,
        serviceAccount: settings.serviceAccount,
      }),
      trustDomain: settings.trustDomain,
      token: () => readText(settings.tokenPath)?.trim(),
      root: () => readText(settings.rootCertificatePath) ?? '',
      stateDir: settings.stateDir,
      onNameTable: (table) => names.update(table),
      onConfig: async (config) => {
        const result = await proxy.apply(config)
        if (result.kind === 'rejected') throw rejection(result.issues)
        isConfigured = true
      },
      onConnected: (isConnected) => deps.logger.info(isConnected ? 'connected to the control plane' : 'not connected to the control plane'),
    },
    deps,
  )
  const records = createAccessLogSender(
    {
      node,
      logName: 'heddle',
      onFailure: (reason) => deps.logger.debug('access records were not delivered', { reason }),
      openChannel: () => {
        const rootsPem = readText(settings.rootCertificatePath)
        const certificate = client.identity.current
        if (rootsPem === undefined || !certificate) return undefined
        return createControlPlaneChannel(
          { address: controlPlaneAddress(settings.discoveryAddress, pod, deps.random), serverName: 'istiod.istio-system.svc', rootsPem },
          certificate,
        )
      },
    },
    deps.clock,
  )
  const telemetry = createIstioTelemetry(
    { workload: workloadOf(settings), nodeId: node.id, onRecord: (record, labels) => records.send(accessEntryOf(record, labels)) },
    deps,
  )
  const proxy = createEngine(settings, deps, client, telemetry, names.resolve)

  const isReady = (): boolean => isConfigured && client.identity.current !== undefined && draining === undefined
  const drain = (): Promise<void> => {
    draining ??= (async () => {
      deps.logger.info('draining', { deadlineMs: drainMs })
      await proxy.drain({ deadlineMs: drainMs })
      records.close()
      client.close()
      telemetry.close()
      await Promise.all(servers.map((server) => server.close()))
    })()
    return draining
  }

  return {
    async start(signal) {
      const sources = {
        proxy,
        secrets: client.identity,
        secretNames: ['default', 'ROOTCA'],
        renderMetrics: () => telemetry.registry.render(),
        isReady,
        drain: () => void drain(),
        version,
      }
      const agent = agentRoutes({ ...sources, settings, clock: deps.clock })
      servers = await Promise.all([
        serveAgent(settings.podIp, proxyPorts.admin, adminRoutes(sources), deps.logger),
        serveAgent(settings.podIp, proxyPorts.status, agent, deps.logger),
        serveAgent(settings.podIp, proxyPorts.health, healthRoutes(isReady), deps.logger),
        serveAgent(
          settings.podIp,
          proxyPorts.prometheus,
          { '/stats/prometheus': () => ({ status: 200, body: telemetry.registry.render() }) },
          deps.logger,
        ),
      ])
      await proxy.start()
      await client.start(signal)
    },
    drain,
  }
}

function createEngine(
  settings: ProxySettings,
  deps: SidecarDeps,
  client: MeshClient,
  telemetry: IstioTelemetry,
  resolve: (host: string) => string | undefined,
): Proxy {
  const { pod } = settings
  const token = pod?.namesPath === undefined ? undefined : readNamesFile(pod.namesPath)?.token
  const plan = pod && createBindPlan({ pod, token: token ?? '', declaredPorts: declaredPortsOf(settings.metadata) })
  return createProxy(emptyProxyConfig, {
    ...deps,
    random: balancingRandom(settings.seed, deps.random),
    secrets: client.identity,
    compileRegex,
    telemetry,
    resolveName: (host, port) => {
      const address = resolve(host)
      return address === undefined ? undefined : { address, port }
    },
    ...(plan ? { bind: plan.bind, dial: plan.dial } : {}),
  })
}

/** With a seed the choice of endpoints and weighted clusters can be repeated; identifiers stay unique. */
function balancingRandom(seed: number | undefined, random: Random): Random {
  if (seed === undefined) return random
  const seeded = createSeededRandom(seed)
  return { next: () => seeded.next(), bytes: (count) => random.bytes(count) }
}

/** `TYPE~IP~POD.NAMESPACE~DOMAIN`, as istiod parses it. */
function xdsNode(settings: ProxySettings): XdsNode {
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

function workloadOf({ podName, podNamespace, metadata, labels }: ProxySettings) {
  const text = (key: string, otherwise: string): string => (typeof metadata[key] === 'string' ? metadata[key] : otherwise)
  return {
    name: podName,
    namespace: podNamespace,
    workloadName: text('WORKLOAD_NAME', podName),
    clusterId: text('CLUSTER_ID', 'Kubernetes'),
    labels,
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function rejection(issues: readonly { readonly resource: string; readonly message: string }[]): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_PROXY_CONFIG_REJECTED',
    message: issues.map(({ resource, message }) => `${resource}: ${message}`).join('; '),
  })
}
