/** How a cluster's connections are made: source address, keep-alive, DNS. */
import type { Cluster } from '@heddle/routing'
import { packAny } from '../message/any.js'
import type { ClusterJson } from '../gen/envoy/config/cluster/v3/cluster_pb.js'
import type { TcpKeepaliveJson } from '../gen/envoy/config/core/v3/core_pb.js'
import { compact, compactOrNone, durationJson, durationMs, unlessDefault } from '../message/json-object.js'
import { extensionUrls } from '../type-url.js'

type ConnectionJson = Pick<ClusterJson, 'upstreamBindConfig' | 'upstreamConnectionOptions'>
type ConnectionModel = Pick<Cluster, 'sourceAddress' | 'tcpKeepalive'>
type DnsJson = Pick<ClusterJson, 'dnsLookupFamily' | 'dnsRefreshRate' | 'dnsJitter' | 'respectDnsTtl' | 'typedDnsResolverConfig'>
type Dns = NonNullable<Cluster['dns']>

export function encodeConnectionOptions(cluster: Cluster): ConnectionJson {
  return compact<ConnectionJson>({
    upstreamBindConfig:
      cluster.sourceAddress === undefined ? undefined : { sourceAddress: { address: cluster.sourceAddress, portValue: 0 } },
    upstreamConnectionOptions: cluster.tcpKeepalive === undefined ? undefined : { tcpKeepalive: encodeKeepalive(cluster.tcpKeepalive) },
  })
}

export function decodeConnectionOptions(json: ClusterJson): ConnectionModel {
  return compact<ConnectionModel>({
    sourceAddress: json.upstreamBindConfig?.sourceAddress?.address,
    tcpKeepalive: decodeKeepalive(json.upstreamConnectionOptions?.tcpKeepalive),
  })
}

function encodeKeepalive(keepalive: NonNullable<Cluster['tcpKeepalive']>): TcpKeepaliveJson {
  return compact<TcpKeepaliveJson>({
    keepaliveProbes: keepalive.probes,
    keepaliveTime: keepalive.timeSeconds,
    keepaliveInterval: keepalive.intervalSeconds,
  })
}

function decodeKeepalive(json: TcpKeepaliveJson | undefined): Cluster['tcpKeepalive'] {
  if (json === undefined) return undefined
  return compact<NonNullable<Cluster['tcpKeepalive']>>({
    probes: json.keepaliveProbes,
    timeSeconds: json.keepaliveTime,
    intervalSeconds: json.keepaliveInterval,
  })
}

/** Istio's resolver for every cluster that names hosts. */
const resolver = {
  name: 'envoy.network.dns_resolver.cares',
  typedConfig: packAny(extensionUrls.caresDnsResolver, { udpMaxQueries: 100 }),
}

export function encodeDns(cluster: Cluster): DnsJson {
  const { dns, type } = cluster
  return compact<DnsJson>({
    dnsLookupFamily: dns?.lookupFamily === 'AUTO' ? undefined : dns?.lookupFamily,
    dnsRefreshRate: durationJson(dns?.refreshRateMs),
    dnsJitter: durationJson(dns?.jitterMs),
    respectDnsTtl: unlessDefault(dns?.respectTtl),
    typedDnsResolverConfig: type === 'STRICT_DNS' || type === 'LOGICAL_DNS' ? resolver : undefined,
  })
}

export function decodeDns(json: ClusterJson): Pick<Cluster, 'dns'> {
  const dns = compactOrNone<Dns>({
    lookupFamily: json.dnsLookupFamily === undefined ? undefined : lookupFamilies[json.dnsLookupFamily],
    refreshRateMs: durationMs(json.dnsRefreshRate),
    jitterMs: durationMs(json.dnsJitter),
    respectTtl: json.respectDnsTtl,
  })
  return dns === undefined ? {} : { dns }
}

const lookupFamilies: { readonly [K in NonNullable<ClusterJson['dnsLookupFamily']>]: NonNullable<Dns['lookupFamily']> } = {
  AUTO: 'AUTO',
  V4_ONLY: 'V4_ONLY',
  V6_ONLY: 'V6_ONLY',
  V4_PREFERRED: 'V4_PREFERRED',
  ALL: 'ALL',
}
