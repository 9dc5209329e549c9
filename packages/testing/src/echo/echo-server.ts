/** What all echo servers have in common once they listen. */
export interface EchoServer {
  readonly host: string
  readonly port: number
  /** Ends connections at once and stops listening. */
  close(): Promise<void>
}
