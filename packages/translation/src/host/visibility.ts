/** exportTo: from which namespaces a service or a configuration is seen. `.` is its own namespace, `*` all, `~` none. */

export function isVisible(exportTo: readonly string[] | undefined, ownNamespace: string, viewer: string): boolean {
  if (exportTo === undefined || exportTo.length === 0) return true
  return exportTo.some((target) => target === '*' || target === viewer || (target === '.' && ownNamespace === viewer))
}
