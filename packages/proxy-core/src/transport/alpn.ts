/** Names of protocols in TLS (ALPN, RFC 7301): what is offered to upstreams and selected for clients. */

/** Istio's peer exchange is neither offered nor selected: its frames are not spoken here. */
export const unspokenProtocols: ReadonlySet<string> = new Set(['istio-peer-exchange'])

export const http2Protocols: ReadonlySet<string> = new Set(['h2', 'istio-h2'])

/** Istio's override names the HTTP inside of mutual TLS, so that the other side picks its HTTP filter chain. */
export const istioHttp1: readonly string[] = ['istio-http/1.1', 'istio', 'http/1.1']
export const istioHttp2: readonly string[] = ['istio-h2', 'istio', 'h2']
