/** What `heddle-istiod` reads from its environment and arguments: istiod's names where it has them. */
import { parseArgs } from 'node:util'
import { HeddleError, parseDuration } from '@heddle/base'

export interface IstiodSettings {
  readonly address: string
  readonly namespace: string
  /** Undefined: the ConfigMap `istio` says it, and without that it is `cluster.local`. */
  readonly trustDomain: string | undefined
  readonly clusterDomain: string
  readonly revision: string
  readonly ports: IstiodPorts
  /** At least one must be in a caller's token (Istio's TOKEN_AUDIENCES). */
  readonly audiences: readonly string[]
  /** Whether the API server judges tokens. Undefined: on a cluster it does, on the local platform its published keys do. */
  readonly isReviewing: boolean | undefined
  /** JSON of Istio's JWT_RULE: an OpenID issuer whose tokens are taken as well. */
  readonly jwtRules: string | undefined
  readonly lifetimes: CertificateLifetimes
  /** Files of a certificate of the web's authorities for the bundle endpoint. Undefined: it shows istiod's own SPIFFE certificate. */
  readonly webCertificate: { readonly certificatePath: string; readonly keyPath: string } | undefined
}

/** In seconds; what is absent has the authority's default. */
export interface CertificateLifetimes {
  /** Of workloads that name none (Istio's DEFAULT_WORKLOAD_CERT_TTL). */
  readonly defaultTtlSeconds?: number
  /** No workload gets more (Istio's MAX_WORKLOAD_CERT_TTL). */
  readonly maxTtlSeconds?: number
  /** Of roots made here (Istio's CITADEL_SELF_SIGNED_CA_CERT_TTL). */
  readonly rootTtlSeconds?: number
}

export interface IstiodPorts {
  /** ADS and certificates over TLS. */
  readonly secureGrpc: number
  readonly monitoring: number
  /** The mesh's metrics on Mixer's port. */
  readonly telemetry: number
  /** The trust bundle for other trust domains, over HTTPS. */
  readonly bundle: number
}

export const defaultPorts: IstiodPorts = { secureGrpc: 15012, monitoring: 15014, telemetry: 42422, bundle: 8443 }

const usualTtlSeconds = 24 * 3600
const reviewVariable = 'HEDDLE_TOKEN_REVIEW'

/** @throws HEDDLE_CONTROL_PLANE_USAGE */
export function readSettings(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): IstiodSettings {
  const { values } = parse(argv)
  return {
    address: env['POD_IP'] ?? '127.0.0.1',
    namespace: env['POD_NAMESPACE'] ?? 'istio-system',
    trustDomain: env['TRUST_DOMAIN'] || undefined,
    clusterDomain: values.domain ?? 'cluster.local',
    revision: env['REVISION'] ?? 'default',
    audiences: (env['TOKEN_AUDIENCES'] || 'istio-ca').split(',').map((audience) => audience.trim()),
    isReviewing: booleanOf(reviewVariable, env[reviewVariable]),
    jwtRules: env['JWT_RULE'] || undefined,
    lifetimes: lifetimesOf(env),
    webCertificate: webCertificateOf(env),
    ports: {
      secureGrpc: portOf(values.secureGRPCAddr, defaultPorts.secureGrpc),
      monitoring: portOf(values.monitoringAddr, defaultPorts.monitoring),
      telemetry: portOf(values.telemetryAddr, defaultPorts.telemetry),
      bundle: portOf(values.bundleAddr, defaultPorts.bundle),
    },
  }
}

function parse(argv: readonly string[]) {
  try {
    const string = { type: 'string' } as const
    return parseArgs({
      args: argv[0] === 'discovery' ? argv.slice(1) : [...argv],
      options: {
        domain: string,
        secureGRPCAddr: string,
        monitoringAddr: string,
        telemetryAddr: string,
        bundleAddr: string,
        log_output_level: string,
      },
    })
  } catch (cause) {
    throw new HeddleError({
      code: 'HEDDLE_CONTROL_PLANE_USAGE',
      message: `heddle-istiod: ${(cause as Error).message}`,
      origin: 'user',
      hint: 'Usage: heddle-istiod discovery [--domain=cluster.local] [--secureGRPCAddr=:15012] [--monitoringAddr=:15014] [--telemetryAddr=:42422] [--bundleAddr=:8443]',
    })
  }
}

function webCertificateOf(env: Readonly<Record<string, string | undefined>>): IstiodSettings['webCertificate'] {
  const [certificatePath, keyPath] = [env['BUNDLE_ENDPOINT_CERT'], env['BUNDLE_ENDPOINT_KEY']]
  return certificatePath && keyPath ? { certificatePath, keyPath } : undefined
}

/** A maximum below the usual default lowers the default, too; one that is given has to fit. */
function lifetimesOf(env: Readonly<Record<string, string | undefined>>): CertificateLifetimes {
  const maxTtlSeconds = secondsOf('MAX_WORKLOAD_CERT_TTL', env)
  const given = secondsOf('DEFAULT_WORKLOAD_CERT_TTL', env)
  const defaultTtlSeconds = given ?? (maxTtlSeconds !== undefined && maxTtlSeconds < usualTtlSeconds ? maxTtlSeconds : undefined)
  const rootTtlSeconds = secondsOf('CITADEL_SELF_SIGNED_CA_CERT_TTL', env)
  return {
    ...(maxTtlSeconds !== undefined && { maxTtlSeconds }),
    ...(defaultTtlSeconds !== undefined && { defaultTtlSeconds }),
    ...(rootTtlSeconds !== undefined && { rootTtlSeconds }),
  }
}

function secondsOf(name: string, env: Readonly<Record<string, string | undefined>>): number | undefined {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  const duration = parseDuration(value)
  if (duration.ok && duration.ms >= 60_000) return Math.floor(duration.ms / 1000)
  throw new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_USAGE',
    message: `${name} is "${value}", not a duration of at least a minute such as 24h`,
    origin: 'user',
  })
}

function booleanOf(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined || value === '') return undefined
  if (value === 'true' || value === 'false') return value === 'true'
  throw new HeddleError({ code: 'HEDDLE_CONTROL_PLANE_USAGE', message: `${name} is "${value}", neither true nor false`, origin: 'user' })
}

/** `:15014` or `15014`. */
function portOf(value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  const port = Number(value.slice(value.lastIndexOf(':') + 1))
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_USAGE',
    message: `"${value}" is not an address with a port such as :15014`,
    origin: 'user',
  })
}
