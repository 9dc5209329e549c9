/** Routes of the Gateway API: parents and backends that do not exist, ports that are not there, namespaces that did not agree (IST0101, HED0010). */
import { nearest } from '@heddle/base'
import type { Service } from '../../gen/types.js'
import type { KubernetesObject } from '../../resource.js'
import type { FieldPath } from '../../path.js'
import type { Mesh } from '../mesh/mesh.js'
import { nameOf, type View } from '../mesh/view.js'
import { meant, type Report } from '../report.js'

interface Reference {
  readonly group?: string
  readonly kind?: string
  readonly name: string
  readonly namespace?: string
  readonly port?: number
  readonly sectionName?: string
}

interface RouteObject extends KubernetesObject {
  readonly spec?: {
    readonly parentRefs?: readonly Reference[]
    readonly rules?: readonly { readonly backendRefs?: readonly Reference[] }[]
  }
}

const routeKinds = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute']

export function analyzeGatewayApiRoutes(mesh: Mesh, report: Report): void {
  for (const kind of routeKinds)
    for (const view of mesh.gatewayApi<RouteObject>(kind)) {
      view.resource.spec?.parentRefs?.forEach((parent, index) => checkParent(view, parent, ['spec', 'parentRefs', index], mesh, report))
      view.resource.spec?.rules?.forEach(({ backendRefs = [] }, rule) => {
        backendRefs.forEach((backend, index) => checkBackend(view, backend, ['spec', 'rules', rule, 'backendRefs', index], mesh, report))
      })
    }
}

interface GatewayObject extends KubernetesObject {
  readonly spec?: { readonly listeners?: readonly { readonly name: string; readonly port: number }[] }
}

function checkParent(view: View<RouteObject>, parent: Reference, path: FieldPath, mesh: Mesh, report: Report): void {
  if ((parent.kind ?? 'Gateway') !== 'Gateway' || parent.name === '') return
  const gateways = mesh.gatewayApi<GatewayObject>('Gateway')
  if (gateways.length === 0 && !mesh.isComplete) return
  const namespace = parent.namespace ?? view.namespace
  const found = gateways.find((gateway) => gateway.name === parent.name && gateway.namespace === namespace)
  if (found === undefined) {
    const near = gateways.filter((gateway) => gateway.namespace === namespace).map(({ name }) => name)
    reportMissing(
      view,
      [...path, 'name'],
      `There is no Gateway "${parent.name}" in the namespace ${namespace}.`,
      nearest(parent.name, near),
      report,
    )
    return
  }
  const listeners = (found.resource.spec?.listeners ?? []).map(({ name }) => name)
  if (parent.sectionName === undefined || listeners.includes(parent.sectionName)) return
  const message = `The Gateway ${nameOf(found)} has no listener "${parent.sectionName}"; it has ${listeners.join(', ')}.`
  reportMissing(view, [...path, 'sectionName'], message, nearest(parent.sectionName, listeners), report)
}

function checkBackend(view: View<RouteObject>, backend: Reference, path: FieldPath, mesh: Mesh, report: Report): void {
  if ((backend.kind ?? 'Service') !== 'Service' || (backend.group ?? '') !== '' || backend.name === '') return
  const services = mesh.of('Service')
  if (services.length === 0 && !mesh.isComplete) return
  const namespace = backend.namespace ?? view.namespace
  const found = services.find((service) => service.name === backend.name && service.namespace === namespace)
  if (found === undefined) {
    const near = services.filter((service) => service.namespace === namespace).map(({ name }) => name)
    reportMissing(
      view,
      [...path, 'name'],
      `There is no Service "${backend.name}" in the namespace ${namespace}, so requests to it are answered with 500.`,
      nearest(backend.name, near),
      report,
    )
    return
  }
  checkBackendPort(view, backend, found, path, report)
  if (namespace !== view.namespace && !isGranted(view, namespace, backend.name, mesh)) {
    const message = `The namespace ${namespace} does not let a ${view.kind} of ${view.namespace} use its Services; it needs a ReferenceGrant there.`
    report('HED0010', view, [...path, 'namespace'], message, { related: [{ view: found, path: [], message: 'the Service' }] })
  }
}

function checkBackendPort(view: View<RouteObject>, { port }: Reference, service: View<Service>, path: FieldPath, report: Report): void {
  const ports = (service.resource.spec?.ports ?? []).map((known) => known.port)
  if (port === undefined || ports.includes(port)) return
  const message = `The Service ${nameOf(service)} has no port ${port}; it has ${ports.join(', ')}.`
  report('IST0101', view, [...path, 'port'], message, { related: [{ view: service, path: ['spec', 'ports'], message: 'its ports' }] })
}

interface GrantObject extends KubernetesObject {
  readonly spec?: {
    readonly from?: readonly { readonly kind: string; readonly namespace: string }[]
    readonly to?: readonly { readonly kind: string; readonly name?: string }[]
  }
}

function isGranted(view: View<object>, namespace: string, service: string, mesh: Mesh): boolean {
  return mesh
    .gatewayApi<GrantObject>('ReferenceGrant')
    .some(
      ({ namespace: home, resource: { spec } }) =>
        home === namespace &&
        spec?.from?.some((from) => from.kind === view.kind && from.namespace === view.namespace) === true &&
        spec.to?.some((to) => to.kind === 'Service' && (to.name === undefined || to.name === service)) === true,
    )
}

function reportMissing(view: View<object>, path: FieldPath, message: string, suggestion: string | undefined, report: Report): void {
  report('IST0101', view, path, message, meant(suggestion, path, 'Change it to'))
}
