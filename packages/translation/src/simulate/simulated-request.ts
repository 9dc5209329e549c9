/** A request to be simulated, as people and tests write it. */

export interface SimulatedRequest {
  /**
   * Who asks. `NAME` or `NAME.NAMESPACE`: a workload with a sidecar (a Deployment, a Pod, or the label `app`). `gateway`, or
   * `gateway/NAME.NAMESPACE` of a Gateway resource: somebody outside, through an ingress gateway. `outside`: a client without a
   * sidecar that calls the service itself.
   */
  readonly from: string
  /** `http://HOST[:PORT]/PATH?QUERY`, `https://...`, or `tcp://HOST:PORT` and `tls://HOST:PORT` for bytes. Without a scheme: http. */
  readonly url: string
  /** Default: `GET`. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Server name of a TLS connection. Default: the host of the URL. */
  readonly sni?: string
  /** The namespace of names without one. Default: `default`. */
  readonly namespace?: string
}

export interface ParsedTarget {
  readonly scheme: 'http' | 'https' | 'tcp' | 'tls'
  readonly host: string
  readonly port: number
  /** With query. */
  readonly path: string
  /** The `Host` header: the port is left out where it is the scheme's default. */
  readonly authority: string
}
