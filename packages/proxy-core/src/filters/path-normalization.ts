/** RFC 3986 section 6.2.2.3 on the path only, as Envoy's `normalize_path` and `merge_slashes` do it; escapes stay as they are. */
import type { HttpConnectionManager } from '@heddle/routing'

/** @returns the path to route by, or undefined when it must be refused. */
export function normalizePath(path: string, manager: HttpConnectionManager): string | undefined {
  if (path === '*' || isPlain(path)) return path
  const query = path.indexOf('?')
  let plain = query < 0 ? path : path.slice(0, query)
  const rest = query < 0 ? '' : path.slice(query)
  if (manager.pathWithEscapedSlashesAction === 'REJECT_REQUEST' && /%2f|%5c/i.test(plain)) return undefined
  if (manager.normalizePath) {
    if (plain.includes('%00')) return undefined
    if (plain.includes('/.') || plain.includes('\\') || /%2e/i.test(plain)) plain = removeDots(plain.replaceAll('\\', '/'))
  }
  if (manager.mergeSlashes && plain.includes('//')) plain = plain.replace(/\/{2,}/g, '/')
  return plain + rest
}

function removeDots(path: string): string {
  const segments = path.split('/')
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    const dots = segment.replace(/%2e/gi, '.')
    const last = index === segments.length - 1
    if (dots === '..') {
      if (kept.length > 1) kept.pop()
      if (last) kept.push('')
    } else if (dots === '.') {
      if (last) kept.push('')
    } else kept.push(segment)
  }
  return kept.join('/') || '/'
}

/** Whether the path before the query has nothing that a rule could touch: no `%`, `\`, `//` or `/.`. Nearly all are so. */
function isPlain(path: string): boolean {
  let before = 0
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at)
    if (code === 0x3f) return true
    if (code === 0x25 || code === 0x5c || (before === 0x2f && (code === 0x2f || code === 0x2e))) return false
    before = code
  }
  return true
}
