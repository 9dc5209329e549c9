/** extensions.istio.io WasmPlugin: its fields and rules. */
import { wasmPluginSpec } from '../istio/extensions.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkWasmPlugin } from '../rules/extensions.js'

export const wasmPluginModel: KindModel = kindModel({
  group: 'extensions.istio.io',
  kind: 'WasmPlugin',
  versions: ['v1alpha1'],
  spec: wasmPluginSpec,
  check: checkWasmPlugin,
})
