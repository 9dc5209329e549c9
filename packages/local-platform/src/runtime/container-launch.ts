/** How a container of a Pod becomes a local command: image map, environment, preload, proxy settings. */
import { basename, join } from 'node:path'
import { HeddleError } from '@heddle/base'
import { boundPort, podEnvironment, proxyPorts } from '@heddle/client'
import { isTrafficSetup } from './built-in-images.js'
import { declaredEnvironment, type EnvironmentSources, expandReferences } from './container-environment.js'
import { fillTemplates, findImage, type ImageEntry, imageHint, type ImageRole, type ImageTemplates } from './image-map.js'
import type { Container } from './pod.js'
import type { PodRecord } from './pod-record.js'
import { containerIdVariable } from './stray-processes.js'
import { socketPathOf } from './workload-socket.js'

export interface LaunchSettings {
  readonly images: readonly ImageEntry[]
  /** The user's file, named in hints. */
  readonly imagesPath: string | undefined
  readonly preload: string
  readonly runtimeId: string
  /** Address of the platform's API for processes in Pods. */
  readonly api?: { readonly host: string; readonly port: number }
  /** Variables of every proxy. */
  readonly proxyEnvironment?: Readonly<Record<string, string>>
}

export interface Launch {
  readonly role: ImageRole
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

export interface LaunchContext {
  readonly settings: LaunchSettings
  readonly record: PodRecord
  readonly podDirectory: string
  readonly sources: EnvironmentSources
}

/**
 * What to run for a container.
 * @throws HEDDLE_RUNTIME_IMAGE for an image that no entry covers, HEDDLE_RUNTIME_CONFIG for a missing reference.
 */
export function planLaunch(container: Container, restartCount: number, context: LaunchContext): Launch {
  if (isTrafficSetup(container)) return { role: 'none', command: [], environment: {}, workingDirectory: context.podDirectory }
  const image = container.image ?? ''
  const entry =
    container.name === 'istio-proxy'
      ? (findImage(context.settings.images, image) ?? proxyEntry(context))
      : findImage(context.settings.images, image)
  if (!entry) {
    throw new HeddleError({
      code: 'HEDDLE_RUNTIME_IMAGE',
      message: imageHint(image, context.settings.imagesPath),
      origin: 'user',
      retryable: true,
    })
  }
  const role = entry.role ?? 'application'
  const templates = templatesOf(container, context)
  const declared = declaredEnvironment(container, context.sources)
  const command = commandOf(container, entry, templates, declared)
  const root = join(context.podDirectory, 'containers', container.name, 'root')
  return {
    role,
    command,
    environment: {
      ...baseEnvironment(context),
      ...contractEnvironment(context, root, role),
      ...(role === 'application' && applicationEnvironment(context, command, templates)),
      ...(role === 'proxy' && context.settings.proxyEnvironment),
      ...fillAll(entry.environment ?? {}, templates),
      ...declared,
      ...(role === 'application' && preloadEnvironment(context, declared)),
      [containerIdVariable]: `${context.record.uid}/${container.name}/${restartCount}`,
    },
    workingDirectory:
      container.workingDir && entry.workingDirectory === undefined ? root : fillTemplates(entry.workingDirectory ?? root, templates),
  }
}

/** Environment of a command that a user runs in a container: the container's own, with what its kind of program needs. */
export function execEnvironment(launch: Launch, command: readonly string[], context: LaunchContext): Readonly<Record<string, string>> {
  if (launch.role !== 'application' || isNode(command[0])) return launch.environment
  return { ...launch.environment, ...proxyEnvironment(context) }
}

function proxyEntry({ settings }: LaunchContext): ImageEntry | undefined {
  return settings.images.find((entry) => entry.role === 'proxy')
}

function commandOf(
  container: Container,
  entry: ImageEntry,
  templates: ImageTemplates,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const isReplaced = (container.command?.length ?? 0) > 0 && entry.role !== 'proxy'
  const entryPoint = isReplaced
    ? (container.command as readonly string[]).map((part) => expandReferences(part, environment))
    : entry.command.map((part) => fillTemplates(part, templates))
  const defaults = isReplaced ? [] : (entry.args ?? []).map((part) => fillTemplates(part, templates))
  const args = container.args ? container.args.map((part) => expandReferences(part, environment)) : defaults
  const [program = '', ...rest] = entryPoint
  return [program === 'node' ? process.execPath : program, ...rest, ...args]
}

function templatesOf(container: Container, { record, sources }: LaunchContext): ImageTemplates {
  const declared = container.ports?.[0]?.containerPort ?? 8080
  const { labels } = sources.pod.metadata
  return {
    appAddress: record.appAddress,
    podIp: record.podIp,
    port: boundPort(record.portMap, declared),
    version: labels?.['version'] ?? labels?.['app.kubernetes.io/version'] ?? 'v1',
  }
}

/** Nothing of the platform's own environment but where programs and the time zone are: a container is not its parent. */
function baseEnvironment({ settings, sources, podDirectory }: LaunchContext): Record<string, string> {
  const { env } = process
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: podDirectory,
    HOSTNAME: sources.pod.metadata.name,
    ...(env['LANG'] !== undefined && { LANG: env['LANG'] }),
    ...(env['TZ'] !== undefined && { TZ: env['TZ'] }),
    ...(settings.api && {
      KUBERNETES_SERVICE_HOST: settings.api.host,
      KUBERNETES_SERVICE_PORT: String(settings.api.port),
      KUBERNETES_SERVICE_PORT_HTTPS: String(settings.api.port),
    }),
  }
}

function contractEnvironment(
  { record, sources, settings, podDirectory }: LaunchContext,
  root: string,
  role: ImageRole,
): Record<string, string> {
  const shared = join(podDirectory, 'shared')
  const isInjected = record.appAddress !== record.podIp
  return {
    [podEnvironment.root]: root,
    [podEnvironment.podIp]: record.podIp,
    [podEnvironment.appAddress]: record.appAddress,
    [podEnvironment.portMap]: JSON.stringify(record.portMap),
    // A gateway has no application to give names to, and the platform's own file is not a proxy's to write.
    ...((isInjected || role !== 'proxy') && { [podEnvironment.names]: join(shared, isInjected ? 'names.json' : 'platform-names.json') }),
    [podEnvironment.platformNames]: join(shared, 'platform-names.json'),
    [podEnvironment.kept]: keptFolder(settings.runtimeId, sources.pod),
    [podEnvironment.runtime]: settings.runtimeId,
    ...workloadApiEnvironment(record, role),
    ...(record.externalAddress !== undefined && { [podEnvironment.externalAddress]: record.externalAddress }),
  }
}

/** By account, so that nobody is handed what another keeps. */
function keptFolder(stateDir: string, { metadata, spec }: EnvironmentSources['pod']): string {
  return join(stateDir, 'kept', metadata.namespace ?? 'default', spec.serviceAccountName ?? 'default')
}

/** The sidecar is told where to serve, the application where to ask (SPIFFE's own variable). */
function workloadApiEnvironment(record: PodRecord, role: ImageRole): Record<string, string> {
  const path = socketPathOf(record)
  if (path === undefined) return {}
  return role === 'proxy' ? { [podEnvironment.workloadSocket]: path } : { SPIFFE_ENDPOINT_SOCKET: `unix://${path}` }
}

/** Programs that the preload does not reach are told where to listen, and to use the sidecar's HTTP proxy. */
function applicationEnvironment(context: LaunchContext, command: readonly string[], templates: ImageTemplates): Record<string, string> {
  if (isNode(command[0])) return {}
  return { HOST: templates.appAddress, PORT: String(templates.port), ...proxyEnvironment(context) }
}

function proxyEnvironment({ record }: LaunchContext): Record<string, string> {
  if (record.appAddress === record.podIp) return {}
  const proxy = `http://${record.token}@${record.podIp}:${proxyPorts.httpProxy}`
  const direct = 'localhost,127.0.0.1'
  return { http_proxy: proxy, HTTP_PROXY: proxy, no_proxy: direct, NO_PROXY: direct }
}

function preloadEnvironment({ settings }: LaunchContext, declared: Readonly<Record<string, string>>): Record<string, string> {
  const own = declared['NODE_OPTIONS']
  const path = settings.preload.includes(' ') ? JSON.stringify(settings.preload) : settings.preload
  return { NODE_OPTIONS: `--require ${path}${own === undefined ? '' : ` ${own}`}` }
}

function fillAll(environment: Readonly<Record<string, string>>, templates: ImageTemplates): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fillTemplates(value, templates)]))
}

function isNode(program: string | undefined): boolean {
  return program !== undefined && (program === process.execPath || basename(program) === 'node')
}
