/** Envoy's response flags: short in logs and metrics, one boolean each in access log entries. */
import type { ResponseFlags } from '../gen/envoy/data/accesslog/v3/accesslog_pb.js'

type FlagField = Exclude<keyof ResponseFlags, 'unauthorizedDetails' | '$typeName' | '$unknown'>

const fields: Readonly<Record<string, FlagField>> = {
  LH: 'failedLocalHealthcheck',
  UH: 'noHealthyUpstream',
  UT: 'upstreamRequestTimeout',
  LR: 'localReset',
  UR: 'upstreamRemoteReset',
  UF: 'upstreamConnectionFailure',
  UC: 'upstreamConnectionTermination',
  UO: 'upstreamOverflow',
  NR: 'noRouteFound',
  DI: 'delayInjected',
  FI: 'faultInjected',
  RL: 'rateLimited',
  RLSE: 'rateLimitServiceError',
  DC: 'downstreamConnectionTermination',
  URX: 'upstreamRetryLimitExceeded',
  SI: 'streamIdleTimeout',
  IH: 'invalidEnvoyRequestHeaders',
  DPE: 'downstreamProtocolError',
  UMSDR: 'upstreamMaxStreamDurationReached',
  RFCF: 'responseFromCacheFilter',
  NFCF: 'noFilterConfigFound',
  DT: 'durationTimeout',
  UPE: 'upstreamProtocolError',
  NC: 'noClusterFound',
  OM: 'overloadManager',
  DF: 'dnsResolutionFailure',
  DR: 'downstreamRemoteReset',
}

const names = Object.entries(fields)

/** Flags without a field in the protocol are left out. */
export function encodeResponseFlags(flags: readonly string[], target: ResponseFlags): void {
  for (const flag of flags) {
    const field = fields[flag]
    if (field !== undefined) target[field] = true
  }
}

/** In the order of the protocol's fields. */
export function decodeResponseFlags(source: ResponseFlags | undefined): string[] {
  if (source === undefined) return []
  const flags = names.flatMap(([flag, field]) => (source[field] ? [flag] : []))
  return source.unauthorizedDetails === undefined ? flags : [...flags, 'UAEX']
}
