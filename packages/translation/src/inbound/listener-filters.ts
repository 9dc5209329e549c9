/**
 * The inspectors of `virtualInbound`. Each is off on the declared ports whose chains do not ask for its result: waiting for
 * bytes on a port where the server speaks first would hang. Chains without a port count as port 0, as with Istio.
 */
import type { FilterChain, ListenerFilter } from '@heddle/routing'

export function inboundListenerFilters(chains: readonly FilterChain[]): readonly ListenerFilter[] {
  return [
    { kind: 'original-dst' },
    ...inspector('tls-inspector', chains, (chain) => chain.match?.transportProtocol === 'tls'),
    ...inspector('http-inspector', chains, (chain) => chain.match?.applicationProtocols?.includes('http/1.1') === true),
  ]
}

function inspector(
  kind: 'tls-inspector' | 'http-inspector',
  chains: readonly FilterChain[],
  needs: (chain: FilterChain) => boolean,
): readonly ListenerFilter[] {
  const needed = new Map<number, boolean>()
  for (const chain of chains) {
    const port = chain.match?.destinationPort ?? 0
    needed.set(port, needed.get(port) === true || needs(chain))
  }
  if (![...needed.values()].includes(true)) return []
  const idle = [...needed].filter(([, value]) => !value).map(([port]) => port)
  const disabledOnPorts = idle.toSorted((left, right) => left - right).map((port) => ({ start: port, end: port + 1 }))
  return [disabledOnPorts.length === 0 ? { kind } : { kind, disabledOnPorts }]
}
