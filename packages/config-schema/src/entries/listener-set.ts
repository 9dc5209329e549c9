/** ListenerSet (gateway.networking.k8s.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { ListenerSet } from '../gen/gateway-api-types.js'
import { listenerSetModel } from '../models/listener-set.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineListenerSet } from '../builders/gateway-api.js'
export type { ListenerSet }

export function validateListenerSet(value: unknown, options: KindOptions = {}): ValidateResult<ListenerSet> {
  return validateKind(listenerSetModel, value, options)
}
