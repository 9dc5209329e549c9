/** Tokens: routes on claims that nobody checks, and keys that istiod fetches from anywhere (IST0149, IST0175). */
import type { Deployment, Gateway, RequestAuthentication } from '../../gen/types.js'
import type { FieldPath } from '../../path.js'
import type { Mesh } from '../mesh/mesh.js'
import { nameOf, selects, type View } from '../mesh/view.js'
import type { Report } from '../report.js'
import { findGateway } from './bound-gateways.js'
import { isInstalled, workloadsOf } from './gateways.js'

export function analyzeRequestAuthentication(mesh: Mesh, report: Report): void {
  checkClaimRoutes(mesh, report)
  checkFetchedKeys(mesh, report)
}

const claimHeader = /^@request\.auth\.claims/

function checkClaimRoutes(mesh: Mesh, report: Report): void {
  const policies = mesh.of('RequestAuthentication')
  const gateways = mesh.of('Gateway')
  for (const view of mesh.of('VirtualService')) {
    const claim = firstClaim(view.resource.spec.http)
    if (claim === undefined) continue
    for (const name of view.resource.spec.gateways ?? []) {
      const gateway = findGateway(name, view.namespace, gateways)
      if (gateway === undefined || isChecked(gateway, policies, mesh)) continue
      const message = `This route asks for a claim of the token (${claim.key}), but no RequestAuthentication checks tokens at the gateway ${nameOf(gateway)}, so it never matches.`
      report('IST0149', view, claim.path, message, { related: [{ view: gateway, path: ['spec', 'selector'], message: 'the gateway' }] })
    }
  }
}

/** Whether some policy checks tokens at all of the gateway's Pods; where those live elsewhere, any policy that may be for them does. */
function isChecked(gateway: View<Gateway>, policies: readonly View<RequestAuthentication>[], mesh: Mesh): boolean {
  const selector = gateway.resource.spec.selector ?? {}
  const workloads = workloadsOf(gateway, mesh)
  if (workloads.length === 0) {
    const mayBeFor = (labels: Labels = {}): boolean =>
      Object.entries(labels).every(([key, value]) => selector[key] === undefined || selector[key] === value)
    return !isInstalled(selector, mesh) || policies.some(({ resource }) => mayBeFor(resource.spec?.selector?.matchLabels))
  }
  return workloads.every(({ namespace, labels }) =>
    policies.some(
      (policy) =>
        [namespace, mesh.settings.rootNamespace].includes(policy.namespace) && selects(policy.resource.spec?.selector?.matchLabels, labels),
    ),
  )
}

type Labels = Readonly<Record<string, string>>

interface ClaimRoute {
  readonly match?: readonly { readonly headers?: object; readonly withoutHeaders?: object }[]
}

function firstClaim(routes: readonly ClaimRoute[] = []): { readonly key: string; readonly path: FieldPath } | undefined {
  for (const [index, { match = [] }] of routes.entries())
    for (const [position, condition] of match.entries())
      for (const field of ['headers', 'withoutHeaders'] as const) {
        const key = Object.keys(condition[field] ?? {}).find((name) => claimHeader.test(name))
        if (key !== undefined) return { key, path: ['spec', 'http', index, 'match', position, field, key] }
      }
  return undefined
}

const guard = 'BLOCKED_CIDRS_IN_JWKS_URIS'

/** Whoever may write a RequestAuthentication lets istiod ask addresses that only istiod reaches. */
function checkFetchedKeys(mesh: Mesh, report: Report): void {
  const istiod = mesh
    .of('Deployment')
    .find(({ namespace, labels }) => namespace === mesh.settings.rootNamespace && labels['app'] === 'istiod')
  if (istiod === undefined || hasGuard(istiod)) return
  for (const view of mesh.of('RequestAuthentication'))
    view.resource.spec?.jwtRules?.forEach(({ jwksUri }, index) => {
      if (jwksUri === undefined) return
      const message = `Keys are fetched from ${jwksUri} by istiod itself, which may ask any address: set ${guard} on it to the ranges it must not.`
      report('IST0175', view, ['spec', 'jwtRules', index, 'jwksUri'], message, { related: [{ view: istiod, path: [], message: 'istiod' }] })
    })
}

function hasGuard({ resource }: View<Deployment>): boolean {
  return (resource.spec?.template.spec?.containers ?? []).some(({ env }) => env?.some(({ name }) => name === guard) === true)
}
