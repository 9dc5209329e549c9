/** RFC 3986 section 6.2.2 on the path only, as Envoy's `path_with_escaped_slashes_action`, `normalize_path` and `merge_slashes` do it, in this order. */
import type { HttpConnectionManager } from '../model/http-connection-manager.js'

const escapedSlash = /%2f|%5c/i
/** Which no path may hold as they are (RFC 3986 section 3.3), and which clients send all the same. */
const unsafe = /["<>^`{|}]/g

/** @returns the path to route by, or undefined when it must be refused. */
export function normalizePath(path: string, manager: HttpConnectionManager): string | undefined {
  if (path === '*' || isPlain(path)) return path
  const query = path.indexOf('?')
  let plain = query < 0 ? path : path.slice(0, query)
  const rest = query < 0 ? '' : path.slice(query)
  if (plain.includes('%00')) return undefined
  if (escapedSlash.test(plain)) {
    const action = manager.pathWithEscapedSlashesAction
    if (action === 'REJECT_REQUEST') return undefined
    if (action === 'UNESCAPE_AND_FORWARD' || action === 'UNESCAPE_AND_REDIRECT')
      plain = plain.replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\')
  }
  if (manager.normalizePath) {
    plain = plain.replaceAll('\\', '/')
    if (plain.includes('%')) plain = decodeUnreserved(plain)
    if (plain.includes('/.')) plain = removeDots(plain)
    plain = plain.replaceAll(unsafe, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  }
  if (manager.mergeSlashes && plain.includes('//')) plain = plain.replaceAll(/\/{2,}/g, '/')
  return plain + rest
}

/** Whether the client is told to come again with the normalized path. */
export function isRedirectedPath(path: string, { pathWithEscapedSlashesAction }: HttpConnectionManager): boolean {
  return pathWithEscapedSlashesAction === 'UNESCAPE_AND_REDIRECT' && escapedSlash.test(path.split('?', 1)[0] as string)
}

const unreserved = /[A-Za-z0-9._~-]/
const startedEscape = /%[0-9A-Fa-f]?$/

/** An escape stays where its character would complete another one: what comes out never means more when it is decoded again. */
function decodeUnreserved(path: string): string {
  let out = ''
  for (let at = 0; at < path.length; at++) {
    const digits = /^%([0-9A-Fa-f]{2})/.exec(path.slice(at, at + 3))?.[1]
    const decoded = digits === undefined ? '' : String.fromCharCode(Number.parseInt(digits, 16))
    if (digits === undefined) out += path[at]
    else {
      out += unreserved.test(decoded) && !startedEscape.test(out) ? decoded : `%${digits}`
      at += 2
    }
  }
  return out
}

function removeDots(path: string): string {
  const segments = path.split('/')
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (isDots(segment, '..')) {
      if (kept.length > 1) kept.pop()
      if (last) kept.push('')
    } else if (isDots(segment, '.')) {
      if (last) kept.push('')
    } else kept.push(segment)
  }
  return kept.join('/') || '/'
}

/** Servers that know parameters of segments read `..;x` as `..`, so it must not hide there from the rules for paths. */
function isDots(segment: string, dots: string): boolean {
  return segment === dots || segment.startsWith(`${dots};`)
}

const touched = new Uint8Array(256)
for (const character of '%\\"<>^`{|}') touched[character.charCodeAt(0)] = 1

/** Whether the path before the query has nothing that a rule could touch, no `//` and no `/.` either. Nearly all are so. */
function isPlain(path: string): boolean {
  let before = 0
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at)
    if (code === 0x3f) return true
    if (touched[code] === 1 || (before === 0x2f && (code === 0x2f || code === 0x2e))) return false
    before = code
  }
  return true
}
