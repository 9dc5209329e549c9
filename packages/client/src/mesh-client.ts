/**
 * A workload's link to the control plane: its certificate and its configuration, from the first token to the last
 * renewal. What was good last is kept on disk, so that a restart without the control plane serves as before.
 */
import { type Clock, HeddleError, type Logger, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { ProxyConfig } from '@heddle/routing'
import {
  decodeCluster,
  decodeEndpoints,
  decodeListener,
  type Decoded,
  decodeNameTable,
  decodeRouteConfiguration,
  type NameTable,
  typeUrls,
  type XdsNode,
} from '@heddle/xds'
import { createAdsClient } from './ads/ads-client.js'
import { createResourceTable } from './ads/resource-table.js'
import { assembleConfig, type ConfigTables, isComplete } from './ads/snapshot.js'
import { loadTables, storeTables } from './ads/table-store.js'
import { type ControlPlaneAddress, createControlPlaneChannel } from './grpc/channel.js'
import { createCertificate } from './grpc/certificate-request.js'
import { openDiscoveryStream } from './grpc/discovery-stream.js'
import { createIdentitySource, type IdentitySource } from './identity/identity-source.js'

export interface MeshClientOptions {
  /** `host:port` of discovery. Asked at each connection, since names and addresses change. */
  readonly discovery: () => string
  /** `host:port` of the certificate authority. Default: discovery. */
  readonly authority?: () => string
  /** The name in the control plane's certificate. Default: `istiod.istio-system.svc`. */
  readonly serverName?: string
  readonly node: XdsNode
  /** What the certificate request wishes for. */
  readonly spiffeId: string
  readonly trustDomain: string
  /** The workload's token; read at each use, since it is renewed under us. */
  readonly token: () => string | undefined
  /** PEM of the mesh's root, as mounted. */
  readonly root: () => string
  /** Folder of the last good state; absent keeps nothing. */
  readonly stateDir?: string
  /** Applies a configuration; a rejection is reported to the control plane and the last one stays. */
  readonly onConfig: (config: ProxyConfig) => Promise<void>
  readonly onNameTable?: (table: NameTable) => void
  readonly onConnected?: (isConnected: boolean) => void
}

export interface MeshClientDeps {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
}

export interface MeshClient {
  /** Restores what is on disk, then follows the control plane. Resolves when there is an identity. */
  start(signal?: AbortSignal): Promise<void>
  readonly identity: IdentitySource
  readonly isConnected: boolean
  close(): void
}

const defaultServerName = 'istiod.istio-system.svc'

export function createMeshClient(options: MeshClientOptions, deps: MeshClientDeps = {}): MeshClient {
  const resolved = { clock: systemClock, random: systemRandom, logger: silentLogger, ...deps }
  const identity = openIdentity(options, resolved)
  const tables = createTables(resolved.logger)
  const names = createResourceTable((bytes) => decodeNameTable(bytes))
  const publishNames = (): void =>
    options.onNameTable?.(Object.assign({}, ...[...names.held.values()].map(({ value }) => value)) as NameTable)
  const keep = (): void => {
    if (options.stateDir !== undefined) storeTables(options.stateDir, { ...tables, names })
  }
  const onNames = (): void => {
    publishNames()
    keep()
  }
  const ads = createAdsClient(
    {
      tables,
      typeUrls: {
        clusters: typeUrls.cluster,
        endpoints: typeUrls.endpoint,
        listeners: typeUrls.listener,
        routes: typeUrls.routeConfiguration,
      },
      extras: [{ typeUrl: typeUrls.nameTable, table: names, onChange: onNames }],
      open: (handlers) => {
        const channel = createControlPlaneChannel(controlPlane(options, options.discovery), identity.current)
        return openDiscoveryStream(channel, { node: options.node, token: options.token() }, handlers)
      },
      onConfig: async (config) => {
        await options.onConfig(config)
        keep()
      },
      ...(options.onConnected ? { onConnected: options.onConnected } : {}),
    },
    resolved,
  )
  return {
    identity,
    get isConnected() {
      return ads.isConnected
    },
    async start(signal) {
      await identity.ready(signal)
      if (options.stateDir !== undefined && loadTables(options.stateDir, { ...tables, names }, resolved.logger) && isComplete(tables)) {
        publishNames()
        await options.onConfig(assembleConfig(tables))
        resolved.logger.info('serving the last good configuration until the control plane answers')
      }
      ads.start()
    },
    close() {
      ads.close()
      identity.close()
    },
  }
}

function controlPlane({ serverName = defaultServerName, root }: MeshClientOptions, address: () => string): ControlPlaneAddress {
  return { address: address(), serverName, rootsPem: root() }
}

function openIdentity(options: MeshClientOptions, deps: Required<MeshClientDeps>): IdentitySource {
  const { spiffeId, trustDomain, stateDir } = options
  const requestCertificate = async (csrPem: string, ttlSeconds: number, signal: AbortSignal): Promise<readonly string[]> => {
    const channel = createControlPlaneChannel(controlPlane(options, options.authority ?? options.discovery), identity.current)
    const token = options.token()
    try {
      return await createCertificate(channel, { csrPem, ttlSeconds, signal, ...(token === undefined ? {} : { token }) })
    } finally {
      channel.close()
    }
  }
  const identity: IdentitySource = createIdentitySource(
    { spiffeId, trustDomain, requestCertificate, ...(stateDir === undefined ? {} : { stateDir }) },
    deps,
  )
  return identity
}

function createTables(logger: Logger): ConfigTables {
  return {
    clusters: createResourceTable((bytes, name) => accept(decodeCluster({ name, bytes }), logger)),
    endpoints: createResourceTable((bytes, name) => accept(decodeEndpoints({ name, bytes }), logger)),
    listeners: createResourceTable((bytes, name) => accept(decodeListener({ name, bytes }), logger)),
    routes: createResourceTable((bytes, name) => accept(decodeRouteConfiguration({ name, bytes }), logger)),
  }
}

/** A resource with faults is refused; parts that this data plane lacks are said, and only some of them refuse it. */
function accept<Value>(decoded: Decoded<Value>, logger: Logger): Value {
  const fatal = [...decoded.errors, ...decoded.unsupported.filter(({ level }) => level === 'error')]
  if (decoded.value === undefined || fatal.length > 0) {
    throw new HeddleError({
      code: 'HEDDLE_ADS_RESOURCE',
      message: fatal.map(({ path, message }) => `${path} ${message}`.trim()).join('; ') || 'it cannot be read',
      origin: 'upstream',
    })
  }
  for (const issue of decoded.unsupported) logger.warn('a part of a resource has no effect here', { ...issue })
  return decoded.value
}
