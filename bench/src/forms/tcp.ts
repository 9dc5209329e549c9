/** TCP without TLS: bulk from the upstream over 8 connections, and 64 connections that echo 64 bytes. */
import type { Bar } from '../bars.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import { nodeNet } from '../contenders/node-proxies.js'
import type { Form } from '../form.js'
import { interleavedForm } from '../interleaved.js'
import { bulkLoad, echoLoad } from '../load/tcp.js'
import { tcpUpstream } from '../upstream.js'

const bars: readonly Bar[] = [
  { figure: 'cpuMsPer1k', measure: 'bulk', kind: 'at-most', limit: 1, rival: 'nginx' },
  { figure: 'cpuMsPer1k', measure: 'echo', kind: 'at-most', limit: 1.4, rival: 'nginx' },
]

export const tcp: Form = interleavedForm({
  name: 'tcp',
  summary: 'TCP: bulk over 8 connections (CPU ms for a GB, MB a second) and 64-byte echo over 64',
  protocol: 'tcp',
  wiring: 'plain',
  contenders: [heddle('mesh'), nodeNet, nginx, haproxy, envoy('mesh')],
  upstream: () => tcpUpstream,
  measures: ({ cores }) => [
    { name: 'bulk', unit: 'MB', load: bulkLoad(cores.load) },
    { name: 'echo', unit: 'message', load: echoLoad(cores.load) },
  ],
  bars,
})
