/** What would be issued, or why not: the same judgement as `sign`, without a certificate. */
import { HeddleError, isHeddleError, messageOf } from '@heddle/base'
import type { KeyAlgorithm } from '@heddle/x509'
import type { CaErrorCode } from '../ca-error.js'
import type { Caller } from '../caller.js'

export interface ExplainRequest {
  /** PEM. */
  readonly csrPem: string
  readonly caller: Caller
  readonly ttlSeconds?: number | bigint
}

export type Explanation =
  | {
      readonly ok: true
      readonly spiffeId: string
      readonly keyAlgorithm: KeyAlgorithm
      readonly notBeforeMs: number
      readonly notAfterMs: number
      /** SHA-256 of the signing certificate, lower-case hexadecimal. */
      readonly issuerFingerprint: string
      /** What was asked for and is not given, in words. */
      readonly notes: readonly string[]
    }
  | {
      readonly ok: false
      readonly code: CaErrorCode
      /** For the operator. */
      readonly reason: string
      /** Fit for the caller: no detail that helps an attacker. */
      readonly safeReason: string
      readonly hint?: string
    }

const safeReasons: Partial<Record<CaErrorCode, string>> = {
  HEDDLE_CA_CALLER_INVALID: 'the identity of the caller cannot be certified',
  HEDDLE_CA_CALLER_DENIED: 'the workload may not have a certificate',
  HEDDLE_CA_SIGNER_EXPIRED: 'the certificate cannot be issued',
  HEDDLE_CA_HANDOVER: 'the certificate cannot be issued yet',
}

/** @throws what is not a HeddleError: a programming error. */
export function explainRefusal(error: unknown): Explanation {
  if (!isHeddleError(error)) throw error
  const code = error.code as CaErrorCode
  // What is wrong with a request only its sender can mend, and it says nothing about anybody else.
  const safeReason = code === 'HEDDLE_CA_CSR_INVALID' ? messageOf(error) : (safeReasons[code] ?? 'the certificate cannot be issued')
  return { ok: false, code, reason: messageOf(error), safeReason, ...(hintOf(error) !== undefined && { hint: hintOf(error) as string }) }
}

function hintOf(error: unknown): string | undefined {
  return error instanceof HeddleError ? error.hint : undefined
}
