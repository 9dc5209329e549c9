/** VirtualService redirect -> Envoy's redirect action. */
import type { RedirectAction } from '@heddle/routing'
import type { HttpRedirect } from '../resources/virtual-service.js'

export function redirectAction(redirect: HttpRedirect, listenerPort: number): RedirectAction {
  const portRedirect = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenerPort : undefined)
  return {
    kind: 'redirect',
    ...(redirect.scheme ? { schemeRedirect: redirect.scheme } : {}),
    ...(redirect.authority ? { hostRedirect: redirect.authority } : {}),
    ...(portRedirect === undefined || isDefaultPort(portRedirect, redirect.scheme) ? {} : { portRedirect }),
    ...(redirect.uri ? { pathRedirect: redirect.uri } : {}),
    ...(redirect.prefixRewrite && !redirect.uri ? { prefixRewrite: redirect.prefixRewrite } : {}),
    ...responseCode(redirect.redirectCode),
  }
}

function isDefaultPort(port: number, scheme: string | undefined): boolean {
  return (port === 80 && scheme === 'http') || (port === 443 && scheme === 'https')
}

function responseCode(code: number | undefined): { readonly responseCode?: 302 | 303 | 307 | 308 } {
  return code === 302 || code === 303 || code === 307 || code === 308 ? { responseCode: code } : {}
}
