/**
 * The control plane in one process: the source feeds the model, discovery pushes it (Pilot), the authority signs
 * (Citadel), and what proxies report is added up (Mixer).
 */
import { type Clock, type Logger, silentLogger, type Timer } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { type Authenticator, type Ca, createCertificateService } from '@heddle/ca'
import type { ResourceClient } from '@heddle/client'
import type { MeshConfig } from '@heddle/translation'
import { createRootPublisher } from './citadel/root-publisher.js'
import { json, type MonitoringServer, type Pages, serveMonitoring, text } from './debug/monitoring-server.js'
import { type CertificateCounters, renderPilotMetrics } from './debug/pilot-metrics.js'
import { syncStatusOf } from './debug/sync-status.js'
import { createDiscovery, type Discovery } from './push/discovery.js'
import { type SecureServer, serveSecureGrpc } from './server/secure-server.js'
import type { ServerIdentity } from './server/server-credentials.js'
import { type Change, createSource, type Source } from './source/source.js'
import { type AccessStore, createAccessStore } from './telemetry/access-store.js'
import { createMeshMetrics, type MeshMetrics } from './telemetry/mesh-metrics.js'
import { configDumpOf } from './debug/config-dump.js'

export interface ControlPlaneOptions {
  /** Reads the model and writes the root's config maps; the caller closes it. */
  readonly client: ResourceClient
  /** The caller closes it. */
  readonly ca: Ca
  /** Who may ask for certificates and configuration, in the order they are asked. */
  readonly authenticators: readonly Authenticator[]
  readonly address: string
  readonly ports: ControlPlanePorts
  /** DNS names of the serving certificate. */
  readonly dnsNames: readonly string[]
  readonly meshConfig?: Partial<MeshConfig>
  readonly version: string
}

export interface ControlPlanePorts {
  readonly secureGrpc: number
  readonly monitoring: number
  readonly telemetry: number
}

export interface ControlPlaneDeps {
  readonly clock?: Clock
  readonly logger?: Logger
}

export interface ControlPlane {
  /** Resolves when the model is complete and every port serves. @throws HEDDLE_CONTROL_PLANE_LISTEN */
  start(signal?: AbortSignal): Promise<{ readonly secureGrpcPort: number }>
  readonly discovery: Discovery | undefined
  close(): Promise<void>
}

interface Running {
  readonly source: Source
  readonly discovery: Discovery
  readonly servers: readonly (SecureServer | MonitoringServer)[]
  readonly stopBundle: () => void
}

/** The serving certificate is replaced after half of its life. */
const servingTtlSeconds = 24 * 3600

export function createControlPlane(options: ControlPlaneOptions, deps: ControlPlaneDeps = {}): ControlPlane {
  const { clock = systemClock, logger = silentLogger } = deps
  const records = createAccessStore()
  const metrics = createMeshMetrics()
  const counters: CertificateCounters = { csrCount: 0, successCount: 0, refusedCount: 0 }
  let running: Running | undefined
  let renewal: Timer | undefined
  let isReady = false

  return {
    get discovery() {
      return running?.discovery
    },
    async start(signal) {
      const { client, ca, authenticators, address, ports } = options
      const { source, discovery } = await openModel(options, { clock, logger }, signal)
      const publisher = createRootPublisher(client, () => ca.bundle().rootsPem, logger)
      const publishAll = (): void => {
        for (const namespace of source.input().namespaces ?? []) void publisher.publish(namespace.metadata.name ?? '')
      }
      publishAll()
      source.onChange((change) => {
        if (change.field === 'namespaces' && change.event.type === 'applied') void publisher.publish(change.event.object.metadata.name)
      })
      const stopBundle = ca.onBundleChange(publishAll)
      const services = {
        discovery,
        authenticators,
        logger,
        certificates: createCertificateService({ ca, authenticators }, { clock, logger }),
        onAccessRecord: (record: Parameters<AccessStore['add']>[0]) => {
          records.add(record)
          metrics.add(record.entry)
        },
        onCertificate: (issued: boolean) => {
          counters.csrCount++
          if (issued) counters.successCount++
          else counters.refusedCount++
        },
      }
      const secure = await serveSecureGrpc(address, ports.secureGrpc, await servingIdentity(options), services)
      const renew = (): void => {
        renewal = clock.setTimer((servingTtlSeconds * 1000) / 2, () => {
          void servingIdentity(options)
            .then((identity) => secure.renew(identity))
            .finally(renew)
        })
      }
      renew()
      const pages = pagesOf(
        discovery,
        records,
        metrics,
        () => renderPilotMetrics(discovery, counters, options.version),
        () => isReady,
      )
      const monitoring = await serveMonitoring(address, ports.monitoring, pages, logger)
      const telemetry = await serveMonitoring(address, ports.telemetry, { '/metrics': () => text(metrics.render()) }, logger)
      running = { source, discovery, servers: [secure, monitoring, telemetry], stopBundle }
      isReady = true
      logger.info('the control plane serves', {
        address,
        discovery: secure.port,
        monitoring: ports.monitoring,
        services: discovery.snapshot().services.length,
      })
      return { secureGrpcPort: secure.port }
    },
    async close() {
      isReady = false
      renewal?.cancel()
      running?.stopBundle()
      running?.discovery.close()
      await Promise.all([...(running?.servers ?? []).map((server) => server.close()), running?.source.close()])
      running = undefined
    },
  }
}

/** Opens the source and waits until every kind was listed once, so that no proxy ever gets half a mesh. */
async function openModel(
  options: ControlPlaneOptions,
  deps: { readonly clock: Clock; readonly logger: Logger },
  signal?: AbortSignal,
): Promise<{ readonly source: Source; readonly discovery: Discovery }> {
  const source = createSource(options.client)
  await source.untilSynced(signal)
  const discovery = createDiscovery(
    { input: () => ({ ...source.input(), ...(options.meshConfig ? { meshConfig: options.meshConfig } : {}) }) },
    deps,
  )
  source.onChange((change) => {
    if (change.event.type !== 'synced') discovery.changed(isUrgent(change))
  })
  return { source, discovery }
}

/** Endpoints that went away must not be dialled any more; everything else may wait for the debounce. */
function isUrgent({ field, event }: Change): boolean {
  return field === 'endpointSlices' && event.type === 'deleted'
}

async function servingIdentity({ ca, dnsNames }: ControlPlaneOptions): Promise<ServerIdentity> {
  const issued = await ca.issueServer({
    dnsNames,
    ttlSeconds: servingTtlSeconds,
    workload: { namespace: 'istio-system', serviceAccount: 'istiod' },
  })
  return { certificateChainPem: issued.chain.join(''), privateKeyPem: issued.privateKeyPem, rootsPem: ca.bundle().rootsPem }
}

function pagesOf(
  discovery: Discovery,
  records: AccessStore,
  metrics: MeshMetrics,
  pilotMetrics: () => string,
  isReady: () => boolean,
): Pages {
  return {
    '/ready': () => (isReady() ? text('ready\n') : text('starting\n', 503)),
    '/metrics': () => text(pilotMetrics()),
    '/telemetry/metrics': () => text(metrics.render()),
    '/telemetry/records': (query) => json(records.last(Number(query.get('limit') ?? 100))),
    '/debug/syncz': () => json(discovery.proxies().map(syncStatusOf)),
    '/debug/config_dump': (query) => configDumpOf(discovery, query.get('proxyID')),
  }
}
