/** haproxy with one thread and keep-alive on both sides; one process holds all hops. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Hop } from '../contender.js'
import { type Credentials, serverName } from '../credentials.js'
import { versionOf } from '../installed.js'

export const haproxy: Contender = {
  name: 'haproxy',
  duty: 'bare',
  isRival: true,
  version: () => versionOf('haproxy', ['-v'], /version (\d\S*)/),
  prepare({ hops, folder, credentials }) {
    const [first] = hops as readonly [Hop]
    const file = join(folder, `haproxy-${first.ports[0]}.cfg`)
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 8192
defaults
  mode ${first.protocol === 'tcp' ? 'tcp' : 'http'}
  timeout connect 10s
  timeout client 1h
  timeout server 1h
${first.protocol === 'tcp' ? '' : '  http-reuse always\n'}${hops.map((hop) => sections(hop, credentials)).join('')}`,
    )
    return [{ command: ['haproxy', '-db', '-f', file], port: first.ports[0] as number }]
  },
}

function sections(hop: Hop, credentials: Credentials | undefined): string {
  const protocol = hop.protocol === 'http2' ? ' proto h2' : ''
  const tlsIn = hop.isTlsIn && credentials ? tlsOf(credentials.server.bothFile, credentials) : ''
  const tlsOut =
    hop.isTlsOut && credentials ? `${tlsOf(credentials.client.bothFile, credentials)} sni str(${serverName}) verifyhost ${serverName}` : ''
  return `frontend ${hop.name}
  bind 127.0.0.1:${hop.ports[0]}${protocol}${tlsIn}
  default_backend after-${hop.name}
backend after-${hop.name}
  server one 127.0.0.1:${hop.upstreamPorts[0]}${protocol}${tlsOut}
`
}

function tlsOf(ownFile: string, { rootFile }: Credentials): string {
  return ` ssl crt ${ownFile} ca-file ${rootFile} verify required ssl-min-ver TLSv1.2`
}
