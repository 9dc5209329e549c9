/** What the authority counts, under the words of Istio's citadel_* metrics where it has one. */

export interface CaMetrics {
  /** Requests for certificates, whatever became of them. */
  readonly csrCount: number
  readonly issued: number
  /** Requests that could not be read, or whose key or proof is no good. */
  readonly csrParsingErrors: number
  /** Callers whose identity cannot be written into a certificate, or is denied. */
  readonly idExtractionErrors: number
  /** Faults of ours: an expired or failing signer, a record that cannot be written, a certificate that breaks a rule. */
  readonly csrSignErrors: number
  /** Names and extensions that requests asked for and nobody got. */
  readonly ignoredWishes: number
  /** JWT-SVIDs. */
  readonly jwtIssued: number
  /** Milliseconds since the Unix epoch. */
  readonly rootNotAfterMs: number
  readonly chainNotAfterMs: number
  readonly denied: number
  /** What ends soon: see `Ca.alarms`. */
  readonly expiryAlarms: number
}

export type CaCounters = {
  -readonly [Name in Exclude<keyof CaMetrics, 'rootNotAfterMs' | 'chainNotAfterMs' | 'denied' | 'expiryAlarms'>]: number
}

export function createCaCounters(): CaCounters {
  return { csrCount: 0, issued: 0, csrParsingErrors: 0, idExtractionErrors: 0, csrSignErrors: 0, ignoredWishes: 0, jwtIssued: 0 }
}

const parsing = new Set<unknown>(['HEDDLE_CA_CSR_INVALID'])
const identity = new Set<unknown>(['HEDDLE_CA_CALLER_INVALID', 'HEDDLE_CA_CALLER_DENIED'])

export function countFailure(counters: CaCounters, code: unknown): void {
  if (parsing.has(code)) counters.csrParsingErrors++
  else if (identity.has(code)) counters.idExtractionErrors++
  else counters.csrSignErrors++
}
