/** Everything one proxy should have at one moment, by type and name. */
import type { XdsResource } from '@heddle/xds'

export type ProxyResources = ReadonlyMap<string, ReadonlyMap<string, XdsResource>>

const none: ReadonlyMap<string, XdsResource> = new Map()

export function resourcesOfType(resources: ProxyResources, typeUrl: string): ReadonlyMap<string, XdsResource> {
  return resources.get(typeUrl) ?? none
}

export function indexResources(parts: readonly (readonly [typeUrl: string, resources: readonly XdsResource[]])[]): ProxyResources {
  return new Map(parts.map(([typeUrl, resources]) => [typeUrl, new Map(resources.map((resource) => [resource.name, resource]))]))
}
