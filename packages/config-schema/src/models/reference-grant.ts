/** gateway.networking.k8s.io ReferenceGrant: its fields and rules. */
import { referenceGrantSpec } from '../gateway-api/policies.js'
import { kindModel, type KindModel } from '../model/kind-model.js'

export const referenceGrantModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'ReferenceGrant',
  versions: ['v1', 'v1beta1'],
  spec: referenceGrantSpec,
})
