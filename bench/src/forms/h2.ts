/** HTTP/2 without TLS on both sides, 16 connections of 10 streams: requests with 1 KB answers, and unary gRPC calls. */
import type { Bar } from '../bars.js'
import type { Contender } from '../contender.js'
import { envoy } from '../contenders/envoy.js'
import { haproxy } from '../contenders/haproxy.js'
import { heddle } from '../contenders/heddle.js'
import { nginx } from '../contenders/nginx.js'
import { nodeHttp2 } from '../contenders/node-proxies.js'
import type { Form } from '../form.js'
import { interleavedForm } from '../interleaved.js'
import { http2Load } from '../load/http2.js'
import { grpcUpstream, http2Upstream } from '../upstream.js'

const contenders: readonly Contender[] = [heddle('bare'), heddle('mesh'), nodeHttp2, nginx, haproxy, envoy('bare'), envoy('mesh')]

const bars: readonly Bar[] = [
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 0.85, rival: 'envoy mesh' },
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 1, rival: 'nginx' },
  { figure: 'cpuMsPer1k', kind: 'at-most', limit: 1.6, rival: 'haproxy' },
  { figure: 'cpuMsPer1k', kind: 'times-less', limit: 4, rival: 'node:http2' },
]

export const h2: Form = interleavedForm({
  name: 'h2',
  summary: 'HTTP/2 on both sides without TLS, 16 connections of 10 streams, 1 KB answers, saturated',
  protocol: 'http2',
  wiring: 'plain',
  contenders,
  upstream: http2Upstream,
  measures: ({ cores, folder }) => [{ name: 'saturated', unit: 'request', load: http2Load({ core: cores.load, folder, kind: 'get' }) }],
  bars,
})

export const grpc: Form = interleavedForm({
  name: 'grpc',
  summary: 'unary gRPC calls over HTTP/2, 16 connections of 10 streams, answers of 1 KB with trailers, saturated',
  protocol: 'http2',
  wiring: 'plain',
  contenders,
  upstream: grpcUpstream,
  measures: ({ cores, folder }) => [{ name: 'unary', unit: 'request', load: http2Load({ core: cores.load, folder, kind: 'grpc' }) }],
  bars,
})
