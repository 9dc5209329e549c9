/** Access logs as Istio configures them: one text line per request or connection on the mesh's log file. */
import type { AccessLog } from '@heddle/routing'
import type { MeshConfig } from '../snapshot/mesh-config.js'

/** Istio's default text format, field by field. */
const defaultFormat: string = [
  '[%START_TIME%]',
  '"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%"',
  '%RESPONSE_CODE%',
  '%RESPONSE_FLAGS%',
  '%RESPONSE_CODE_DETAILS%',
  '%CONNECTION_TERMINATION_DETAILS%',
  '"%UPSTREAM_TRANSPORT_FAILURE_REASON%"',
  '%BYTES_RECEIVED%',
  '%BYTES_SENT%',
  '%DURATION%',
  '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  '"%REQ(X-FORWARDED-FOR)%"',
  '"%REQ(USER-AGENT)%"',
  '"%REQ(X-REQUEST-ID)%"',
  '"%REQ(:AUTHORITY)%"',
  '"%UPSTREAM_HOST%"',
  '%UPSTREAM_CLUSTER_RAW%',
  '%UPSTREAM_LOCAL_ADDRESS%',
  '%DOWNSTREAM_LOCAL_ADDRESS%',
  '%DOWNSTREAM_REMOTE_ADDRESS%',
  '%REQUESTED_SERVER_NAME%',
  '%ROUTE_NAME%\n',
].join(' ')

export function accessLog(mesh: MeshConfig): { readonly accessLog?: readonly AccessLog[] } {
  return mesh.accessLogFile === '' ? {} : { accessLog: [fileLog(mesh)] }
}

/** For listeners: connections for which no filter chain was found would otherwise leave no trace. */
export function unroutedAccessLog(mesh: MeshConfig): { readonly accessLog?: readonly AccessLog[] } {
  return mesh.accessLogFile === '' ? {} : { accessLog: [{ ...fileLog(mesh), responseFlags: ['NR'] }] }
}

function fileLog(mesh: MeshConfig): AccessLog {
  return { sink: { kind: 'file', path: mesh.accessLogFile, format: { kind: 'text', text: defaultFormat } } }
}
