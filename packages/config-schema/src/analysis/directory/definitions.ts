/** What a reference leads to: the resource that defines the name, and the field in it that does. */
import type { FieldPath } from '../../path.js'
import { hostCovers } from '../../rules/hosts.js'
import { findGateway } from '../analyzers/bound-gateways.js'
import { isExported, type MeshHost } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Reference } from './directory.js'

export interface Definition {
  readonly view: View<object>
  /** Empty for the resource itself, which is shown by its name. */
  readonly path: FieldPath
  /** Whose ports it has, when it is a host. */
  readonly host?: MeshHost
}

export function definitionsOf({ kind, text, namespace, host }: Reference, mesh: Mesh): readonly Definition[] {
  switch (kind) {
    case 'host':
      return hostDefinitions(text, namespace, mesh)
    case 'scoped-host':
      return scopedHostDefinitions(text, namespace, mesh)
    case 'subset':
      return host === undefined ? [] : subsetDefinitions(host, text, namespace, mesh)
    case 'subset-definition':
      return []
    case 'gateway': {
      const view = findGateway(text, namespace, mesh.of('Gateway'))
      return view === undefined ? [] : [{ view, path: [] }]
    }
    case 'virtual-service':
      return named(mesh.of('VirtualService'), text, namespace)
    case 'service':
      return named(mesh.of('Service'), text, namespace)
    case 'gateway-api-gateway':
      return named(mesh.gatewayApi<object>('Gateway'), text, namespace)
    case 'namespace':
      return named(mesh.of('Namespace'), text, '')
  }
}

function named(views: readonly View<object>[], name: string, namespace: string): readonly Definition[] {
  return views.filter((view) => view.name === name && view.namespace === namespace).map((view) => ({ view, path: [] }))
}

/** A host that is not exported to the namespace is shown all the same: that it is not is what its author wants to see. */
function hostDefinitions(text: string, namespace: string, mesh: Mesh): readonly Definition[] {
  const name = mesh.resolve(text, namespace)
  const visible = mesh.hosts.visible(name, namespace)
  return (visible.length > 0 ? visible : mesh.hosts.defined(name)).map((host) => hostDefinition(host, mesh))
}

function scopedHostDefinitions(text: string, namespace: string, mesh: Mesh): readonly Definition[] {
  const [scope = '', pattern = ''] = text.split('/', 2)
  const owner = scope === '.' ? namespace : scope
  return mesh.hosts.all
    .filter((host) => hostCovers(pattern, host.name) && (owner === '*' || owner === host.namespace))
    .map((host) => hostDefinition(host, mesh))
}

/** A ServiceEntry stands for several hosts, so the entry of its list is meant. */
function hostDefinition(host: MeshHost, mesh: Mesh): Definition {
  const { view, name } = host
  if (view.kind !== 'ServiceEntry') return { view, path: [], host }
  const { hosts = [] } = (view.resource.spec ?? {}) as { readonly hosts?: readonly string[] }
  const index = hosts.findIndex((entry) => mesh.resolve(entry, view.namespace) === name)
  return { view, path: index < 0 ? [] : ['spec', 'hosts', index], host }
}

function subsetDefinitions(host: string, subset: string, namespace: string, mesh: Mesh): readonly Definition[] {
  const name = mesh.resolve(host, namespace)
  return mesh.destinationRules.covering(name).flatMap((view) => {
    const { spec } = view.resource
    if (!isExported(spec.exportTo ?? mesh.settings.destinationRuleExportTo, view.namespace, namespace)) return []
    const subsets = spec.subsets ?? []
    return subsets.flatMap((entry, index) => (entry.name === subset ? [{ view, path: ['spec', 'subsets', index, 'name'] }] : []))
  })
}
