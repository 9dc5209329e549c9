/** networking.istio.io EnvoyFilter: its fields and rules. */
import { envoyFilterSpec } from '../istio/envoy-filter.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkEnvoyFilter } from '../rules/envoy-filter.js'

export const envoyFilterModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'EnvoyFilter',
  versions: ['v1alpha3'],
  spec: envoyFilterSpec,
  isSpecOptional: true,
  check: checkEnvoyFilter,
})
