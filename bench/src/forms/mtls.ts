/**
 * HTTP/1.1 through two sidecars: plaintext to A, mutual TLS with P-256 certificates to B, plaintext to the upstream. CPU and
 * memory are those of both hops together; nginx and haproxy hold both in one process, ours and Envoy are two.
 */
import type { Bar } from '../bars.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import type { Form } from '../form.js'
import { interleavedForm } from '../interleaved.js'
import { http1Load } from '../load/http1.js'
import { http1Upstream } from '../upstream.js'

const bars: readonly Bar[] = [
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 0.6, rival: 'envoy mesh' },
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 1.6, rival: 'nginx' },
]

export const mtls: Form = interleavedForm({
  name: 'mtls',
  summary: 'HTTP/1.1 over two hops with mutual TLS between them, 64 keep-alive connections, CPU of both hops',
  protocol: 'http1',
  wiring: 'mtls',
  contenders: [heddle('bare'), heddle('mesh'), nginx, haproxy, envoy('bare'), envoy('mesh')],
  upstream: http1Upstream,
  measures: ({ cores, folder }) => [{ name: 'both hops', unit: 'request', load: http1Load({ core: cores.load, folder }) }],
  bars,
})
