/** Fields that articles of Istio's first years use and today's Istio does not, by type: what took their place. */

const legacyFields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  HTTPRoute: {
    appendHeaders: 'headers.request.add',
    appendRequestHeaders: 'headers.request.add',
    removeRequestHeaders: 'headers.request.remove',
    appendResponseHeaders: 'headers.response.add',
    removeResponseHeaders: 'headers.response.remove',
  },
  HTTPRouteDestination: {
    appendRequestHeaders: 'headers.request.add',
    removeRequestHeaders: 'headers.request.remove',
    appendResponseHeaders: 'headers.response.add',
    removeResponseHeaders: 'headers.response.remove',
  },
  OutlierDetection: { http: 'consecutive5xxErrors, interval and baseEjectionTime beside it' },
  PeerAuthenticationSpec: { peers: 'mtls', targets: 'selector' },
}

/** @returns a sentence with a leading space, or the empty string. */
export function legacyFieldHint(type: string, field: string): string {
  if (type === 'HTTPRoute' && field === 'websocketUpgrade') return ' It is not needed any more: upgrades to WebSocket are always allowed.'
  const instead = legacyFields[type]?.[field]
  return instead === undefined || !Object.hasOwn(legacyFields[type] ?? {}, field) ? '' : ` Istio replaced it by ${instead}.`
}
