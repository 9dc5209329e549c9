import { describe, expect, it } from 'vitest'
import type { ConfigDump } from '../../src/output/config-dump.js'
import { type PolicyEnd, policyMismatches } from '../../src/target/tls-policy.js'

const cluster = 'outbound|80||web.default.svc.cluster.local'
const tls = (isMutual: boolean) => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: { commonTlsContext: isMutual ? { tlsCertificateSdsSecretConfigs: [{ name: 'default' }] } : {} },
})
/** As Istio writes it where nothing is said: mutual TLS to endpoints that say they take it. */
const automatic = {
  transportSocketMatches: [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: tls(true) },
    { name: 'tlsMode-disabled', match: {}, transportSocket: { name: 'envoy.transport_sockets.raw_buffer' } },
  ],
}

function client(
  fields: object,
  address = '10.0.0.2',
  metadata: object = { 'envoy.transport_socket_match': { tlsMode: 'istio' } },
): PolicyEnd {
  const endpoint = { endpoint: { address: { socketAddress: { address, portValue: 8080 } } }, metadata: { filterMetadata: metadata } }
  const configs = [
    { dynamic_active_clusters: [{ cluster: { name: cluster, edsClusterConfig: { serviceName: cluster }, ...fields } }] },
    { dynamic_endpoint_configs: [{ endpoint_config: { clusterName: cluster, endpoints: [{ lbEndpoints: [endpoint] }] } }] },
  ]
  return { name: 'client', podIp: '10.0.0.1', dump: { configs } }
}

function server(...filterChains: readonly object[]): PolicyEnd {
  const listener = { name: 'virtualInbound', filterChains }
  const dump: ConfigDump = { configs: [{ dynamic_listeners: [{ active_state: { listener } }] }] }
  return { name: 'server', podIp: '10.0.0.2', dump }
}

const mutualChain = { filterChainMatch: { destinationPort: 8080, transportProtocol: 'tls' }, transportSocket: tls(true) }
const plainChain = { filterChainMatch: { destinationPort: 8080, transportProtocol: 'raw_buffer' } }
const strict = server({ filterChainMatch: { destinationPort: 15006 } }, mutualChain)
const permissive = server(mutualChain, plainChain)
const disabled = server(plainChain)

describe('the policy of two ends', () => {
  it.each<[string, PolicyEnd, PolicyEnd]>([
    ['mutual TLS to STRICT', client(automatic), strict],
    ['mutual TLS to PERMISSIVE', client(automatic), permissive],
    ['plaintext to PERMISSIVE', client({}), permissive],
    ['plaintext to DISABLE', client(automatic, '10.0.0.2', {}), disabled],
    ['plaintext to somebody else', client({}, '10.0.0.9'), strict],
    ['plaintext to a gateway', client({}), { name: 'gateway', podIp: '10.0.0.2', dump: { configs: [] } }],
    [
      'mutual TLS to a port without chains of its own',
      client(automatic),
      server({ filterChainMatch: { transportProtocol: 'tls' }, transportSocket: tls(true) }),
    ],
  ])('fits with %s', (_, left, right) => expect(policyMismatches(left, right)).toEqual([]))

  it.each<[string, PolicyEnd, PolicyEnd, string]>([
    ['plaintext to STRICT', client({}), strict, `client sends plaintext to port 8080 of server (${cluster}), which takes mutual TLS only`],
    ['plaintext for want of a word to STRICT', client(automatic, '10.0.0.2', {}), strict, 'client sends plaintext'],
    ['TLS without a certificate to STRICT', client({ transportSocket: tls(false) }), strict, 'client sends TLS without a certificate'],
    ['mutual TLS to DISABLE', client({ transportSocket: tls(true) }), disabled, 'which takes none'],
  ])('does not fit with %s', (_, left, right, words) => {
    expect(policyMismatches(left, right)).toEqual([expect.stringContaining(words) as string])
  })
})
