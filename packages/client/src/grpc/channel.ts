/** gRPC to the control plane over TLS: its certificate is checked against the mesh's root, ours is shown when there is one. */
import { type ChannelCredentials, Client, credentials, type ClientOptions, Metadata } from '@grpc/grpc-js'

export interface ControlPlaneAddress {
  /** `host:port` to dial. */
  readonly address: string
  /** The name its certificate must carry. */
  readonly serverName: string
  /** PEM of the roots it may be signed by. */
  readonly rootsPem: string
}

export interface ClientCertificate {
  readonly chainPem: string
  readonly privateKeyPem: string
}

const options: ClientOptions = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_retries': 0,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  // Reconnecting is ours to time: a stream that fails is opened again by its owner.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
}

/** The caller closes the client. */
export function createControlPlaneChannel({ address, serverName, rootsPem }: ControlPlaneAddress, certificate?: ClientCertificate): Client {
  return new Client(address, channelCredentials(rootsPem, certificate), {
    ...options,
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
  })
}

function channelCredentials(rootsPem: string, certificate: ClientCertificate | undefined): ChannelCredentials {
  const roots = Buffer.from(rootsPem)
  return certificate
    ? credentials.createSsl(roots, Buffer.from(certificate.privateKeyPem), Buffer.from(certificate.chainPem))
    : credentials.createSsl(roots)
}

/** Istio's way to show a token. */
export function tokenMetadata(token: string | undefined): Metadata {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  return metadata
}
