/** HTTP/1.1 at 5,000 requests a second, open loop: what a proxy costs and delays when it is not saturated. */
import type { Bar } from '../bars.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import { replyFrom, undici } from '../contenders/node-proxies.js'
import type { Form } from '../form.js'
import { interleavedForm } from '../interleaved.js'
import { http1Load, http1Rate } from '../load/http1.js'
import { http1Upstream } from '../upstream.js'

const bars: readonly Bar[] = [
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 1.3, rival: 'nginx' },
  { figure: 'p50Ms', kind: 'below', limit: 1, rival: 'envoy mesh' },
  { figure: 'p99Ms', kind: 'below', limit: 1, rival: 'envoy mesh' },
  { figure: 'p50Ms', kind: 'at-most', limit: 1.15, rival: 'nginx' },
]

export const h1Rate: Form = interleavedForm({
  name: 'h1-rate',
  summary: 'HTTP/1.1 at 5,000 requests a second, open loop, latency from the intended time of sending',
  protocol: 'http1',
  wiring: 'plain',
  contenders: [heddle('bare'), heddle('mesh'), undici, replyFrom, nginx, haproxy, envoy('bare'), envoy('mesh')],
  upstream: http1Upstream,
  measures: ({ cores, folder }, { rate }) => [
    { name: `${rate} rps`, unit: 'request', load: http1Rate(cores.load, rate), warmUp: http1Load({ core: cores.load, folder }) },
  ],
  bars,
})
