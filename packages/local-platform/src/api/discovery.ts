/** What the API serves, for clients that ask: legacy discovery documents and the aggregated form (apidiscovery.k8s.io). */
import type { ResourceCatalog } from './catalog.js'
import type { ResourceKind } from './resource-kind.js'

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

export function coreVersions(): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }] }
}

export function groupList(catalog: ResourceCatalog): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groupsOf(catalog)
      .filter(([group]) => group !== '')
      .map(([group, kinds]) => describeGroup(group, kinds)),
  }
}

/** The group alone (`/apis/GROUP`), or undefined when it is not served. */
export function oneGroup(catalog: ResourceCatalog, group: string): object | undefined {
  const found = groupsOf(catalog).find(([name]) => name === group)
  return found && group !== '' ? { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(...found) } : undefined
}

function describeGroup(group: string, kinds: readonly ResourceKind[]): object {
  const versions = versionsOf(kinds).map((version) => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions, preferredVersion: versions[0] }
}

/** Undefined when the group or version is not served. */
export function resourceList(catalog: ResourceCatalog, group: string, version: string): object | undefined {
  const kinds = catalog.all().filter((kind) => kind.group === group && kind.versions.includes(version))
  if (kinds.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: kinds.flatMap(describeResources),
  }
}

function describeResources(kind: ResourceKind): readonly object[] {
  const { plural, singular, isNamespaced, shortNames, categories } = kind
  return [
    {
      name: plural,
      singularName: singular,
      namespaced: isNamespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...kind.subresources.map((subresource) => ({
      name: `${plural}/${subresource.name}`,
      singularName: '',
      namespaced: isNamespaced,
      kind: subresource.kind,
      verbs: subresource.verbs,
      ...(subresource.group !== undefined && { group: subresource.group }),
      ...(subresource.version !== undefined && { version: subresource.version }),
    })),
  ]
}

/** The `v2` or `v2beta1` a client asked for with `as=APIGroupDiscoveryList`, the first it lists; undefined when it did not. */
export function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const part of (accept ?? '').split(',')) {
    if (!part.includes('as=APIGroupDiscoveryList') || !part.includes('g=apidiscovery.k8s.io')) continue
    const version = /;\s*v=(v2beta1|v2)(?:;|\s|$)/.exec(part)?.[1]
    if (version === 'v2' || version === 'v2beta1') return version
  }
  return undefined
}

/** @param isCore `/api` answers for the core group, `/apis` for the others. */
export function aggregatedDiscovery(catalog: ResourceCatalog, isCore: boolean, version: 'v2' | 'v2beta1'): object {
  const groups = groupsOf(catalog).filter(([group]) => (group === '') === isCore)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, kinds]) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versionsOf(kinds).map((served) => ({
        version: served,
        freshness: 'Current',
        resources: kinds.filter((kind) => kind.versions.includes(served)).map((kind) => aggregatedResource(kind, served)),
      })),
    })),
  }
}

function aggregatedResource(kind: ResourceKind, version: string): object {
  const { plural, singular, shortNames, categories } = kind
  return {
    resource: plural,
    responseKind: { group: kind.group, version, kind: kind.kind },
    scope: kind.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(kind.subresources.length > 0 && {
      subresources: kind.subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: { group: subresource.group ?? kind.group, version: subresource.version ?? version, kind: subresource.kind },
        verbs: subresource.verbs,
      })),
    }),
  }
}

function verbsOf(kind: ResourceKind): readonly string[] {
  return kind.isReview ? ['create'] : objectVerbs
}

function groupsOf(catalog: ResourceCatalog): readonly (readonly [string, readonly ResourceKind[]])[] {
  const groups = new Map<string, ResourceKind[]>()
  for (const kind of catalog.all()) {
    const kinds = groups.get(kind.group)
    if (kinds) kinds.push(kind)
    else groups.set(kind.group, [kind])
  }
  return [...groups]
}

/** Preferred first: the order of the kind that serves most versions. */
function versionsOf(kinds: readonly ResourceKind[]): readonly string[] {
  const longest = [...kinds].sort((a, b) => b.versions.length - a.versions.length)[0]
  return [...new Set([...(longest?.versions ?? []), ...kinds.flatMap((kind) => kind.versions)])]
}

export function serverVersion(heddleVersion: string): object {
  return {
    major: '1',
    minor: '34',
    gitVersion: `v1.34.0+heddle.${heddleVersion}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node-${process.version}`,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch}`,
  }
}
