/**
 * Envoy's response flags and response code details: short words that say why a request ended as it did. Flags are bits
 * so that a request carries them as one number; `%RESPONSE_FLAGS%` prints them in this order.
 */
export type ResponseFlag =
  | 'LH'
  | 'UH'
  | 'UT'
  | 'LR'
  | 'UR'
  | 'UF'
  | 'UC'
  | 'UO'
  | 'NR'
  | 'DI'
  | 'FI'
  | 'RL'
  | 'UAEX'
  | 'DC'
  | 'URX'
  | 'SI'
  | 'IH'
  | 'DPE'
  | 'UMSDR'
  | 'UPE'
  | 'NC'
  | 'OM'
  | 'DT'

export const responseFlagBits: Readonly<Record<ResponseFlag, number>> = {
  LH: 1 << 0,
  UH: 1 << 1,
  UT: 1 << 2,
  LR: 1 << 3,
  UR: 1 << 4,
  UF: 1 << 5,
  UC: 1 << 6,
  UO: 1 << 7,
  NR: 1 << 8,
  DI: 1 << 9,
  FI: 1 << 10,
  RL: 1 << 11,
  UAEX: 1 << 12,
  DC: 1 << 13,
  URX: 1 << 14,
  SI: 1 << 15,
  IH: 1 << 16,
  DPE: 1 << 17,
  UMSDR: 1 << 18,
  UPE: 1 << 19,
  NC: 1 << 20,
  OM: 1 << 21,
  DT: 1 << 22,
}

const flagNames = Object.keys(responseFlagBits) as ResponseFlag[]

/** The flags of a bit set, in Envoy's order; empty when none is set. */
export function responseFlagsOf(bits: number): readonly ResponseFlag[] {
  return bits === 0 ? [] : flagNames.filter((name) => (bits & responseFlagBits[name]) !== 0)
}
