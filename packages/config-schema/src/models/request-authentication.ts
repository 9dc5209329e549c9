/** security.istio.io RequestAuthentication: its fields and rules. */
import { requestAuthenticationSpec } from '../istio/request-authentication.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkRequestAuthentication } from '../rules/request-authentication.js'

export const requestAuthenticationModel: KindModel = kindModel({
  group: 'security.istio.io',
  kind: 'RequestAuthentication',
  versions: ['v1', 'v1beta1'],
  spec: requestAuthenticationSpec,
  isSpecOptional: true,
  check: checkRequestAuthentication,
})
