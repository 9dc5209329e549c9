/** The ways that a request may take: through one proxy, or through the two sidecars of a mesh. */
import type { Hop, Protocol, Site } from './contender.js'
import type { Credentials } from './credentials.js'
import { freePorts } from './running.js'

/** `plain`: one proxy. `mtls-in`: one proxy that demands certificates. `mtls`: two proxies, mutual TLS between them. */
export type Wiring = 'plain' | 'mtls-in' | 'mtls'

export interface SiteOptions {
  readonly protocol: Protocol
  readonly wiring: Wiring
  readonly upstreamPorts: readonly number[]
  readonly folder: string
  readonly credentials: Credentials | undefined
}

export async function createSite({ protocol, wiring, upstreamPorts, folder, credentials }: SiteOptions): Promise<Site> {
  const [port = 0, ...inner] = await freePorts(wiring === 'mtls' ? 1 + upstreamPorts.length : 1)
  const hop = (name: string, ports: readonly number[], upstream: readonly number[], tls: 'in' | 'out' | undefined): Hop => ({
    name,
    protocol,
    ports,
    upstreamPorts: upstream,
    isTlsIn: tls === 'in',
    isTlsOut: tls === 'out',
  })
  const hops =
    wiring === 'mtls'
      ? [hop('dialling', [port], inner, 'out'), hop('accepting', inner, upstreamPorts, 'in')]
      : [hop('proxy', [port], upstreamPorts, wiring === 'mtls-in' ? 'in' : undefined)]
  return { hops, folder, credentials }
}
