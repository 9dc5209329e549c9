/**
 * TLS for 15012. First contact has only a token, so the client's certificate is asked for but not demanded; grpc-js's own
 * credentials cannot say that. Whatever certificate comes is judged by our own rules on its DER, never by
 * `socket.authorized`, and there are no session tickets, which would carry an old judgement over.
 */
import { constants } from 'node:crypto'
import { ServerCredentials } from '@grpc/grpc-js'

export interface ServerIdentity {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
  readonly rootsPem: string
}

class OptionalClientCertificateCredentials extends ServerCredentials {
  constructor(identity: ServerIdentity) {
    super(
      { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET },
      { cert: identity.certificateChainPem, key: identity.privateKeyPem, ca: identity.rootsPem },
    )
  }

  replace(identity: ServerIdentity): void {
    this.updateSecureContextOptions({ cert: identity.certificateChainPem, key: identity.privateKeyPem, ca: identity.rootsPem })
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

export interface RenewableCredentials {
  readonly credentials: ServerCredentials
  /** New connections get the new identity; open ones stay. */
  replace(identity: ServerIdentity): void
}

export function createServerCredentials(identity: ServerIdentity): RenewableCredentials {
  const credentials = new OptionalClientCertificateCredentials(identity)
  return { credentials, replace: (next) => credentials.replace(next) }
}
