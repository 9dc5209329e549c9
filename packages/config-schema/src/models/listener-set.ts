/** gateway.networking.k8s.io ListenerSet: its fields and rules. */
import { listenerSetSpec } from '../gateway-api/gateway.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkListenerSet } from '../rules/gateway-api/gateway.js'

export const listenerSetModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'ListenerSet',
  versions: ['v1'],
  spec: listenerSetSpec,
  check: checkListenerSet,
})
