import { expect, test } from 'vitest'
import type { FilterChainMatch } from '@heddle/routing'
import { type ConnectionTraits, matchFilterChain } from '../../src/listener/filter-chain-match.js'
import { createListenerRuntime } from '../../src/listener/listener-runtime.js'

/** The chains of a PERMISSIVE sidecar in istiod's order: blackhole, catch-all, then one port. */
const virtualInbound: Readonly<Record<string, FilterChainMatch>> = {
  blackhole: { destinationPort: 15006 },
  'any-mtls-http': { applicationProtocols: ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'], transportProtocol: 'tls' },
  'any-http': { applicationProtocols: ['http/1.1', 'h2c'], transportProtocol: 'raw_buffer' },
  'any-mtls-tcp': { applicationProtocols: ['istio-peer-exchange', 'istio'], transportProtocol: 'tls' },
  'any-tcp': { transportProtocol: 'raw_buffer' },
  'any-tls': { transportProtocol: 'tls' },
  'port-mtls-http': {
    applicationProtocols: ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'],
    destinationPort: 8080,
    transportProtocol: 'tls',
  },
  'port-http': { applicationProtocols: ['http/1.1', 'h2c'], destinationPort: 8080, transportProtocol: 'raw_buffer' },
  'port-tcp': { destinationPort: 8080, transportProtocol: 'raw_buffer' },
  'port-tls': { destinationPort: 8080, transportProtocol: 'tls' },
}

const gateway: Readonly<Record<string, FilterChainMatch>> = {
  exact: { serverNames: ['a.example.com'] },
  suffix: { serverNames: ['*.example.com'] },
  longer: { serverNames: ['*.deep.example.com'] },
  any: {},
}

function choose(matches: Readonly<Record<string, FilterChainMatch>>, traits: Partial<ConnectionTraits>): string | undefined {
  const listener = createListenerRuntime(
    {
      name: 'l',
      address: { address: '0.0.0.0', port: 15006 },
      trafficDirection: 'inbound',
      filterChains: Object.entries(matches).map(([name, match]) => ({ name, match, filters: [] })),
    },
    () => ({ kind: 'none' }),
  )
  return matchFilterChain(listener, {
    destinationAddress: '10.0.0.1',
    destinationPort: 8080,
    sourceAddress: '10.0.0.2',
    directSourceAddress: '10.0.0.2',
    sourcePort: 4000,
    serverName: undefined,
    transportProtocol: 'raw_buffer',
    applicationProtocols: [],
    ...traits,
  })?.config.name
}

test.each([
  [
    'mutual TLS with HTTP inside',
    { transportProtocol: 'tls', applicationProtocols: ['istio-http/1.1', 'istio', 'http/1.1'] },
    'port-mtls-http',
  ],
  ['plain HTTP', { applicationProtocols: ['http/1.1'] }, 'port-http'],
  ['plain bytes', {}, 'port-tcp'],
  ['TLS that is not the mesh', { transportProtocol: 'tls', applicationProtocols: ['h2', 'http/1.1'] }, 'port-tls'],
  [
    'another port, mutual TLS with bytes',
    { destinationPort: 9, transportProtocol: 'tls', applicationProtocols: ['istio'] },
    'any-mtls-tcp',
  ],
  ['the capture port itself', { destinationPort: 15006 }, 'blackhole'],
] as const)('an inbound sidecar: %s', (_, traits, wanted) => {
  expect(choose(virtualInbound, traits)).toBe(wanted)
})

test.each([
  ['a.example.com', 'exact'],
  ['b.example.com', 'suffix'],
  ['x.deep.example.com', 'longer'],
  ['other.org', 'any'],
  [undefined, 'any'],
] as const)('a gateway chooses by server name: %s -> %s', (serverName, wanted) => {
  expect(choose(gateway, { serverName, transportProtocol: 'tls' })).toBe(wanted)
})

test('a step that narrowed is not taken back', () => {
  const { 'port-mtls-http': only } = virtualInbound
  expect(choose({ catchAll: { transportProtocol: 'raw_buffer' }, port: only as FilterChainMatch }, {})).toBeUndefined()
})
