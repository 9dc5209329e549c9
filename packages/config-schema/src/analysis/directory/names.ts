/** The names that can stand in a reference, as they are written in a namespace. */
import { gatewayText } from '../analyzers/bound-gateways.js'
import { subsetsOf } from '../analyzers/destinations.js'
import { isExported, shortHost } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import type { Reference } from './directory.js'

export function namesFor({ kind, namespace, host }: Omit<Reference, 'text'>, mesh: Mesh): readonly string[] {
  switch (kind) {
    case 'host':
      return hostNames(namespace, mesh)
    case 'scoped-host':
      return [
        ...new Set([
          './*',
          '*/*',
          `${mesh.settings.rootNamespace}/*`,
          ...mesh.hosts.all.map((known) => `${known.namespace}/${known.name}`),
        ]),
      ]
    case 'subset':
      return host === undefined ? [] : subsetsOf(mesh.resolve(host, namespace), namespace, mesh)
    case 'subset-definition':
      return []
    case 'gateway':
      return ['mesh', ...mesh.of('Gateway').map((view) => gatewayText(view, namespace))]
    case 'virtual-service':
      return namesIn(mesh.of('VirtualService'), namespace)
    case 'service':
      return namesIn(mesh.of('Service'), namespace)
    case 'gateway-api-gateway':
      return namesIn(mesh.gatewayApi<object>('Gateway'), namespace)
    case 'namespace':
      return [...mesh.namespaces]
  }
}

function hostNames(namespace: string, mesh: Mesh): readonly string[] {
  const seen = mesh.hosts.all.filter((known) => isExported(known.exportTo, known.namespace, namespace))
  return [...new Set(seen.map(({ name }) => shortHost(name, namespace, mesh.clusterDomain)))]
}

function namesIn(views: readonly { readonly name: string; readonly namespace: string }[], namespace: string): readonly string[] {
  return views.filter((view) => view.namespace === namespace).map(({ name }) => name)
}
