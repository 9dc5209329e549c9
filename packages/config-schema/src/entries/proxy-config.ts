/** ProxyConfig (networking.istio.io) alone: its checks and its builder, without the other kinds and without a YAML parser. */
import type { ProxyConfig } from '../gen/types.js'
import { proxyConfigModel } from '../models/proxy-config.js'
import type { ValidateResult } from '../validate/result.js'
import { validateKind, type KindOptions } from '../validate/validate-kind.js'

export { defineProxyConfig } from '../builders/istio.js'
export type { ProxyConfig }

/** Checks a value; what it holds of other kinds or versions is a fault. */
export function validateProxyConfig(value: unknown, options: KindOptions = {}): ValidateResult<ProxyConfig> {
  return validateKind(proxyConfigModel, value, options)
}
