/** Protocols that are neither offered nor selected: HTTP/2 while it has no codec, and Istio's peer exchange, whose frames are not spoken here. */
export const unspokenProtocols: ReadonlySet<string> = new Set(['istio-peer-exchange', 'h2', 'istio-h2'])
