/** networking.istio.io Sidecar: its fields and rules. */
import { sidecarSpec } from '../istio/sidecar.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkSidecar } from '../rules/sidecar.js'

export const sidecarModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'Sidecar',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  spec: sidecarSpec,
  check: checkSidecar,
})
