/** Rules of header operations: what may be set, added and removed, and the `%` of Envoy's format strings. */
import type { HeaderOperations, Headers } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { isHeaderName } from './header-name.js'
import { error, within } from './reporter.js'

const authorityNames = new Set([':authority', 'host', 'authority'])

/** @param setsAuthority whether `rewrite.authority` is set beside it. */
export function checkHeaders(headers: Headers | undefined, faults: FaultList, setsAuthority = false): void {
  if (headers === undefined) return
  within(faults, ['headers'], () => {
    within(faults, ['request'], () => checkRequest(headers.request, setsAuthority, faults))
    within(faults, ['response'], () => checkResponse(headers.response, faults))
  })
}

function checkRequest(operations: HeaderOperations | undefined, setsAuthority: boolean, faults: FaultList): void {
  let authorities = setsAuthority ? 1 : 0
  for (const operation of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(operations?.[operation] ?? {})) {
      const isAuthority = authorityNames.has(name.toLowerCase())
      if (isAuthority && ++authorities > 1)
        error(faults, 'headers/authority-twice', [operation, name], 'The authority is set more than once for this route.', { part: 'key' })
      if (!isAuthority) checkName(name, [operation, name], faults)
      checkValue(value, [operation, name], faults)
    }
  }
  checkRemoved(operations, faults)
}

function checkResponse(operations: HeaderOperations | undefined, faults: FaultList): void {
  for (const operation of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(operations?.[operation] ?? {})) {
      if (authorityNames.has(name.toLowerCase()))
        error(faults, 'bad-header-name', [operation, name], `A response has no "${clip(name)}" header.`, { part: 'key' })
      else checkName(name, [operation, name], faults)
      checkValue(value, [operation, name], faults)
    }
  }
  checkRemoved(operations, faults)
}

function checkRemoved(operations: HeaderOperations | undefined, faults: FaultList): void {
  operations?.remove?.forEach((name, index) => {
    if (name.toLowerCase() === 'host') error(faults, 'bad-header-name', ['remove', index], `"${clip(name)}" cannot be removed.`)
    else checkName(name, ['remove', index], faults)
  })
}

function checkName(name: string, below: readonly (string | number)[], faults: FaultList): void {
  if (name.startsWith(':'))
    error(faults, 'bad-header-name', below, `"${clip(name)}" is set by the proxy itself and cannot be changed here.`, { part: 'key' })
  else if (!isHeaderName(name))
    error(faults, 'bad-header-name', below, name === '' ? 'A header name cannot be empty.' : `"${clip(name)}" is not a header name.`, {
      part: 'key',
    })
}

function checkValue(value: string, below: readonly string[], faults: FaultList): void {
  checkControlCharacters(value, below, faults)
  const rest = value.replaceAll('%%', '').replaceAll(/%[A-Z0-9_-]+(?:\([^)]*\))?(?::\d+)?%/g, '')
  if (rest.includes('%'))
    error(faults, 'bad-header-value', below, `"${clip(value)}": write %% for a percent sign, or a complete variable such as %PROTOCOL%.`)
}

export function checkControlCharacters(value: string, below: readonly (string | number)[], faults: FaultList): void {
  if (hasControlCharacter(value)) error(faults, 'bad-header-value', below, 'A header value cannot hold control characters or line breaks.')
}

function hasControlCharacter(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if ((code < 32 && code !== 9) || code === 127) return true
  }
  return false
}
