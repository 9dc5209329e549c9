/** A listener ready to serve: its chains with their managers. Connections keep the runtime that they began with. */
import type { FilterChain, Listener, TcpProxy } from '@heddle/routing'
import type { ManagerRuntime } from '../router/exchange-deps.js'

export type TerminalFilter =
  | { readonly kind: 'http'; readonly manager: ManagerRuntime }
  | { readonly kind: 'tcp'; readonly proxy: TcpProxy }
  | { readonly kind: 'none' }

export interface FilterChainRuntime {
  readonly config: FilterChain
  readonly terminal: TerminalFilter
}

export interface ListenerRuntime {
  readonly config: Listener
  readonly chains: readonly FilterChainRuntime[]
  readonly defaultChain: FilterChainRuntime | undefined
  /** Set when a newer configuration took its place, or the proxy drains: HTTP connections end after their answer. */
  draining: boolean
}

export function createListenerRuntime(config: Listener, makeTerminal: (chain: FilterChain) => TerminalFilter): ListenerRuntime {
  const compile = (chain: FilterChain): FilterChainRuntime => ({ config: chain, terminal: makeTerminal(chain) })
  return {
    config,
    chains: config.filterChains.map(compile),
    defaultChain: config.defaultFilterChain === undefined ? undefined : compile(config.defaultFilterChain),
    draining: false,
  }
}
