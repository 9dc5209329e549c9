/** gateway.networking.k8s.io BackendTLSPolicy: its fields and rules. */
import { backendTlsPolicySpec } from '../gateway-api/policies.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkBackendTlsPolicy } from '../rules/gateway-api/backend-tls-policy.js'

export const backendTlsPolicyModel: KindModel = kindModel({
  group: 'gateway.networking.k8s.io',
  kind: 'BackendTLSPolicy',
  versions: ['v1'],
  spec: backendTlsPolicySpec,
  check: checkBackendTlsPolicy,
})
