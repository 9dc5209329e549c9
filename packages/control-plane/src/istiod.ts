/** `heddle-istiod`: the control plane as a Pod, put together from its service account, the API and the authority's Secret. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isHeddleError, type Logger, messageOf } from '@heddle/base'
import { type FollowedFiles, systemClock } from '@heddle/base/node'
import { meshConfigMap, readMeshConfig } from '@heddle/translation'
import { type AuditLog, type AuditSink, type Ca, createCa, createJoinTokens, openAuditLog, readCacerts } from '@heddle/ca'
import { configMaps, createResourceClient, followCrlFile, loadInClusterConfig, readPodContract, type ResourceClient } from '@heddle/client'
import { watchCaSettings } from './citadel/ca-settings-watch.js'
import { createFederationFollower } from './citadel/federation-follower.js'
import { readFederation } from './citadel/federation-settings.js'
import { createJwtRuleAuthenticator, readJwtRules } from './citadel/jwt-rules.js'
import { createWorkloadAuthenticators } from './citadel/workload-authenticators.js'
import { createSecretJoinTokenStore } from './citadel/join-token-store.js'
import { companionSecret, createSecretCaStore } from './citadel/secret-store.js'
import { type ControlPlaneOptions, createControlPlane } from './control-plane.js'
import { type IstiodSettings, readSettings } from './istiod-settings.js'
import { meshTextOf } from './source/mesh-config-watch.js'

/** Where Istio mounts them. */
const cacertsFolder = '/etc/cacerts'
const issuanceFolder = '/var/lib/istiod/issued'
/** Of a kept folder of the local platform. */
const keptIssuanceFolder = 'issued'
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

interface IstiodDeps {
  readonly logger: Logger
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Runs until the signal aborts. */
export async function runIstiod(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  deps: IstiodDeps,
): Promise<void> {
  const settings = readSettings(argv, env)
  const pod = readPodContract(env)
  const client = createResourceClient(
    await loadInClusterConfig({
      host: env['KUBERNETES_SERVICE_HOST'] ?? '',
      port: env['KUBERNETES_SERVICE_PORT'] ?? '443',
      directory: join(pod?.root ?? '/', serviceAccountFolder),
    }),
  )
  try {
    const issued = pod?.keptPath === undefined ? join(pod?.root ?? '/', issuanceFolder) : join(pod.keptPath, keptIssuanceFolder)
    await serve(
      client,
      settings,
      { root: pod?.root ?? '/', isLocal: pod !== undefined, issued, podName: env['POD_NAME'] ?? 'istiod' },
      deps,
    )
  } finally {
    await client.close()
  }
}

interface Place {
  readonly root: string
  /** On the local platform, whose tokens its published keys judge: there is no Pod that its API does not know. */
  readonly isLocal: boolean
  /** The issuance logs of every istiod that has this folder, each in a folder of its own: two run at a time while one replaces the other. */
  readonly issued: string
  readonly podName: string
}

async function serve(
  client: ResourceClient,
  settings: IstiodSettings,
  { root, isLocal, issued, podName }: Place,
  { logger, signal }: IstiodDeps,
): Promise<void> {
  const mesh = await meshSettings(client, settings.namespace)
  const trustDomain = settings.trustDomain ?? mesh.trustDomain ?? 'cluster.local'
  const trustDomainAliases = mesh.trustDomainAliases ?? []
  const log = await openIssuanceLog(join(issued, podName), logger)
  const ca = await openAuthority(client, settings, { trustDomain, trustDomainAliases, root, log, logger })
  // Only an authority below somebody else's root has none of its own to rotate.
  const cacertsCrl = ca.rotation ? undefined : followCacertsCrl(root, ca, logger)
  const { namespace, clusterDomain, address, ports } = settings
  const joinTokens = createJoinTokens({
    trustDomain,
    store: createSecretJoinTokenStore(client, namespace, systemClock),
    ...(log && { audit: log.sink }),
  })
  const openId = createJwtRuleAuthenticator(trustDomain, { clock: systemClock })
  const fromEnvironment = readJwtRules(settings.jwtRules)
  openId.replace(fromEnvironment)
  const federation = await createFederationFollower({ client, namespace }, { clock: systemClock, logger })
  const caSettings = watchCaSettings({
    client,
    namespace,
    logger,
    onText: {
      'jwt-rules': (text) => openId.replace([...fromEnvironment, ...readJwtRules(text)]),
      federation: (text) => federation.follow(readFederation(text, trustDomain)),
    },
  })
  const isReviewing = settings.isReviewing ?? !isLocal
  const { audiences } = settings
  const who = { client, ca, joinTokens, openId, trustDomain, audiences, isReviewing, clock: systemClock }
  const authenticators = await createWorkloadAuthenticators(who)
  const controlPlane = createControlPlane(
    {
      client,
      ca,
      joinTokens,
      federation,
      ...webIdentityOf(settings, root),
      address,
      ports,
      namespace,
      dnsNames: servingNames(namespace),
      meshConfig: { trustDomain, rootNamespace: namespace, clusterDomain, meshId: trustDomain },
      version: ownVersion(),
      ...(log && { issuanceLog: issued }),
      authenticators,
    },
    { logger },
  )
  try {
    await controlPlane.start(signal)
    await untilAborted(signal)
  } finally {
    await controlPlane.close()
    await caSettings.close()
    federation.close()
    cacertsCrl?.close()
    await ca.close()
    await log?.close()
  }
}

interface AuthorityParts {
  readonly trustDomain: string
  readonly trustDomainAliases: readonly string[]
  readonly root: string
  readonly log: AuditLog | undefined
  readonly logger: Logger
}

/** Below the root that is plugged in as Istio's `cacerts`, where that is mounted; otherwise with a root of its own in the Secret. */
async function openAuthority(client: ResourceClient, { namespace, lifetimes }: IstiodSettings, parts: AuthorityParts): Promise<Ca> {
  const { trustDomain, trustDomainAliases, root, log, logger } = parts
  const audit: AuditSink = async (record) => {
    logger.info('issued a certificate', { ...record })
    await log?.sink(record)
  }
  const plugged = join(root, cacertsFolder)
  const isPlugged = ['ca-cert.pem', 'tls.crt'].some((name) => existsSync(join(plugged, name)))
  const source = isPlugged
    ? {
        cacerts: await readCacerts(plugged),
        companionStore: createSecretCaStore(client, namespace, companionSecret),
        formerStore: createSecretCaStore(client, namespace),
      }
    : { store: createSecretCaStore(client, namespace) }
  return await createCa({ trustDomain, trustDomainAliases, audit, isRotationAutomatic: true, ...lifetimes, ...source }, { logger })
}

/** The revocation lists beside a plugged-in authority change while everything runs. */
function followCacertsCrl(root: string, ca: Ca, logger: Logger): FollowedFiles {
  return followCrlFile(join(root, cacertsFolder, 'ca-crl.pem'), (crlPem) => ca.replaceCrls(crlPem), { clock: systemClock, logger })
}

/** A disk that cannot be written, as in a container with a root file system that is read-only, must not end the mesh: its log has every record too. */
async function openIssuanceLog(directory: string, logger: Logger): Promise<AuditLog | undefined> {
  try {
    return await openAuditLog({ directory })
  } catch (error) {
    if (isHeddleError(error)) throw error
    logger.warn('there is no issuance log, only these lines: its folder cannot be used', { directory, error: messageOf(error) })
    return undefined
  }
}

/** Read at each use, since such certificates are renewed under us. */
function webIdentityOf({ webCertificate }: IstiodSettings, root: string): Pick<ControlPlaneOptions, 'bundleEndpointIdentity'> {
  if (!webCertificate) return {}
  const { certificatePath, keyPath } = webCertificate
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
  return { bundleEndpointIdentity: () => ({ certificateChainPem: textOf(certificatePath), privateKeyPem: textOf(keyPath) }) }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The authority's names are fixed at its start; a later change in the ConfigMap needs a new start. */
async function meshSettings(client: ResourceClient, namespace: string): Promise<ReturnType<typeof readMeshConfig>['config']> {
  return readMeshConfig(meshTextOf(await client.get(configMaps, meshConfigMap, namespace))).config
}

/** The names under which Pods know the control plane; the article's components are the same process. */
function servingNames(namespace: string): readonly string[] {
  return ['istiod', 'istio-pilot', 'istio-citadel'].flatMap((name) => [
    `${name}.${namespace}.svc`,
    `${name}.${namespace}.svc.cluster.local`,
    `${name}.${namespace}`,
  ])
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version
}
