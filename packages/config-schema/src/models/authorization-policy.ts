/** security.istio.io AuthorizationPolicy: its fields and rules. */
import { authorizationPolicySpec } from '../istio/authorization-policy.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkAuthorizationPolicy } from '../rules/authorization-policy.js'

export const authorizationPolicyModel: KindModel = kindModel({
  group: 'security.istio.io',
  kind: 'AuthorizationPolicy',
  versions: ['v1', 'v1beta1'],
  spec: authorizationPolicySpec,
  isSpecOptional: true,
  check: checkAuthorizationPolicy,
})
