import { expect, test } from 'vitest'
import { type CidrRange, type ConnectionTraits, type FilterChainMatch, isAmong, matchFilterChain } from '../src/index.js'

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
  const chains = Object.entries(matches).map(([name, match]) => ({ config: { name, match, filters: [] } }))
  const listener = { chains, defaultChain: undefined }
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

test.each([
  ['10.0.0.0', 8, '10.255.0.1', true],
  ['10.0.0.0', 8, '11.0.0.1', false],
  ['192.0.2.128', 25, '192.0.2.127', false],
  ['192.0.2.128', 25, '192.0.2.200', true],
  ['0.0.0.0', 0, '203.0.113.9', true],
  ['0.0.0.0', 0, '2001:db8::1', false],
  ['192.0.2.1', 32, '192.0.2.1', true],
  ['2001:db8::', 32, '2001:db8:ffff::1', true],
  ['2001:db8::', 33, '2001:db8:8000::1', false],
  ['::1', 128, '0:0:0:0:0:0:0:1', true],
  ['::ffff:192.0.2.0', 120, '::ffff:192.0.2.7', true],
  ['192.0.2.0', 24, 'no address', false],
  ['192.0.2.0', 24, '192.0.2.256', false],
  ['2001:db8::', 32, '2001:db8::1::2', false],
] as const)('the block %s/%i and the address %s: %s', (addressPrefix, prefixLength, address, wanted) => {
  const range: CidrRange = { addressPrefix, prefixLength }
  expect(isAmong([range], address)).toBe(wanted)
})
