/** ProxyConfig (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { ProxyConfig } from '../gen/types.js'
import { proxyConfigModel } from '../models/proxy-config.js'
import type { KindOptions, ValidateResult } from '../validate/options.js'
import { validateKind } from '../validate/validate-kind.js'

export { defineProxyConfig } from '../builders/istio.js'
export type { ProxyConfig }

export function validateProxyConfig(value: unknown, options: KindOptions = {}): ValidateResult<ProxyConfig> {
  return validateKind(proxyConfigModel, value, options)
}
