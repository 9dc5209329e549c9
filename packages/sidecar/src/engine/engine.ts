/** The engine as a Pod's proxy runs it: secrets from the identity, listeners by the bind plan, RE2 for regular expressions. */
import { createSeededRandom, type Random } from '@heddle/base'
import { proxyPorts, readNamesFile } from '@heddle/client'
import { createProxy, type IstioTelemetry, type Proxy } from '@heddle/proxy-core'
import { emptyProxyConfig, type SecretSource } from '@heddle/routing'
import { type BindPlan, createBindPlan, declaredPortsOf } from './bind-plan.js'
import { compileRegex } from './linear-regex.js'
import type { MeshNames } from './mesh-names.js'
import type { ProxySettings } from '../settings/proxy-settings.js'
import type { SidecarDeps } from '../sidecar.js'
import { limitShare } from '../workers/limit-share.js'

/** Of the whole proxy; more are closed at once. */
const maxConnections = 10_000

export interface EngineParts {
  readonly settings: ProxySettings
  readonly secrets: SecretSource
  readonly telemetry: IstioTelemetry
  readonly names: MeshNames
  /** Called when a refused resource came into force without a new configuration. */
  readonly onRecovered: () => void
}

export function createEngine({ settings, secrets, telemetry, names, onRecovered }: EngineParts, deps: SidecarDeps): Proxy {
  const plan = planOf(settings, deps.random)
  return createProxy(emptyProxyConfig, {
    ...deps,
    random: balancingRandom(settings.seed, deps.random),
    maxConnections: limitShare(maxConnections, settings.concurrency),
    secrets,
    compileRegex,
    // Istio's configuration means Envoy's defaults.
    acceptsHttp10: false,
    telemetry,
    onRecovered,
    resolveName: (host, port) => {
      const address = names.resolve(host)
      if (address === undefined) return undefined
      // Its own administration is for who may reach it directly, not for every client of the proxy.
      const isOwn = address.startsWith('127.0.0.') || address === '::1' || address === settings.pod?.podIp
      return isOwn && port === proxyPorts.admin ? 'forbidden' : { address, port }
    },
    ...(plan ? { bind: (listener) => plan.bind(listener), dial: (cluster, endpoint) => plan.dial(cluster, endpoint) } : {}),
  })
}

function planOf({ pod, metadata }: ProxySettings, random: Random): BindPlan | undefined {
  if (!pod) return undefined
  const known = pod.namesPath === undefined ? undefined : readNamesFile(pod.namesPath)?.token
  // Without a names file nobody has the Pod's token: one that nobody can know keeps the capture ports closed to everybody.
  const token = known ?? Buffer.from(random.bytes(16)).toString('hex')
  return createBindPlan({ pod, token, declaredPorts: declaredPortsOf(metadata) })
}

/** With a seed the choice of endpoints and weighted clusters can be repeated; identifiers stay unique. */
function balancingRandom(seed: number | undefined, random: Random): Random {
  if (seed === undefined) return random
  const seeded = createSeededRandom(seed)
  return { next: () => seeded.next(), bytes: (count) => random.bytes(count) }
}
