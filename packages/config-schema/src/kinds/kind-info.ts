/** Lookup of kinds: by apiVersion and kind, and by the names people type (`po`, `pods`, `vs`, `deployments.apps`). */
import { parseApiVersion } from './api-version.js'
import { kindTable, type KindInfo } from './kind-table.js'

const byGroupKind = new Map(kindTable.map((info) => [`${info.group}/${info.kind}`, info]))
const byName = new Map<string, KindInfo>()
for (const info of kindTable) {
  for (const name of [info.plural, info.singular, ...info.shortNames]) {
    if (!byName.has(name)) byName.set(name, info)
    byName.set(`${name}.${info.group}`, info)
    for (const version of info.versions) byName.set(`${name}.${version}.${info.group}`, info)
  }
}

/** What is known of a kind, or undefined when the kind or this version of it is not served. */
export function kindInfo(apiVersion: string, kind: string): KindInfo | undefined {
  const { group, version } = parseApiVersion(apiVersion)
  const info = byGroupKind.get(`${group}/${kind}`)
  return info?.versions.includes(version) ? info : undefined
}

/** True when `validate` can check the kind. */
export function isKnownKind(apiVersion: string, kind: string): boolean {
  return kindInfo(apiVersion, kind) !== undefined
}

/** What a person means by `po`, `pods`, `Pod`, `vs`, `virtualservices.networking.istio.io`, `deployments.v1.apps`. */
export function resolveResourceName(name: string): KindInfo | undefined {
  return byName.get(name.toLowerCase())
}

/** The kinds of a category such as `all` or `istio-io`, in the order of the table. */
export function kindsInCategory(category: string): readonly KindInfo[] {
  return kindTable.filter((info) => info.categories.includes(category))
}

/** The kinds of that name in any group, for messages. */
export function kindsNamed(kind: string): readonly KindInfo[] {
  return kindTable.filter((info) => info.kind === kind)
}

/** `apps/v1` of a kind's preferred version; `v1` in the core group. */
export function preferredApiVersion(info: KindInfo): string {
  const version = info.versions[0] ?? 'v1'
  return info.group === '' ? version : `${info.group}/${version}`
}
