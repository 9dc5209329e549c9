/** envoy.config.core.v3.SocketAddress; TCP only. */
export interface SocketAddress {
  /** An IP address, or a name where the cluster resolves DNS. */
  readonly address: string
  readonly port: number
}

/** envoy.type.v3.Int32Range: `start` included, `end` excluded. */
export interface PortRange {
  readonly start: number
  readonly end: number
}
