/** telemetry.istio.io Telemetry: its fields and rules. */
import { telemetrySpec } from '../istio/telemetry.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkTelemetry } from '../rules/telemetry.js'

export const telemetryModel: KindModel = kindModel({
  group: 'telemetry.istio.io',
  kind: 'Telemetry',
  versions: ['v1', 'v1alpha1'],
  spec: telemetrySpec,
  isSpecOptional: true,
  check: checkTelemetry,
})
