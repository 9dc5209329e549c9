/** Destinations of one route that repeat each other, and weights that divide nothing (HED0002, HED0003). */
import type { Destination } from '../../gen/types.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'

export function analyzeRouteWeights(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('VirtualService'))
    for (const protocol of ['http', 'tls', 'tcp'] as const)
      view.resource.spec[protocol]?.forEach(({ route = [] }, index) => {
        const path = ['spec', protocol, index, 'route']
        checkSingleWeight(view, route, path, report)
        checkRepeated(view, route, path, mesh, report)
      })
}

interface Weighted {
  readonly destination: Destination
  readonly weight?: number
}

function checkSingleWeight(view: View<object>, route: readonly Weighted[], path: readonly (string | number)[], report: Report): void {
  const [only] = route
  if (route.length !== 1 || only?.weight === undefined || only.weight === 0 || only.weight === 100) return
  const message = `The weight ${only.weight} has no effect: a single destination takes every request. Is another destination missing?`
  const changes = [{ path: [...path, 0, 'weight'] }]
  report('HED0002', view, [...path, 0, 'weight'], message, { fix: { title: 'Remove the weight', changes, isCertain: true } })
}

function checkRepeated(
  view: View<object>,
  route: readonly Weighted[],
  path: readonly (string | number)[],
  mesh: Mesh,
  report: Report,
): void {
  const seen = new Map<string, number>()
  route.forEach(({ destination }, position) => {
    const key = `${mesh.resolve(destination.host, view.namespace)} ${destination.subset ?? ''} ${destination.port?.number ?? ''}`
    const before = seen.get(key)
    if (before === undefined) seen.set(key, position)
    else
      report(
        'HED0003',
        view,
        [...path, position, 'destination'],
        'The same destination stands twice in this route; add up the weights in one, or is a subset wrong?',
        {
          related: [{ view, path: [...path, before, 'destination'], message: 'it stands here first' }],
        },
      )
  })
}
