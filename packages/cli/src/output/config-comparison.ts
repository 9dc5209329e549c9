/** What istiod has for a proxy against what the proxy runs, resource by resource, as `istioctl proxy-status POD` compares them. */
import { isDeepStrictEqual } from 'node:util'
import { type ConfigDump, type DumpPart, resourcesOf } from './config-dump.js'

type Json = Readonly<Record<string, unknown>>

/** istiod's `/debug/config_dump?proxyID=`: resources as protobuf JSON. */
export interface IstiodDump {
  readonly clusters: readonly Json[]
  readonly listeners: readonly Json[]
  readonly routes: readonly Json[]
}

export interface ComparedPart {
  readonly title: string
  /** Empty when both have the same. */
  readonly differences: readonly string[]
}

const parts = [
  ['Clusters', 'clusters'],
  ['Listeners', 'listeners'],
  ['Routes', 'routes'],
] as const satisfies readonly (readonly [string, DumpPart])[]

export function compareConfiguration(sent: IstiodDump, own: ConfigDump): readonly ComparedPart[] {
  return parts.map(([title, part]) => ({ title, differences: differencesOf(byName(sent[part]), byName(resourcesOf(own, part))) }))
}

function differencesOf(sent: ReadonlyMap<string, Json>, own: ReadonlyMap<string, Json>): readonly string[] {
  const names = [...new Set([...sent.keys(), ...own.keys()])].toSorted()
  return names.flatMap((name) => {
    const [wanted, found] = [sent.get(name), own.get(name)]
    if (!found) return [`${name}: istiod has it, the proxy does not`]
    if (!wanted) return [`${name}: the proxy has it, istiod does not`]
    const path = firstDifference(wanted, found)
    return path === undefined ? [] : [`${name}: differs at ${path}`]
  })
}

function byName(resources: readonly Json[]): ReadonlyMap<string, Json> {
  return new Map(resources.map((resource) => [String(resource['name']), resource]))
}

/** Path of the first field that differs, with both values. */
function firstDifference(wanted: unknown, found: unknown, path: string = ''): string | undefined {
  if (isDeepStrictEqual(wanted, found)) return undefined
  if (isBranch(wanted) && isBranch(found) && Array.isArray(wanted) === Array.isArray(found))
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
      const step = Array.isArray(wanted) ? `[${key}]` : `${path === '' ? '' : '.'}${key}`
      const inner = firstDifference(wanted[key], found[key], `${path}${step}`)
      if (inner !== undefined) return inner
    }
  return `${path}: istiod ${shown(wanted)}, proxy ${shown(found)}`
}

function isBranch(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

const shownCharacters = 80

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}...` : text
}
