/** Where a connection to an endpoint really goes. */
export interface DialTarget {
  readonly host: string
  readonly port: number
  /** The local address to bind. Absent: the system's choice. */
  readonly localAddress?: string
}
