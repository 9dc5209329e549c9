/** HTTP/1.1 with a body of 1 MiB in every request and every answer, 16 connections. No bar is set for it. */
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import { replyFrom, undici } from '../contenders/node-proxies.js'
import type { Form } from '../form.js'
import { interleavedForm } from '../interleaved.js'
import { http1Load } from '../load/http1.js'
import { bodyUpstream } from '../upstream.js'

const bodyBytes = 1 << 20

export const body: Form = interleavedForm({
  name: 'body',
  summary: 'HTTP/1.1 with bodies of 1 MiB both ways, 16 keep-alive connections',
  protocol: 'http1',
  wiring: 'plain',
  contenders: [heddle('bare'), heddle('mesh'), undici, replyFrom, nginx, haproxy, envoy('bare'), envoy('mesh')],
  upstream: () => bodyUpstream,
  measures: ({ cores, folder }) => [
    { name: '1 MiB both ways', unit: 'request', load: http1Load({ core: cores.load, folder, connections: 16, bodyBytes }) },
  ],
  bars: [],
})
