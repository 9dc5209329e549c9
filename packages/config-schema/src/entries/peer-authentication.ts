/** PeerAuthentication (security.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { PeerAuthentication } from '../gen/types.js'
import { peerAuthenticationModel } from '../models/peer-authentication.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { definePeerAuthentication } from '../builders/istio.js'
export type { PeerAuthentication }

export function validatePeerAuthentication(value: unknown, options: KindOptions = {}): ValidateResult<PeerAuthentication> {
  return validateKind(peerAuthenticationModel, value, options)
}
