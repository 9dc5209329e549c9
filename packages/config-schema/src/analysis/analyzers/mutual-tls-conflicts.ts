/** DestinationRules whose TLS mode the other side refuses by its PeerAuthentication (HED0005). */
import type { ClientTLSSettings, DestinationRule, Service } from '../../gen/types.js'
import { hostCovers } from '../../rules/hosts.js'
import type { Mesh } from '../mesh/mesh.js'
import { mutualTlsMode } from '../mesh/mutual-tls.js'
import { isInjected } from '../mesh/injection.js'
import { nameOf, type View } from '../mesh/view.js'
import type { Workload } from '../mesh/workloads.js'
import type { Report } from '../report.js'

export function analyzeMutualTlsConflicts(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('DestinationRule')) {
    const { tls, portLevelSettings = [] } = view.resource.spec.trafficPolicy ?? {}
    checkMode(view, tls, undefined, ['spec', 'trafficPolicy', 'tls', 'mode'], mesh, report)
    portLevelSettings.forEach((setting, index) => {
      checkMode(view, setting.tls, setting.port?.number, ['spec', 'trafficPolicy', 'portLevelSettings', index, 'tls', 'mode'], mesh, report)
    })
  }
}

function checkMode(
  view: View<DestinationRule>,
  tls: ClientTLSSettings | undefined,
  port: number | undefined,
  path: readonly (string | number)[],
  mesh: Mesh,
  report: Report,
): void {
  if (tls?.mode === undefined || tls.mode === 'MUTUAL') return
  for (const workload of workloadsBehind(view, mesh)) {
    if (!isInjected(workload, mesh)) continue
    const target = port === undefined ? undefined : targetPort(view, port, mesh)
    const { mode, view: policy } = mutualTlsMode(workload, mesh, target)
    if (policy === undefined) continue
    const related = [{ view: policy, path: ['spec', 'mtls'], message: `mutual TLS is ${mode} here` }]
    const who = `The ${workload.view.kind} ${nameOf(workload.view)}`
    if (mode === 'STRICT' && tls.mode !== 'ISTIO_MUTUAL')
      return report(
        'HED0005',
        view,
        path,
        `${who} takes mutual TLS of the mesh only, and this rule sends ${tls.mode === 'DISABLE' ? 'plain text' : 'ordinary TLS'}: every connection fails.`,
        {
          related,
          suggestion: 'ISTIO_MUTUAL',
          fix: { title: 'Change the mode to ISTIO_MUTUAL', changes: [{ path, value: 'ISTIO_MUTUAL' }] },
        },
      )
    if (mode === 'DISABLE' && tls.mode === 'ISTIO_MUTUAL')
      return report('HED0005', view, path, `${who} takes plain text only, and this rule sends mutual TLS: every connection fails.`, {
        related,
      })
  }
}

function workloadsBehind({ resource, namespace }: View<DestinationRule>, mesh: Mesh): readonly Workload[] {
  const rule = mesh.resolve(resource.spec.host, namespace)
  const services = mesh.hosts.all.filter(({ name, view }) => view.kind === 'Service' && hostCovers(rule, name))
  return services.flatMap(({ view }) => {
    const selector = (view.resource as Service).spec?.selector ?? {}
    return Object.keys(selector).length === 0 ? [] : mesh.selected(selector, view.namespace)
  })
}

function targetPort({ resource, namespace }: View<DestinationRule>, port: number, mesh: Mesh): number {
  const [host] = mesh.hosts.visible(mesh.resolve(resource.spec.host, namespace), namespace)
  const target = host?.ports.find(({ number }) => number === port)?.targetPort
  return typeof target === 'number' ? target : port
}
