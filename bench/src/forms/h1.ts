/** HTTP/1.1 to HTTP/1.1, 64 keep-alive connections that always have a request in flight, 1 KB answers. */
import { measureAllocations } from '../allocations.js'
import type { Bar } from '../bars.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import { httpProxy3, replyFrom, undici } from '../contenders/node-proxies.js'
import type { Contender } from '../contender.js'
import type { Form } from '../form.js'
import { chosen, interleavedForm } from '../interleaved.js'
import { http1Load } from '../load/http1.js'
import { http1Upstream } from '../upstream.js'

const contenders: readonly Contender[] = [
  heddle('bare'),
  heddle('mesh'),
  undici,
  replyFrom,
  httpProxy3,
  nginx,
  haproxy,
  envoy('bare'),
  envoy('mesh'),
]

const bars: readonly Bar[] = [
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 0.5, rival: 'envoy mesh' },
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 1.4, rival: 'nginx' },
  { figure: 'cpuMsPer1k', kind: 'times-less', limit: 2.5, rival: '@fastify/reply-from' },
  { figure: 'cpuMsPer1k', kind: 'times-less', limit: 5, rival: 'http-proxy-3' },
]

const entry = { protocol: 'http1', wiring: 'plain' } as const

export const h1: Form = interleavedForm({
  name: 'h1',
  summary: 'HTTP/1.1 on both sides, 64 keep-alive connections, 1 KB answers, saturated; allocations per request',
  ...entry,
  contenders,
  upstream: http1Upstream,
  measures: ({ cores, folder }) => [{ name: 'saturated', unit: 'request', load: http1Load({ core: cores.load, folder }) }],
  bars,
  async afterwards(figures, grounds, options, started) {
    const [contender] = chosen([heddle('mesh')], options.only)
    if (!contender) return figures
    options.onProgress(`counting allocations of ${contender.name}`)
    const load = http1Load({ core: grounds.cores.load, folder: grounds.folder })
    const counted = await measureAllocations({ contender, load, requests: options.allocationRequests, entry }, grounds, started)
    return figures.map((figure) => (figure.name === contender.name ? { ...figure, ...counted } : figure))
  },
})
