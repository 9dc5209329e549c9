export type {
  AttemptRecord,
  ConnectionRecord,
  DecisionRecord,
  DownstreamConnection,
  PeerIdentity,
  RequestRecord,
  TlsInfo,
  UpstreamConnectionInfo,
} from './decision-record.js'
export { responseFlagBits, responseFlagsOf, type ResponseFlag } from './response-flag.js'
export { silentTelemetry, type HeaderEdits, type Telemetry } from './telemetry.js'
