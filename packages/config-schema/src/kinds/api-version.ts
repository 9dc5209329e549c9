/** Reads an apiVersion into its group and version. */

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

/** `apps/v1` -> group `apps`, version `v1`; `v1` -> group `` (core). */
export function parseApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}
