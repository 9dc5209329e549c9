/** VirtualService redirect -> Envoy's redirect action. */
import type { RedirectAction } from '@heddle/routing'
import type { HttpRedirect } from '../resources/virtual-service.js'

/** Of a port that the scheme implies nothing is written. The scheme is the listener's unless the redirect changes it. */
export function redirectAction(redirect: HttpRedirect, listenerPort: number, secure: boolean): RedirectAction {
  const portRedirect = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenerPort : undefined)
  return {
    kind: 'redirect',
    ...(redirect.scheme ? { schemeRedirect: redirect.scheme } : {}),
    ...(redirect.authority ? { hostRedirect: redirect.authority } : {}),
    ...(portRedirect === undefined || isDefaultPort(portRedirect, redirect.scheme || (secure ? 'https' : 'http')) ? {} : { portRedirect }),
    // Istio writes an empty path where none is given, which Envoy reads as "keep the path".
    ...(redirect.prefixRewrite && !redirect.uri ? { prefixRewrite: redirect.prefixRewrite } : { pathRedirect: redirect.uri ?? '' }),
    ...responseCode(redirect.redirectCode),
  }
}

function isDefaultPort(port: number, scheme: string): boolean {
  return (port === 80 && scheme === 'http') || (port === 443 && scheme === 'https')
}

function responseCode(code: number | undefined): { readonly responseCode?: 302 | 303 | 307 | 308 } {
  return code === 302 || code === 303 || code === 307 || code === 308 ? { responseCode: code } : {}
}
