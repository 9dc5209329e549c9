/** Limits of connections towards a destination or an application: of a DestinationRule and of a Sidecar. */
import { described, describedWords, duration, flag, int32, object, text, uint32, type ObjectType } from '../model/field-type.js'

const tcpKeepalive = object('TcpKeepalive', { probes: uint32, time: duration, interval: duration })

const tcpSettings = object('TCPSettings', {
  maxConnections: int32,
  connectTimeout: { type: duration, default: '10s' },
  tcpKeepalive,
  maxConnectionDuration: duration,
  idleTimeout: { type: text('duration-or-zero'), default: '1h' },
})

const httpSettings = object('HTTPSettings', {
  http1MaxPendingRequests: int32,
  http2MaxRequests: int32,
  maxRequestsPerConnection: described(int32, '0 means no limit.'),
  maxRetries: int32,
  idleTimeout: { type: duration, default: '1h' },
  h2UpgradePolicy: describedWords({
    DEFAULT: 'As the settings of the mesh say.',
    DO_NOT_UPGRADE: 'HTTP/1.1 stays HTTP/1.1.',
    UPGRADE: 'HTTP/1.1 goes on as HTTP/2.',
  }),
  useClientProtocol: flag,
  maxConcurrentStreams: int32,
  http2KeepAlive: object('HTTP2KeepAlive', { interval: duration, timeout: duration }),
})

export const connectionPoolSettings: ObjectType = object('ConnectionPoolSettings', { tcp: tcpSettings, http: httpSettings })
