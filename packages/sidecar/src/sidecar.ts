/**
 * heddle-proxy put together, in the role of sidecar or gateway: identity and configuration come from the control plane,
 * the engine serves, and the agent's ports say how it is. Ready means: a certificate and an accepted configuration.
 */
import { readFileSync } from 'node:fs'
import { type Clock, formatWorkloadId, type Logger, type Random } from '@heddle/base'
import {
  type AccessLogSender,
  createAccessLogSender,
  createControlPlaneChannel,
  createMeshClient,
  type MeshClient,
  proxyPorts,
  type ResourceFault,
  type WorkloadApiServer,
} from '@heddle/client'
import { type ApplyIssue, createIstioTelemetry, createMetricRegistry, type MetricRegistry } from '@heddle/proxy-core'
import type { ProxyConfig } from '@heddle/routing'
import type { XdsNode } from '@heddle/xds'
import { accessEntryOf } from './admin/access-entry.js'
import { adminRoutes } from './admin/admin-pages.js'
import { agentRoutes, healthRoutes, prometheusRoutes } from './agent/agent-pages.js'
import { type AgentServer, serveAgent } from './agent/agent-server.js'
import { controlPlaneAddress } from './settings/control-plane-address.js'
import { createLocalDataPlane, type DataPlane } from './engine/data-plane.js'
import { createEngine } from './engine/engine.js'
import { createMeshNames, type MeshNames } from './engine/mesh-names.js'
import { workloadOf, xdsNodeOf } from './settings/proxy-node.js'
import { ownVersion } from './own-version.js'
import type { ProxySettings } from './settings/proxy-settings.js'
import { createRefusalMetrics, type RefusalMetrics } from './admin/refusal-metrics.js'
import { createWorkerPool } from './workers/worker-pool.js'
import { openWorkloadApi } from './identity/workload-api.js'
import { createWorkloadSecrets, type WorkloadSecrets } from './identity/workload-secrets.js'

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

export function createSidecar(settings: ProxySettings, deps: SidecarDeps): Sidecar {
  return new PodProxy(settings, deps)
}

class PodProxy implements Sidecar {
  readonly #settings: ProxySettings
  readonly #deps: SidecarDeps
  readonly #node: XdsNode
  readonly #names: MeshNames
  readonly #client: MeshClient
  readonly #secrets: WorkloadSecrets
  readonly #records: AccessLogSender
  readonly #dataPlane: DataPlane
  /** What is counted here, not where requests are served. */
  readonly #registry: MetricRegistry = createMetricRegistry()
  readonly #refusals: RefusalMetrics
  readonly #servers: AgentServer[] = []
  readonly #version = ownVersion()
  #workloadApi: WorkloadApiServer | undefined
  #isConfigured = false
  #draining: Promise<void> | undefined

  constructor(settings: ProxySettings, deps: SidecarDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#node = xdsNodeOf(settings, this.#version)
    this.#names = createMeshNames(settings.podNamespace, settings.pod)
    this.#client = this.#createClient()
    this.#secrets = createWorkloadSecrets(this.#client.secrets, settings.pod?.root ?? '/', deps)
    this.#records = this.#createRecords()
    this.#dataPlane = this.#createDataPlane()
    this.#refusals = createRefusalMetrics(this.#registry, this.#dataPlane)
    this.#registry.gauge('envoy_server_concurrency', '', () => settings.concurrency)
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await this.#serveAgentPorts()
    this.#workloadApi = await openWorkloadApi(this.#settings, this.#client, this.#secrets, this.#deps.logger)
    await this.#dataPlane.start()
    await this.#client.start(signal)
  }

  drain(): Promise<void> {
    this.#draining ??= this.#end()
    return this.#draining
  }

  async #end(): Promise<void> {
    this.#deps.logger.info('draining', { deadlineMs: drainMs })
    await this.#dataPlane.drain({ deadlineMs: drainMs })
    this.#secrets.close()
    this.#workloadApi?.close()
    this.#client.close()
    await this.#records.close()
    await Promise.all(this.#servers.splice(0).map((server) => server.close()))
  }

  #isReady(): boolean {
    return this.#isConfigured && this.#client.identity.current !== undefined && this.#draining === undefined
  }

  async #apply(config: ProxyConfig): Promise<readonly ResourceFault[]> {
    this.#secrets.follow(config)
    const result = await this.#dataPlane.apply(config)
    this.#isConfigured = true
    if (result.kind === 'applied') return []
    this.#refusals.count(result.issues)
    return result.issues.map(faultOf)
  }

  #createDataPlane(): DataPlane {
    const parts = { settings: this.#settings, secrets: this.#secrets, names: this.#names, onRecovered: () => this.#client.recheck() }
    const count = this.#settings.concurrency
    if (count > 1) return createWorkerPool({ ...parts, count, onRecord: (entry) => this.#records.send(entry) }, this.#deps)
    const telemetry = createIstioTelemetry(
      {
        workload: workloadOf(this.#settings),
        nodeId: this.#node.id,
        onRecord: (record, labels) => this.#records.send(accessEntryOf(record, labels)),
      },
      this.#deps,
    )
    return createLocalDataPlane(createEngine({ ...parts, telemetry }, this.#deps), telemetry)
  }

  async #renderMetrics(): Promise<string> {
    return `${await this.#dataPlane.metrics()}${this.#registry.render()}`
  }

  #createClient(): MeshClient {
    const { discoveryAddress, caAddress, pod, trustDomain, podNamespace, serviceAccount, stateDir, tokenPath } = this.#settings
    const { logger, random } = this.#deps
    return createMeshClient(
      {
        discovery: () => controlPlaneAddress(discoveryAddress, pod, random),
        authority: () => controlPlaneAddress(caAddress, pod, random),
        serverName: hostOf(discoveryAddress),
        node: this.#node,
        spiffeId: formatWorkloadId({ trustDomain, namespace: podNamespace, serviceAccount }),
        trustDomain,
        token: () => readText(tokenPath)?.trim(),
        root: () => this.#roots() ?? '',
        stateDir,
        onNameTable: (table) => this.#names.update(table),
        onConfig: (config) => this.#apply(config),
        onConnected: (isConnected) => logger.info(isConnected ? 'connected to the control plane' : 'not connected to the control plane'),
      },
      this.#deps,
    )
  }

  #createRecords(): AccessLogSender {
    const { discoveryAddress, pod } = this.#settings
    const { logger, random, clock } = this.#deps
    return createAccessLogSender(
      {
        node: this.#node,
        logName: 'heddle',
        onFailure: (reason) => logger.debug('access records were not delivered', { reason }),
        openChannel: () => {
          const rootsPem = this.#roots()
          const certificate = this.#client.identity.current
          if (rootsPem === undefined || !certificate) return undefined
          const address = controlPlaneAddress(discoveryAddress, pod, random)
          return createControlPlaneChannel({ address, serverName: hostOf(discoveryAddress), rootsPem }, certificate)
        },
      },
      clock,
    )
  }

  async #serveAgentPorts(): Promise<void> {
    const { clock, logger } = this.#deps
    const settings = this.#settings
    const sources = {
      settings,
      clock,
      version: this.#version,
      dataPlane: this.#dataPlane,
      secrets: this.#secrets,
      secretNames: () => this.#secrets.names(),
      renderMetrics: () => this.#renderMetrics(),
      isReady: () => this.#isReady(),
      drain: () => void this.drain(),
    }
    const { podIp } = settings
    const ports = [
      // Envoy's admin interface is for the Pod itself. On the local platform the Pod IP is all that tells Pods apart.
      { address: settings.pod ? podIp : '127.0.0.1', port: proxyPorts.admin, routes: adminRoutes(sources), isLocalOnly: true },
      { address: podIp, port: proxyPorts.status, routes: agentRoutes(sources) },
      { address: podIp, port: proxyPorts.health, routes: healthRoutes(sources.isReady) },
      { address: podIp, port: proxyPorts.prometheus, routes: prometheusRoutes(sources.renderMetrics) },
    ]
    for (const port of ports) this.#servers.push(await serveAgent(port, logger))
  }

  /** As mounted; absent until the control plane has published them. */
  #roots(): string | undefined {
    return readText(this.#settings.rootCertificatePath)
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function faultOf({ kind, name, message }: ApplyIssue): ResourceFault {
  return { kind: tables[kind], name, message: `${name}: ${message}` }
}

const tables: Readonly<Record<ApplyIssue['kind'], ResourceFault['kind']>> = {
  listener: 'listeners',
  'route configuration': 'routes',
  cluster: 'clusters',
}
