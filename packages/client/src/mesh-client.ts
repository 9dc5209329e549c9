/**
 * A workload's link to the control plane: its certificate and its configuration, from the first token to the last
 * renewal. What was good last is kept on disk, so that a restart without the control plane serves as before.
 */
import { createSecureContext } from 'node:tls'
import { type Clock, HeddleError, type Logger, messageOf, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { ProxyConfig, Secret, SecretSource } from '@heddle/routing'
import { parseCrlPem } from '@heddle/x509'
import {
  decodeCluster,
  decodeDenials,
  decodeEndpoints,
  decodeListener,
  type Decoded,
  decodeNameTable,
  decodeRouteConfiguration,
  decodeSecret,
  decodeTrust,
  type NameTable,
  type PushedDenials,
  type PushedTrust,
  type TokenResponse,
  trustTypeUrls,
  typeUrls,
  type XdsNode,
} from '@heddle/xds'
import { type AdsClient, createAdsClient } from './ads/ads-client.js'
import { createResourceTable, type ResourceTable, type SubscriptionKind } from './ads/resource-table.js'
import { acceptanceOf, assembleConfig, type ConfigTables, isServable, type ResourceFault } from './ads/snapshot.js'
import { createTableStore, type TableStore } from './ads/table-store.js'
import { type ControlPlaneAddress, createControlPlaneChannel } from './grpc/channel.js'
import { createCertificate, retryAfterMsOf } from './grpc/certificate-request.js'
import { openDiscoveryStream } from './grpc/discovery-stream.js'
import { requestJwtSvid } from './grpc/token-request.js'
import { createIdentitySource, type IdentitySource } from './identity/identity-source.js'
import { createJwtSvids, type JwtSvids } from './identity/jwt-svids.js'

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
  /**
   * Applies a configuration and names what of it could not be used, if anything: that is refused by name, the rest
   * acknowledged. A rejection refuses all of it, and the last one stays.
   */
  readonly onConfig: (config: ProxyConfig) => Promise<readonly ResourceFault[] | void>
  /** Takes the names as a whole. An error refuses the response they came with; the control plane sends them again to the next stream. */
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
  /** The identity's secrets, and those that the control plane serves (`kubernetes://NAME`). */
  readonly secrets: SecretSource
  /** A JWT-SVID of this workload, from the authority or one that has half of its life left. @throws HEDDLE_IDENTITY_REFUSED */
  jwtSvid(audiences: readonly string[]): Promise<TokenResponse>
  /** Applies the newest configuration again: to be called when something that was refused became usable. */
  recheck(): void
  readonly isConnected: boolean
  close(): void
}

const defaultServerName = 'istiod.istio-system.svc'

export function createMeshClient(options: MeshClientOptions, deps: MeshClientDeps = {}): MeshClient {
  return new WorkloadLink(options, { clock: systemClock, random: systemRandom, logger: silentLogger, ...deps })
}

class WorkloadLink implements MeshClient {
  readonly identity: IdentitySource
  readonly secrets: SecretSource
  readonly #options: MeshClientOptions
  readonly #logger: Logger
  readonly #tables: ConfigTables
  readonly #names: ResourceTable<NameTable>
  readonly #trust: ResourceTable<PushedTrust> = createResourceTable((bytes) => decodeTrust(bytes))
  readonly #denials: ResourceTable<PushedDenials> = createResourceTable(usableDenials)
  readonly #store: TableStore | undefined
  readonly #ads: AdsClient
  readonly #secretListeners = new Set<(name: string) => void>()
  readonly #jwtSvids: JwtSvids

  constructor(options: MeshClientOptions, deps: Required<MeshClientDeps>) {
    this.#options = options
    this.#logger = deps.logger
    this.identity = openIdentity(options, deps)
    this.#jwtSvids = createJwtSvids((audiences) => this.#requestJwtSvid(audiences), deps.clock)
    this.#tables = createTables(deps.logger)
    this.#names = createResourceTable((bytes) => decodeNameTable(bytes))
    const tables = { ...this.#tables, names: this.#names, denials: this.#denials, trust: this.#trust }
    this.#store = options.stateDir === undefined ? undefined : createTableStore({ stateDir: options.stateDir, tables }, deps)
    this.#ads = this.#openAds(deps)
    this.secrets = {
      get: (name) => this.identity.get(name) ?? this.#tables.secrets.held.get(name)?.value,
      subscribe: (listener) => this.#subscribeSecrets(listener),
    }
  }

  jwtSvid(audiences: readonly string[]): Promise<TokenResponse> {
    return this.#jwtSvids.get(audiences)
  }

  recheck(): void {
    this.#ads.recheck()
  }

  get isConnected(): boolean {
    return this.#ads.isConnected
  }

  async start(signal?: AbortSignal): Promise<void> {
    await this.identity.ready(signal)
    if (this.#store?.load()) await this.#useLastGood()
    signal?.throwIfAborted()
    this.#ads.start()
  }

  close(): void {
    this.#ads.close()
    this.identity.close()
    this.#store?.close()
  }

  #requestJwtSvid(audiences: readonly string[]): Promise<TokenResponse> {
    const { authority = this.#options.discovery, token } = this.#options
    const certificate = this.identity.current
    const own = token()
    const address = controlPlane(this.#options, authority, certificate?.rootsPem)
    return requestJwtSvid({ ...address, audiences, ...(certificate && { certificate }), ...(own !== undefined && { token: own }) })
  }

  async #useLastGood(): Promise<void> {
    for (const table of [this.#names, this.#tables.secrets, this.#denials]) table.snapshot()(new Set())
    if (this.#denials.held.size > 0) this.#takeDenials()
    this.#useLastTrust()
    if (!isServable(this.#tables)) return
    const accept = acceptanceOf(this.#tables)
    try {
      this.#publishNames()
    } catch (error) {
      this.#logger.error('the last good names cannot be put into force', { error: messageOf(error) })
    }
    try {
      accept((await this.#options.onConfig(assembleConfig(this.#tables))) ?? [])
      this.#logger.info('serving the last good configuration until the control plane answers')
    } catch (error) {
      this.#logger.error('the last good configuration was refused; waiting for the control plane', { error: messageOf(error) })
    }
  }

  /** The keys of tokens and other trust domains are pushed alone: nothing else would know them until the control plane answers. */
  #useLastTrust(): void {
    this.#trust.snapshot()(new Set())
    this.#takeTrust().catch((error: unknown) => {
      this.#trust.drop([...this.#trust.held.keys()])
      this.#logger.error('what was trusted last cannot be put into force', { error: messageOf(error) })
    })
  }

  #openAds(deps: Required<MeshClientDeps>): AdsClient {
    const { discovery, node, token, onConfig, onConnected } = this.#options
    const onNames = (): void => {
      this.#publishNames()
      this.#store?.save()
    }
    return createAdsClient(
      {
        tables: this.#tables,
        typeUrls: configTypes,
        extras: [
          { typeUrl: typeUrls.nameTable, table: this.#names, onChange: onNames },
          { typeUrl: trustTypeUrls.denyList, table: this.#denials, onChange: () => this.#takeDenials() },
          { typeUrl: trustTypeUrls.trustBundle, table: this.#trust, onChange: () => this.#takeTrust() },
        ],
        open: (handlers) => {
          const channel = createControlPlaneChannel(
            controlPlane(this.#options, discovery, this.identity.current?.rootsPem),
            this.identity.current,
          )
          return openDiscoveryStream(channel, { node, token: token() }, handlers)
        },
        onConfig: async (config) => (await onConfig(config)) ?? [],
        onAccepted: () => this.#store?.save(),
        onSecrets: (names) => this.#tellSecrets(names),
        ...(onConnected ? { onConnected } : {}),
      },
      deps,
    )
  }

  /** A control plane without such a list denies nobody. */
  #takeDenials(): void {
    const lists = [...this.#denials.held.values()].map(({ value }) => value)
    const crlPem = lists.map((list) => list.crlPem ?? '').join('')
    this.identity.deny({
      spiffeIds: lists.flatMap(({ spiffeIds }) => spiffeIds),
      serials: lists.flatMap(({ serials }) => serials),
      ...(crlPem !== '' && { crlPem }),
    })
  }

  async #takeTrust(): Promise<void> {
    for (const { value } of this.#trust.held.values()) await this.identity.trust(value)
  }

  #subscribeSecrets(listener: (name: string) => void): () => void {
    const stop = this.identity.subscribe(listener)
    this.#secretListeners.add(listener)
    return () => {
      stop()
      this.#secretListeners.delete(listener)
    }
  }

  #tellSecrets(names: readonly string[]): void {
    for (const name of names) for (const listener of this.#secretListeners) listener(name)
    this.#store?.save()
  }

  #publishNames(): void {
    this.#options.onNameTable?.(Object.assign({}, ...[...this.#names.held.values()].map(({ value }) => value)) as NameTable)
  }
}

const configTypes: Readonly<Record<keyof ConfigTables, string>> = {
  clusters: typeUrls.cluster,
  endpoints: typeUrls.endpoint,
  listeners: typeUrls.listener,
  routes: typeUrls.routeConfiguration,
  secrets: typeUrls.secret,
}

function controlPlane(
  { serverName = defaultServerName, root }: MeshClientOptions,
  address: () => string,
  pushedRootsPem: string = '',
): ControlPlaneAddress {
  // After a rotation the mounted file may be older than what was pushed, or the other way round.
  return { address: address(), serverName, rootsPem: [root(), pushedRootsPem].filter((pem) => pem !== '').join('\n') }
}

function openIdentity(options: MeshClientOptions, deps: Required<MeshClientDeps>): IdentitySource {
  const { spiffeId, trustDomain, stateDir } = options
  const requestCertificate = async (csrPem: string, ttlSeconds: number, signal: AbortSignal): Promise<readonly string[]> => {
    const channel = createControlPlaneChannel(
      controlPlane(options, options.authority ?? options.discovery, identity.current?.rootsPem),
      identity.current,
    )
    const token = options.token()
    try {
      return await createCertificate(channel, { csrPem, ttlSeconds, signal, ...(token === undefined ? {} : { token }) })
    } finally {
      channel.close()
    }
  }
  const identity: IdentitySource = createIdentitySource(
    { spiffeId, trustDomain, requestCertificate, retryAfterMsOf, ...(stateDir === undefined ? {} : { stateDir }) },
    deps,
  )
  return identity
}

function createTables(logger: Logger): ConfigTables {
  const table = <Value>(
    decode: (resource: { name: string; bytes: Uint8Array }) => Decoded<Value>,
    kind: SubscriptionKind,
  ): ResourceTable<Value> => createResourceTable((bytes, name, version) => accept(decode({ name, bytes }), { name, version }, logger), kind)
  return {
    clusters: table(decodeCluster, 'wildcard'),
    endpoints: table(decodeEndpoints, 'by-name'),
    listeners: table(decodeListener, 'wildcard'),
    routes: table(decodeRouteConfiguration, 'by-name'),
    secrets: createResourceTable(usableSecret, 'kept'),
  }
}

/** A resource with faults is refused; parts that this data plane lacks are said once a version, and only some refuse it. */
function accept<Value>(decoded: Decoded<Value>, resource: { readonly name: string; readonly version: string }, logger: Logger): Value {
  const { value, errors, unsupported } = decoded
  const fatal = [...errors, ...unsupported.filter(({ level }) => level === 'error')]
  if (value === undefined || fatal.length > 0) {
    throw new HeddleError({
      code: 'HEDDLE_ADS_RESOURCE',
      message: textOf(fatal) || 'it cannot be read',
      origin: 'upstream',
    })
  }
  if (unsupported.length > 0) logger.warn('parts of a resource have no effect here', { ...resource, parts: textOf(unsupported) })
  return value
}

function textOf(issues: readonly { readonly path: string; readonly message: string }[]): string {
  return issues.map(({ path, message }) => `${path} ${message}`.trim()).join('; ')
}

/** Revocation lists that cannot be read are refused, and the last good ones hold. */
function usableDenials(bytes: Uint8Array): PushedDenials {
  const denials = decodeDenials(bytes)
  checkCrls(denials.crlPem)
  return denials
}

function checkCrls(crlPem: string = ''): void {
  const parsed = parseCrlPem(crlPem)
  if (parsed.ok) return
  throw new HeddleError({ code: 'HEDDLE_ADS_SECRET', message: `the revocation lists cannot be used: ${parsed.reason}`, origin: 'upstream' })
}

/** Key material that OpenSSL does not take would fail every handshake; refused, its last good version goes on. */
function usableSecret(bytes: Uint8Array, name: string): Secret {
  const secret = decodeSecret({ bytes })
  try {
    if (secret.kind === 'certificate') createSecureContext({ cert: secret.certificateChainPem, key: secret.privateKeyPem })
    else {
      createSecureContext({ ca: secret.rootsPem })
      checkCrls(secret.crlPem)
    }
  } catch (cause) {
    const message = `the secret "${name}" cannot be used: ${messageOf(cause)}`
    throw new HeddleError({ code: 'HEDDLE_ADS_SECRET', message, origin: 'upstream', cause })
  }
  return secret
}
