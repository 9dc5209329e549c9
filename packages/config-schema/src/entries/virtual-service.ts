/** VirtualService (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { VirtualService } from '../gen/types.js'
import { virtualServiceModel } from '../models/virtual-service.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineVirtualService } from '../builders/istio.js'
export type { VirtualService }

export function validateVirtualService(value: unknown, options: KindOptions = {}): ValidateResult<VirtualService> {
  return validateKind(virtualServiceModel, value, options)
}
