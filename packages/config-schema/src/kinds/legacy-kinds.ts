/** Kinds that articles of Istio's first years use and today's Istio does not: what took their place. */

const byGroup: Readonly<Record<string, string>> = {
  'rbac.istio.io': 'Istio replaced it by AuthorizationPolicy (security.istio.io/v1).',
  'authentication.istio.io': 'Istio replaced it by PeerAuthentication and RequestAuthentication (security.istio.io/v1).',
  'config.istio.io': 'It belonged to Mixer, which Istio removed; Telemetry (telemetry.istio.io/v1) and AuthorizationPolicy took its place.',
}

const byKind: Readonly<Record<string, string>> = {
  RouteRule: 'Istio replaced it by VirtualService (networking.istio.io/v1).',
  DestinationPolicy: 'Istio replaced it by DestinationRule (networking.istio.io/v1).',
  EgressRule: 'Istio replaced it by ServiceEntry (networking.istio.io/v1).',
  MeshPolicy: 'Istio replaced it by PeerAuthentication (security.istio.io/v1) in the root namespace.',
  ClusterRbacConfig: 'Istio replaced it by AuthorizationPolicy (security.istio.io/v1).',
}

export function legacyHint(group: string, kind: string): string | undefined {
  if (Object.hasOwn(byKind, kind)) return byKind[kind]
  return Object.hasOwn(byGroup, group) ? byGroup[group] : undefined
}
