/**
 * The control plane in one process: the source feeds the model, discovery pushes it (Pilot), the authority signs
 * (Citadel), and what proxies report is added up (Mixer).
 */
import { type Clock, formatWorkloadId, type Logger, messageOf, setWallTimer, silentLogger, type Timer } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import {
  type Authenticator,
  type Ca,
  type CertificateService,
  createCertificateService,
  encodeSpiffeBundle,
  type JoinTokens,
  type WorkloadTrust,
} from '@heddle/ca'
import type { ResourceClient } from '@heddle/client'
import type { MeshConfig, MeshSnapshotInput } from '@heddle/translation'
import { createCallerAuthorizer } from './citadel/caller-authorizer.js'
import { refreshHintSeconds } from './citadel/ca-view.js'
import type { FederationFollower } from './citadel/federation-follower.js'
import { watchExpiry } from './citadel/expiry-watch.js'
import { followCaOrders } from './citadel/ca-orders.js'
import { trustResourcesOf } from './citadel/trust-resources.js'
import { createRootPublisher, type RootPublisher } from './citadel/root-publisher.js'
import { createCredentials, type Credentials } from './credentials/credentials.js'
import { createSecretAccess } from './credentials/secret-access.js'
import { watchSecrets } from './credentials/secret-watch.js'
import { controlPlanePages, telemetryPages } from './debug/control-plane-pages.js'
import { serveMonitoring } from './debug/monitoring-server.js'
import { type ConnectedProxy, createDiscovery, type Discovery } from './push/discovery.js'
import { type BundleEndpoint, type EndpointIdentity, serveBundleEndpoint } from './server/bundle-endpoint.js'
import { type SecureServer, type SecureServices, serveSecureGrpc } from './server/secure-server.js'
import type { ServerIdentity } from './server/server-credentials.js'
import { type Change, createSource, type Source } from './source/source.js'
import { type AccessRecord, createAccessStore } from './telemetry/access-store.js'
import { isOwnReport } from './telemetry/mesh-labels.js'
import { createMeshMetrics } from './telemetry/mesh-metrics.js'

export interface ControlPlaneOptions {
  /** Reads the model and writes the root's config maps; the caller closes it. */
  readonly client: ResourceClient
  /** The caller closes it. */
  readonly ca: Ca
  /** Who may ask for certificates and configuration, in the order they are asked. */
  readonly authenticators: readonly Authenticator[]
  /** Operators may have join tokens made; they are credentials only as one of the authenticators. Default: none. */
  readonly joinTokens?: JoinTokens
  /** Other trust domains, pushed to every proxy; the caller closes it. Default: none. */
  readonly federation?: FederationFollower
  /** A certificate of the web's authorities for the bundle endpoint, read again at each renewal. Default: istiod's own. */
  readonly bundleEndpointIdentity?: () => EndpointIdentity
  readonly address: string
  /** 0 takes any free port. */
  readonly ports: ControlPlanePorts
  /** DNS names of the serving certificate. */
  readonly dnsNames: readonly string[]
  /** The control plane's own namespace, where the ConfigMap `istio` is. Default: `istio-system`. */
  readonly namespace?: string
  /** Settings that the ConfigMap does not change. */
  readonly meshConfig?: Partial<MeshConfig>
  /** Shown in metrics. */
  readonly version: string
  /** Folder of the issuance log, or of the folders of several, shown on 15014. Default: none is kept. */
  readonly issuanceLog?: string
}

export interface ControlPlanePorts {
  readonly secureGrpc: number
  readonly monitoring: number
  readonly telemetry: number
  /** The trust bundle for other trust domains. Default: it is not served. */
  readonly bundle?: number
}

export interface ControlPlaneDeps {
  /** Default: the system clock. */
  readonly clock?: Clock
  /** Default: silence. */
  readonly logger?: Logger
}

export interface ControlPlane {
  /**
   * Resolves with the bound ports when the model is complete and every port serves.
   * @throws HEDDLE_CONTROL_PLANE_LISTEN, the signal's reason
   */
  start(signal?: AbortSignal): Promise<ControlPlanePorts>
  /** Ends every stream and port, also those of a start that failed halfway. Idempotent. */
  close(): Promise<void>
}

/** The serving certificate is replaced after half of its life. */
const servingTtlSeconds = 24 * 3600
const renewalRetryMs = 60_000
/** After a start proxies need this long to come back: until then nobody can say what they trust. */
const returnMs = 30_000

export function createControlPlane(options: ControlPlaneOptions, deps: ControlPlaneDeps = {}): ControlPlane {
  return new Istiod(options, { clock: systemClock, logger: silentLogger, ...deps })
}

interface Closable {
  close(): Promise<void> | void
}

class Istiod implements ControlPlane {
  readonly #options: ControlPlaneOptions
  readonly #deps: Required<ControlPlaneDeps>
  readonly #publisher: RootPublisher
  readonly #records = createAccessStore()
  readonly #metrics = createMeshMetrics()
  #certificates: CertificateService | undefined
  /** Whatever is open, in the order in which it was opened. */
  readonly #open: Closable[] = []
  #credentials: Credentials | undefined
  #renewal: Timer | undefined
  #bundleEndpoint: BundleEndpoint | undefined
  #isReady = false

  constructor(options: ControlPlaneOptions, deps: Required<ControlPlaneDeps>) {
    this.#options = options
    this.#deps = deps
    this.#publisher = createRootPublisher(options.client, () => options.ca.bundle(), deps.logger)
  }

  async start(signal?: AbortSignal): Promise<ControlPlanePorts> {
    const { source, discovery } = await this.#openModel(signal)
    const secure = await this.#serveSecure(source, discovery)
    this.#publishRoots(source, secure, discovery)
    this.#followRotation(discovery)
    const bundle = this.#bundleEndpoint && { bundle: this.#bundleEndpoint.port }
    const bound = { secureGrpc: secure.port, ...bundle, ...(await this.#serveMonitoring(discovery)) }
    this.#isReady = true
    const services = discovery.snapshot().services.length
    this.#deps.logger.info('the control plane serves', { address: this.#options.address, ...bound, services })
    return bound
  }

  async close(): Promise<void> {
    this.#isReady = false
    this.#renewal?.cancel()
    await Promise.all(this.#open.splice(0).map(async (part) => await part.close()))
  }

  /** Opens the source and waits until every kind was listed once, so that no proxy ever gets half a mesh. */
  async #openModel(signal: AbortSignal | undefined): Promise<{ readonly source: Source; readonly discovery: Discovery }> {
    const { client, namespace = 'istio-system', meshConfig, federation } = this.#options
    let discovery: Discovery | undefined
    const onChange = ({ isUrgent, namespace: changed }: Change): void => {
      discovery?.changed(isUrgent)
      if (changed !== undefined) void this.#publisher.publish(changed)
    }
    const source = this.#keep(createSource({ client, namespace, onChange, logger: this.#deps.logger }))
    const secrets = this.#keep(watchSecrets({ client, onChange: () => discovery?.secretsChanged() }))
    await Promise.all([source.untilSynced(signal), secrets.untilSynced(signal)])
    const input = (): MeshSnapshotInput => {
      const seen = source.input()
      const federatedTrustDomains = (federation?.trusted() ?? []).map(({ trustDomain }) => trustDomain)
      return { ...seen, meshConfig: { ...seen.meshConfig, ...meshConfig, ...(federation && { federatedTrustDomains }) } }
    }
    this.#credentials = createCredentials({ secretOf: (inside, name) => secrets.get(inside, name), logger: this.#deps.logger })
    discovery = this.#keep(
      createDiscovery(
        { input, credentials: this.#credentials, trust: () => trustResourcesOf(this.#options.ca, federation?.trusted()) },
        this.#deps,
      ),
    )
    return { source, discovery }
  }

  async #serveSecure(source: Source, discovery: Discovery): Promise<SecureServer> {
    const { address, ports } = this.#options
    const { identity, renewAfterMs } = await this.#servingIdentity()
    const secure = this.#keep(await serveSecureGrpc(address, ports.secureGrpc, identity, this.#services(source, discovery)))
    if (ports.bundle !== undefined) await this.#serveBundle(ports.bundle, identity)
    this.#renewAfter(renewAfterMs, secure)
    return secure
  }

  /** For others alone: another program on its port, which is a common one, must not keep the mesh from serving. */
  async #serveBundle(port: number, identity: ServerIdentity): Promise<void> {
    const { address, ca, bundleEndpointIdentity } = this.#options
    const document = (): string => encodeSpiffeBundle(ca.bundle(), refreshHintSeconds)
    try {
      this.#bundleEndpoint = this.#keep(await serveBundleEndpoint(address, port, bundleEndpointIdentity?.() ?? identity, document))
    } catch (error) {
      this.#deps.logger.error('other trust domains cannot fetch the trust bundle here', { error: messageOf(error) })
    }
  }

  async #serveMonitoring(discovery: Discovery): Promise<Pick<ControlPlanePorts, 'monitoring' | 'telemetry'>> {
    const { address, ports, version } = this.#options
    const { logger } = this.#deps
    const sources = {
      discovery,
      records: this.#records,
      metrics: this.#metrics,
      ca: this.#options.ca,
      issuanceLog: this.#options.issuanceLog,
      federation: this.#options.federation,
      certificates: () => this.#certificates?.counters() ?? noCounters,
      credentials: this.#credentials,
      version,
    }
    const pages = controlPlanePages({ ...sources, isReady: () => this.#isReady })
    const monitoring = this.#keep(await serveMonitoring(address, ports.monitoring, pages, logger))
    const telemetry = this.#keep(await serveMonitoring(address, ports.telemetry, telemetryPages(this.#metrics), logger))
    return { monitoring: monitoring.port, telemetry: telemetry.port }
  }

  #services(source: Source, discovery: Discovery): SecureServices {
    const { ca, authenticators, client } = this.#options
    const { clock, logger } = this.#deps
    const authorize = createCallerAuthorizer({ source, client })
    this.#certificates = createCertificateService({ ca, authenticators, authorize }, { clock, logger })
    // A join token is for a certificate: asked elsewhere it would be used up.
    const lasting = authenticators.filter(({ isOneTime }) => isOneTime !== true)
    return {
      discovery: { discovery, authenticators: lasting, logger, secrets: { access: createSecretAccess(client, { clock, logger }), clock } },
      certificates: { certificates: this.#certificates },
      accessLogs: { authenticators: lasting, logger, onRecord: (record, namespace) => this.#takeRecord(record, namespace) },
    }
  }

  #takeRecord(record: AccessRecord, namespace: string): void {
    if (!isOwnReport(record.entry.tags, namespace)) {
      this.#metrics.drop()
      return
    }
    this.#records.add(record)
    this.#metrics.add(record.entry)
  }

  /** Into every namespace now, and again when the roots or lists change; the serving certificate follows the roots too. */
  #publishRoots(source: Source, secure: SecureServer, discovery: Discovery): void {
    const publishAll = (): void => {
      for (const namespace of source.input().namespaces ?? []) void this.#publisher.publish(namespace.metadata.name ?? '')
    }
    publishAll()
    const stop = this.#options.ca.onBundleChange(() => {
      discovery.trustChanged()
      publishAll()
      this.#renewAfter(0, secure)
    })
    this.#keep({ close: stop })
  }

  /** The rotation waits for what proxies acknowledge, operators order it, and denials reach every proxy. */
  #followRotation(discovery: Discovery): void {
    const { ca, client, joinTokens, namespace = 'istio-system' } = this.#options
    const { clock } = this.#deps
    const startedMs = clock.monotonicMs()
    const connected = (): readonly WorkloadTrust[] => discovery.proxies().map((proxy) => trustOf(proxy, discovery, ca))
    const workloads = (): readonly WorkloadTrust[] | undefined => (clock.monotonicMs() - startedMs < returnMs ? undefined : connected())
    this.#keep({ close: ca.rotation?.observe(workloads) ?? (() => {}) })
    // It waits by itself until proxies are back.
    this.#keep({ close: ca.handover?.observe(connected) ?? (() => {}) })
    this.#keep({ close: ca.denied.onChange(() => discovery.trustChanged()) })
    this.#keep({ close: watchExpiry(ca, this.#deps) })
    const onFederation = (): void => {
      discovery.trustChanged()
      // Whose workloads may come in is part of the configuration.
      discovery.changed(true)
    }
    this.#keep({ close: this.#options.federation?.onChange(onFederation) ?? (() => {}) })
    this.#keep(followCaOrders({ client, namespace, ca, ...(joinTokens && { joinTokens }) }, this.#deps))
  }

  #renewAfter(delayMs: number, secure: SecureServer): void {
    this.#renewal?.cancel()
    this.#renewal = setWallTimer(this.#deps.clock, delayMs, () => void this.#renew(secure))
  }

  async #renew(secure: SecureServer): Promise<void> {
    let nextMs = renewalRetryMs
    try {
      const { identity, renewAfterMs } = await this.#servingIdentity()
      nextMs = renewAfterMs
      secure.renew(identity)
      this.#bundleEndpoint?.renew(this.#options.bundleEndpointIdentity?.() ?? identity)
    } catch (error) {
      this.#deps.logger.error('the serving certificate could not be renewed', { retryMs: nextMs, error: messageOf(error) })
    }
    if (this.#open.length > 0) this.#renewAfter(nextMs, secure)
  }

  /** Half of what the authority gives: its maximum or its own end may be near. */
  async #servingIdentity(): Promise<{ readonly identity: ServerIdentity; readonly renewAfterMs: number }> {
    const { ca, dnsNames, namespace = 'istio-system' } = this.#options
    const workload = { namespace, serviceAccount: 'istiod' }
    const issued = await ca.issueServer({ dnsNames, ttlSeconds: servingTtlSeconds, workload })
    const identity = { certificateChainPem: issued.chain.join(''), privateKeyPem: issued.privateKeyPem, rootsPem: ca.bundle().rootsPem }
    return { identity, renewAfterMs: Math.max(renewalRetryMs, (issued.notAfterMs - this.#deps.clock.now()) / 2) }
  }

  #keep<Part extends Closable>(part: Part): Part {
    this.#open.push(part)
    return part
  }
}

const noCounters = { authenticationFailures: 0, rateLimited: 0, queueFull: 0 }

function trustOf(proxy: ConnectedProxy, discovery: Discovery, ca: Ca): WorkloadTrust {
  const { id, namespace, serviceAccount } = proxy.node
  const spiffeId = formatWorkloadId({ trustDomain: ca.trustDomain, namespace, serviceAccount })
  return { id, spiffeId, bundleFingerprint: discovery.hasTrust(proxy) ? ca.bundle().fingerprint : undefined }
}
