/** New connections with mutual TLS 1.3 and P-256 certificates, one request on each: CPU of the accepting side. */
import type { Bar } from '../bars.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import type { Form } from '../form.js'
import { interleavedForm } from '../interleaved.js'
import { handshakeLoad } from '../load/http1.js'
import { http1Upstream } from '../upstream.js'

const bars: readonly Bar[] = [{ figure: 'cpuMsPer1k', measure: 'full', kind: 'at-most', limit: 1.35, rival: 'nginx' }]

export const handshake: Form = interleavedForm({
  name: 'handshake',
  summary: 'new mTLS connections with one request each, full and resumed handshakes, CPU of the accepting side',
  protocol: 'http1',
  wiring: 'mtls-in',
  contenders: [heddle('mesh'), nginx, haproxy, envoy('mesh')],
  upstream: http1Upstream,
  measures: ({ cores, credentials }) => [
    { name: 'full', unit: 'connection', load: handshakeLoad(cores.load, credentials, false) },
    {
      name: 'resumed',
      unit: 'connection',
      load: handshakeLoad(cores.load, credentials, true),
      excludes: ({ name }) =>
        name.startsWith('heddle') ? 'gives no tickets on mTLS listeners, so that every connection shows its certificate' : undefined,
    },
  ],
  bars,
})
