/** Istio's names of clusters, and the clusters that every proxy has. */

export const blackHole = 'BlackHoleCluster'
export const passthrough = 'PassthroughCluster'
export const inboundPassthrough = 'InboundPassthroughCluster'

export function outboundName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`
}

export function inboundName(targetPort: number): string {
  return `inbound|${targetPort}||`
}

/** The form without `|` that is allowed in a server name indication. */
export function sniOf(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`
}
