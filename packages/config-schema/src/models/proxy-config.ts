/** networking.istio.io ProxyConfig: its fields and rules. */
import { proxyConfigSpec } from '../istio/proxy-config.js'
import { kindModel, type KindModel } from '../model/kind-model.js'
import { checkProxyConfig } from '../rules/proxy-config.js'

export const proxyConfigModel: KindModel = kindModel({
  group: 'networking.istio.io',
  kind: 'ProxyConfig',
  versions: ['v1beta1'],
  spec: proxyConfigSpec,
  isSpecOptional: true,
  check: checkProxyConfig,
})
