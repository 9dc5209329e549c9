/** WasmPlugin (extensions.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { WasmPlugin } from '../gen/types.js'
import { wasmPluginModel } from '../models/wasm-plugin.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineWasmPlugin } from '../builders/istio.js'
export type { WasmPlugin }

export function validateWasmPlugin(value: unknown, options: KindOptions = {}): ValidateResult<WasmPlugin> {
  return validateKind(wasmPluginModel, value, options)
}
