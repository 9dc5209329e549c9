/** IstioOperator (install.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { IstioOperator } from '../gen/types.js'
import { istioOperatorModel } from '../models/istio-operator.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineIstioOperator } from '../builders/istio.js'
export type { IstioOperator }

export function validateIstioOperator(value: unknown, options: KindOptions = {}): ValidateResult<IstioOperator> {
  return validateKind(istioOperatorModel, value, options)
}
