/** Every error code of the authority, in one place. */
import { type ErrorOrigin, HeddleError } from '@heddle/base'

export type CaErrorCode =
  | 'HEDDLE_CA_OPTIONS_INVALID'
  | 'HEDDLE_CA_STATE_CORRUPT'
  | 'HEDDLE_CA_STATE_NEWER'
  | 'HEDDLE_CA_STATE_LOCKED'
  | 'HEDDLE_CA_STATE_UNSAFE'
  | 'HEDDLE_CA_STATE_UNREADABLE'
  | 'HEDDLE_CA_STATE_WRITE_FAILED'
  | 'HEDDLE_CA_STATE_CONFLICT'
  | 'HEDDLE_CA_TRUST_DOMAIN_CHANGED'
  | 'HEDDLE_CA_CACERTS_INVALID'
  | 'HEDDLE_CA_SIGNER_EXPIRED'
  | 'HEDDLE_CA_SIGNER_FAILED'
  | 'HEDDLE_CA_LINT_FAILED'
  | 'HEDDLE_CA_CSR_INVALID'
  | 'HEDDLE_CA_CALLER_INVALID'
  | 'HEDDLE_CA_CALLER_DENIED'
  | 'HEDDLE_CA_DENIAL_INVALID'
  | 'HEDDLE_CA_JOIN_TOKEN_REFUSED'
  | 'HEDDLE_CA_JWT_UNAVAILABLE'
  | 'HEDDLE_CA_JWT_INVALID'
  | 'HEDDLE_CA_BUNDLE_INVALID'
  | 'HEDDLE_CA_FEDERATION_FAILED'
  | 'HEDDLE_CA_AUDIT_CORRUPT'
  | 'HEDDLE_CA_AUDIT_FAILED'
  | 'HEDDLE_CA_ROTATION_REFUSED'
  | 'HEDDLE_CA_HANDOVER'
  | 'HEDDLE_CA_CLOSED'

export interface CaErrorDetail {
  readonly origin?: ErrorOrigin
  readonly hint?: string
  readonly retryable?: boolean
  readonly cause?: unknown
}

export function caError(code: CaErrorCode, message: string, detail: CaErrorDetail = {}): HeddleError {
  return new HeddleError({ code, message, ...detail })
}

export function callerInvalid(reason: string): HeddleError {
  return caError('HEDDLE_CA_CALLER_INVALID', `cannot issue for this caller: ${reason}`, { origin: 'downstream' })
}

export function stateCorrupt(reason: string, cause?: unknown): HeddleError {
  return caError('HEDDLE_CA_STATE_CORRUPT', `the authority's state cannot be used: ${reason}`, {
    hint: 'Restore the state from a backup. A new root is made only when you remove the state yourself, and then every workload must get it.',
    cause,
  })
}
