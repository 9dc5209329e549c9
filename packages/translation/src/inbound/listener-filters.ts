/**
 * The inspectors of `virtualInbound`. Each runs only on ports whose chains ask for its result: waiting for bytes on a port
 * where the server speaks first would hang.
 */
import type { FilterChain, ListenerFilter, PortRange } from '@heddle/routing'

const lastPort = 65_535

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
  const everywhere = needed.get(0) === true
  const exceptions = [...needed].filter(([port, value]) => port !== 0 && value !== everywhere).map(([port]) => port)
  const sorted = exceptions.toSorted((left, right) => left - right)
  const disabledOnPorts = everywhere ? sorted.map((port) => ({ start: port, end: port + 1 })) : between(sorted)
  return [disabledOnPorts.length === 0 ? { kind } : { kind, disabledOnPorts }]
}

/** All ports but these. */
function between(ports: readonly number[]): readonly PortRange[] {
  const ranges: PortRange[] = []
  let start = 0
  for (const port of [...ports, lastPort + 1]) {
    if (port > start) ranges.push({ start, end: port })
    start = port + 1
  }
  return ranges
}
