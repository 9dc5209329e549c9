/** All kinds served at this moment: the built-in ones and those of the stored CustomResourceDefinitions. */
import type { KubernetesObject } from '@heddle/client'
import type { EventLog } from '../store/event-log.js'
import { builtInKinds } from './built-in-kinds.js'
import { kindOfDefinition } from './custom-kinds.js'
import type { ResourceKind } from './resource-kind.js'

export interface ResourceCatalog {
  /** By path; undefined when the version is not served. */
  byPlural(group: string, version: string, plural: string): ResourceKind | undefined
  byKind(apiVersion: string, kind: string): ResourceKind | undefined
  all(): readonly ResourceKind[]
}

const definitionPrefix = 'apiextensions.k8s.io/customresourcedefinitions/'

/** @param definitions the definitions stored at the start; later ones come from `events`. */
export function createCatalog(definitions: readonly KubernetesObject[], events: EventLog): ResourceCatalog {
  const custom = new Map<string, ResourceKind>()
  const take = (name: string, definition: KubernetesObject | undefined): void => {
    const kind = definition && kindOfDefinition(definition)
    if (kind) custom.set(name, kind)
    else custom.delete(name)
  }
  for (const definition of definitions) take(definition.metadata.name, definition)
  events.subscribe((event) => {
    if (event.key.startsWith(definitionPrefix)) take(event.key.slice(definitionPrefix.length), event.object)
  })
  const all = (): readonly ResourceKind[] => [...builtInKinds, ...custom.values()]
  return {
    all,
    byPlural: (group, version, plural) =>
      all().find((kind) => kind.group === group && kind.plural === plural && kind.versions.includes(version)),
    byKind: (apiVersion, name) => {
      const slash = apiVersion.indexOf('/')
      const group = slash < 0 ? '' : apiVersion.slice(0, slash)
      return all().find((kind) => kind.kind === name && kind.group === group && kind.versions.includes(apiVersion.slice(slash + 1)))
    },
  }
}
