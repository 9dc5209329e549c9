/**
 * What heddle-proxy is told: pilot-agent's arguments and environment as Istio's injector writes them, and the Pod contract
 * of the local platform when it runs there.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { HeddleError, messageOf } from '@heddle/base'
import { type PodContract, readPodContract } from '@heddle/client'
import type { AppProber } from '../agent/app-prober.js'

export type ProxyRole = 'sidecar' | 'router'

export interface ProxySettings {
  readonly role: ProxyRole
  /** `NAMESPACE.svc.cluster.local`. */
  readonly domain: string
  readonly podName: string
  readonly podNamespace: string
  readonly podIp: string
  readonly serviceAccount: string
  readonly trustDomain: string
  /** `host:port` of the authority and of discovery. */
  readonly caAddress: string
  readonly discoveryAddress: string
  readonly logLevel: string
  /** Node metadata as istiod reads it. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, string>>
  /** Original probes by rewritten path. */
  readonly probers: Readonly<Record<string, AppProber>>
  /** Undefined outside of the local platform. */
  readonly pod: PodContract | undefined
  readonly tokenPath: string
  readonly rootCertificatePath: string
  /** Where the last good configuration and certificate are kept. */
  readonly stateDir: string
  /** Processes that serve; 1: this one alone. */
  readonly concurrency: number
  /** Seed of the load balancer's randomness; undefined in production. */
  readonly seed: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws HEDDLE_PROXY_USAGE */
export function readProxySettings(argv: readonly string[], env: Environment): ProxySettings {
  const { role, flags } = parseCommandLine(argv)
  const pod = readPodContract(env)
  const inPod = (path: string): string => (pod ? join(pod.root, path) : path)
  const podNamespace = env['POD_NAMESPACE'] ?? 'default'
  const trustDomain = env['TRUST_DOMAIN'] || 'cluster.local'
  const config = parseObject(env['PROXY_CONFIG'])
  const labels = readDownwardLabels(inPod('/etc/istio/pod/labels'))
  const podIp = pod?.podIp ?? env['INSTANCE_IP'] ?? '127.0.0.1'
  return {
    role,
    domain: expand(flags.domain ?? '$(POD_NAMESPACE).svc.cluster.local', env),
    podName: env['POD_NAME'] ?? 'unknown',
    podNamespace,
    podIp,
    serviceAccount: env['SERVICE_ACCOUNT'] ?? 'default',
    trustDomain,
    caAddress: env['CA_ADDR'] ?? 'istiod.istio-system.svc:15012',
    discoveryAddress:
      typeof config['discoveryAddress'] === 'string' ? config['discoveryAddress'] : (env['CA_ADDR'] ?? 'istiod.istio-system.svc:15012'),
    logLevel: flags.proxyLogLevel ?? 'warning',
    labels,
    metadata: nodeMetadata(env, labels, podIp, podNamespace, trustDomain),
    probers: parseObject(env['ISTIO_KUBE_APP_PROBERS']) as Readonly<Record<string, AppProber>>,
    pod,
    tokenPath: inPod('/var/run/secrets/tokens/istio-token'),
    rootCertificatePath: inPod('/var/run/secrets/istio/root-cert.pem'),
    stateDir: inPod('/var/lib/istio/data'),
    concurrency: concurrencyOf(flags.concurrency ?? config['concurrency']),
    seed: env['HEDDLE_PROXY_SEED'] === undefined ? undefined : Number(env['HEDDLE_PROXY_SEED']),
  }
}

interface CommandFlags {
  readonly domain?: string
  readonly proxyLogLevel?: string
  readonly concurrency?: string
}

const maxConcurrency = 64

/** As Envoy's: 0 stands for all processors. Absent, it is 1 here: most proxies of a mesh need no more. */
function concurrencyOf(value: unknown): number {
  if (value === undefined || value === '') return 1
  const count = Number(value)
  if (Number.isInteger(count) && count >= 0 && count <= maxConcurrency) return count === 0 ? availableParallelism() : count
  throw new HeddleError({
    code: 'HEDDLE_PROXY_USAGE',
    message: `heddle-proxy: the concurrency must be a whole number from 0 to ${maxConcurrency}, not ${JSON.stringify(value)}`,
    origin: 'user',
    hint: '0 stands for one worker a processor.',
  })
}

function parseCommandLine(argv: readonly string[]): { readonly role: ProxyRole; readonly flags: CommandFlags } {
  const string = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        domain: string,
        proxyLogLevel: string,
        proxyComponentLogLevel: string,
        log_output_level: string,
        concurrency: string,
        templateFile: string,
        stsPort: string,
        outlierLogPath: string,
        log_as_json: { type: 'boolean' },
      },
    })
    const role = positionals[0] === 'proxy' ? (positionals[1] ?? 'sidecar') : positionals[0]
    if (role !== 'sidecar' && role !== 'router') throw new Error(`the role must be sidecar or router, not "${role ?? ''}"`)
    return { role, flags: values }
  } catch (cause) {
    throw new HeddleError({
      code: 'HEDDLE_PROXY_USAGE',
      message: `heddle-proxy: ${messageOf(cause)}`,
      origin: 'user',
      hint: 'Usage: heddle-proxy proxy sidecar|router [--domain NAMESPACE.svc.cluster.local] [--concurrency WORKERS] [--proxyLogLevel LEVEL]',
    })
  }
}

/** `ISTIO_META_X` becomes `X`, as istio-agent does. */
function nodeMetadata(
  env: Environment,
  labels: Readonly<Record<string, string>>,
  podIp: string,
  namespace: string,
  trustDomain: string,
): Readonly<Record<string, unknown>> {
  const fromEnvironment = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith('ISTIO_META_') && value !== undefined ? [[name.slice('ISTIO_META_'.length), value]] : [],
    ),
  )
  return {
    INTERCEPTION_MODE: 'REDIRECT',
    CLUSTER_ID: 'Kubernetes',
    MESH_ID: trustDomain,
    ISTIO_VERSION: '1.31.0',
    // On the local platform the app gets its names from us, so hosts without an address may be given one.
    ...(env['HEDDLE_POD_ROOT'] ? { DNS_CAPTURE: 'true' } : {}),
    ...fromEnvironment,
    NAME: env['POD_NAME'] ?? 'unknown',
    NAMESPACE: namespace,
    SERVICE_ACCOUNT: env['SERVICE_ACCOUNT'] ?? 'default',
    INSTANCE_IPS: podIp,
    LABELS: labels,
  }
}

/** The downward API writes `key="value"` lines. */
function readDownwardLabels(path: string): Readonly<Record<string, string>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {}
  }
  return Object.fromEntries(text.split('\n').flatMap(readLabel))
}

/** A line that is none is left out: labels are no reason not to serve. */
function readLabel(line: string): readonly (readonly [string, string])[] {
  const equals = line.indexOf('=')
  if (equals < 0) return []
  try {
    const value: unknown = JSON.parse(line.slice(equals + 1))
    return typeof value === 'string' ? [[line.slice(0, equals), value]] : []
  } catch {
    return []
  }
}

function parseObject(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined || text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch (cause) {
    throw new HeddleError({
      code: 'HEDDLE_PROXY_USAGE',
      message: `heddle-proxy: "${text.slice(0, 60)}" is not JSON`,
      origin: 'user',
      cause,
    })
  }
}

/** Kubernetes expands `$(NAME)` itself; by hand it may come as it stands. */
function expand(text: string, env: Environment): string {
  return text.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole)
}
