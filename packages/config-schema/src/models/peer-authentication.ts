/** security.istio.io PeerAuthentication: its fields and rules. */
import { peerAuthenticationSpec } from '../istio/peer-authentication.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkPeerAuthentication } from '../rules/peer-authentication.js'

export const peerAuthenticationModel: KindModel = kindModel({
  group: 'security.istio.io',
  kind: 'PeerAuthentication',
  versions: ['v1', 'v1beta1'],
  spec: peerAuthenticationSpec,
  isSpecOptional: true,
  check: checkPeerAuthentication,
})
