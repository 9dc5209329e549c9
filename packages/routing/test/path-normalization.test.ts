/** The table of path normalization: input, then what no normalization, BASE, MERGE_SLASHES and DECODE_AND_MERGE_SLASHES make of it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HttpConnectionManager, isRedirectedPath, normalizePath } from '../src/index.js'

function manager(_filters: readonly [], settings: Partial<HttpConnectionManager>): HttpConnectionManager {
  return { statPrefix: 'test', routes: { kind: 'rds', routeConfigName: 'any' }, httpFilters: [], ...settings }
}

const none = manager([], { normalizePath: false, mergeSlashes: false })
const base = manager([], { normalizePath: true, mergeSlashes: false })
const merge = manager([], { normalizePath: true, mergeSlashes: true })
const decode = manager([], { normalizePath: true, mergeSlashes: true, pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD' })

const rows: readonly (readonly [path: string, base: string, merge: string, decode: string])[] = [
  ['//adm', '//adm', '/adm', '/adm'],
  ['/p%2Fadm', '/p%2Fadm', '/p%2Fadm', '/p/adm'],
  ['/p%2fadm', '/p%2fadm', '/p%2fadm', '/p/adm'],
  ['/p\\adm', '/p/adm', '/p/adm', '/p/adm'],
  ['/p/%2e%2e/adm', '/adm', '/adm', '/adm'],
  ['/p/%2e%2e%2fadm', '/p/..%2fadm', '/p/..%2fadm', '/adm'],
  ['/p//../adm', '/p/adm', '/p/adm', '/p/adm'],
  ['/../../adm', '/adm', '/adm', '/adm'],
  ['/%252e%252e/adm', '/%252e%252e/adm', '/%252e%252e/adm', '/%252e%252e/adm'],
  ['/%61dmin?x=%61/../b', '/admin?x=%61/../b', '/admin?x=%61/../b', '/admin?x=%61/../b'],
  ['/x%2f..%2fadmin', '/x%2f..%2fadmin', '/x%2f..%2fadmin', '/admin'],
  ['/%2%65%2e', '/%2%65.', '/%2%65.', '/%2%65.'],
  ['/p/..;/adm', '/adm', '/adm', '/adm'],
  ['/p/..;x=1/adm', '/adm', '/adm', '/adm'],
  ['/p/%2e%2e;/adm', '/adm', '/adm', '/adm'],
  ['/p/.;x/adm', '/p/adm', '/p/adm', '/p/adm'],
  ['/p/..;', '/', '/', '/'],
  ['/p;x/..;y/adm', '/adm', '/adm', '/adm'],
  ['/p/...;/adm', '/p/...;/adm', '/p/...;/adm', '/p/...;/adm'],
  ['/p/x;..;/adm', '/p/x;..;/adm', '/p/x;..;/adm', '/p/x;..;/adm'],
  ['/a"<>^`{|}b?"|', '/a%22%3C%3E%5E%60%7B%7C%7Db?"|', '/a%22%3C%3E%5E%60%7B%7C%7Db?"|', '/a%22%3C%3E%5E%60%7B%7C%7Db?"|'],
]

describe('paths are normalized as the table says', () => {
  for (const [path, ...wanted] of rows)
    test(path, () => {
      expect(normalizePath(path, none)).toBe(path)
      expect([base, merge, decode].map((mode) => normalizePath(path, mode))).toEqual(wanted)
    })

  test('an escaped NUL is refused in every mode', () => {
    for (const mode of [none, base, merge, decode]) expect(normalizePath('/adm%00', mode)).toBeUndefined()
  })

  test('of all escapes only unreserved characters are decoded, slashes only where slashes are', () => {
    for (let code = 1; code < 256; code++) {
      const escape = `%${code.toString(16).padStart(2, '0')}`
      const character = String.fromCharCode(code)
      const wanted = /[A-Za-z0-9._~-]/.test(character) ? character : escape
      expect(normalizePath(`/a${escape}`, base)).toBe(`/a${wanted}`)
      const isSlash = character === '/' || character === '\\'
      expect(normalizePath(`/a${escape}`, decode)).toBe(isSlash ? '/a/' : `/a${wanted}`)
    }
  })

  test('an escaped slash is refused or sent back where that is configured', () => {
    const acting = (pathWithEscapedSlashesAction: NonNullable<HttpConnectionManager['pathWithEscapedSlashesAction']>) =>
      manager([], { pathWithEscapedSlashesAction })
    expect(normalizePath('/a%5cb', acting('REJECT_REQUEST'))).toBeUndefined()
    expect(isRedirectedPath('/a%2fb', acting('UNESCAPE_AND_REDIRECT'))).toBe(true)
    expect(isRedirectedPath('/a?b=%2f', acting('UNESCAPE_AND_REDIRECT'))).toBe(false)
    expect(isRedirectedPath('/a%2fb', acting('UNESCAPE_AND_FORWARD'))).toBe(false)
  })

  test('what is normalized stays as it is', () => {
    const piece = fc.constantFrom('/', '.', '..', '%2e', '%2f', '%5c', '\\', '%', '2', 'e', 'f', '%25', '%61', 'a', '//', '?', '%7e')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(base, merge, decode), (pieces, mode) => {
        const once = normalizePath(`/${pieces.join('')}`, mode)
        expect(once === undefined ? undefined : normalizePath(once, mode)).toBe(once)
      }),
      { numRuns: 20_000, seed: 7 },
    )
  })
})
