import { expect, it } from 'vitest'
import { portProtocol } from '../../src/snapshot/port-protocol.js'

it.each([
  [{ name: 'http', port: 1 }, 'http'],
  [{ name: 'http-metrics', port: 1 }, 'http'],
  [{ name: 'HTTP2-x', port: 1 }, 'http2'],
  [{ name: 'grpc-web-x', port: 1 }, 'grpc-web'],
  [{ name: 'grpc', port: 1 }, 'grpc'],
  [{ name: 'https', port: 443 }, 'https'],
  [{ name: 'httpx', port: 1 }, 'auto'],
  [{ port: 80 }, 'auto'],
  [{ name: 'constructor', port: 80 }, 'auto'],
  [{ name: 'db', port: 3306 }, 'tcp'],
  [{ name: 'dns', port: 53, protocol: 'UDP' }, 'udp'],
  [{ name: 'tcp', port: 1, appProtocol: 'http' }, 'http'],
  [{ name: 'tcp', port: 1, appProtocol: 'kubernetes.io/h2c' }, 'http2'],
  [{ name: 'http', port: 1, appProtocol: 'example.com/own' }, 'auto'],
] as const)('%j speaks %s', (port, protocol) => {
  expect(portProtocol(port)).toBe(protocol)
})
