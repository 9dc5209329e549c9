/** Rules of the filters of HTTPRoute and GRPCRoute: each has the field its type names, and goes together with the others. */
import type { HTTPHeaderFilter, HTTPPathModifier, HTTPRequestMirrorFilter } from '../../gen/gateway-api-types.js'
import { clip } from '../../model/clip.js'
import type { FaultList } from '../../validate/fault.js'
import { checkControlCharacters } from '../header-operations.js'
import { error, firstPlaces, within } from '../reporter.js'
import { checkBackend } from './parents.js'

const fieldOf: Readonly<Record<string, string>> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
  ExtensionRef: 'extensionRef',
}
const once = new Set(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'CORS'])

/** What all filters have, whichever kind of route holds them. */
export interface Filter {
  readonly type?: string
  readonly requestHeaderModifier?: HTTPHeaderFilter
  readonly responseHeaderModifier?: HTTPHeaderFilter
  readonly requestMirror?: HTTPRequestMirrorFilter
}

export function checkFilters(filters: readonly Filter[] | undefined, faults: FaultList): void {
  const seen = new Map<string, number>()
  filters?.forEach((filter, index) => {
    within(faults, ['filters', index], () => checkFilter(filter, faults))
    const { type } = filter
    if (type === undefined) return
    const first = seen.get(type)
    if (first !== undefined && once.has(type))
      error(faults, 'route/repeated-filter', ['filters', index], `The filter ${type} may stand only once; join the two.`, {
        related: [{ path: [...faults.path, 'filters', first], message: 'The first one.' }],
      })
    seen.set(type, first ?? index)
  })
  const rewrite = seen.get('URLRewrite')
  if (seen.has('RequestRedirect') && rewrite !== undefined)
    error(
      faults,
      'route/redirect-or-rewrite',
      ['filters', rewrite],
      'A request is either redirected or rewritten: RequestRedirect and URLRewrite exclude each other.',
    )
}

function checkFilter(filter: Filter, faults: FaultList): void {
  const { type } = filter
  if (type === undefined) return
  const own = Object.hasOwn(fieldOf, type) ? fieldOf[type] : undefined
  // A type that is misspelt is a fault of its own.
  if (own === undefined) return
  for (const [name, field] of Object.entries(fieldOf)) {
    const value = (filter as Readonly<Record<string, unknown>>)[field]
    if (field === own && value === undefined)
      error(faults, 'route/filter-field', [field], `A filter of type ${type} needs "${field}".`, { part: 'key', expected: field })
    if (field !== own && value !== undefined)
      error(faults, 'route/filter-field', [field], `A filter of type ${type} does not have "${field}"; that belongs to type ${name}.`, {
        part: 'key',
      })
  }
  for (const name of ['requestHeaderModifier', 'responseHeaderModifier'] as const) {
    const modifier = filter[name]
    if (modifier) within(faults, [name], () => checkHeaders(modifier, faults))
  }
  const mirror = filter.requestMirror
  if (mirror) within(faults, ['requestMirror'], () => checkMirror(mirror, faults))
}

/** Names of headers do not differ by case. */
function checkHeaders(modifier: HTTPHeaderFilter, faults: FaultList): void {
  for (const name of ['set', 'add'] as const) {
    checkUnique(modifier[name], name, faults)
    modifier[name]?.forEach(({ value }, index) => checkControlCharacters(value ?? '', [name, index, 'value'], faults))
  }
  const removed = firstPlaces<string>()
  modifier.remove?.forEach((header, index) => {
    const first = removed.take(header, faults, 'remove', index)
    if (first !== undefined) error(faults, 'route/duplicate-name', ['remove', index], `"${clip(header)}" stands twice.`, first)
  })
}

export function checkUnique(entries: readonly { readonly name?: string }[] | undefined, list: string, faults: FaultList): void {
  const seen = firstPlaces<string>()
  entries?.forEach(({ name }, index) => {
    if (name === undefined) return
    const first = seen.take(name, faults, list, index, 'name')
    const message = `"${clip(name)}" stands twice; only the first counts.`
    if (first !== undefined) error(faults, 'route/duplicate-name', [list, index, 'name'], message, first)
  })
}

function checkMirror({ backendRef, fraction }: HTTPRequestMirrorFilter, faults: FaultList): void {
  within(faults, ['backendRef'], () => checkBackend(backendRef, faults))
  if (fraction?.numerator !== undefined && fraction.numerator > (fraction.denominator ?? 100))
    error(faults, 'route/fraction', ['fraction', 'numerator'], 'The share is larger than the whole.', {
      expected: 'a numerator of at most the denominator',
    })
}

/** @param hasOnePrefix whether the rule matches exactly one path prefix. */
export function checkPathModifier(modifier: HTTPPathModifier | undefined, hasOnePrefix: boolean, faults: FaultList): void {
  if (modifier?.type === undefined) return
  const fields = { ReplaceFullPath: 'replaceFullPath', ReplacePrefixMatch: 'replacePrefixMatch' } as const
  for (const [type, field] of Object.entries(fields) as [keyof typeof fields, 'replaceFullPath' | 'replacePrefixMatch'][]) {
    const value = modifier[field]
    if (modifier.type === type && value === undefined)
      error(faults, 'route/path-modifier', ['path', field], `Type ${type} needs "${field}".`, { part: 'key', expected: field })
    if (modifier.type !== type && value !== undefined)
      error(faults, 'route/path-modifier', ['path', field], `Type ${modifier.type} does not have "${field}".`, { part: 'key' })
  }
  if (modifier.type === 'ReplacePrefixMatch' && !hasOnePrefix)
    error(
      faults,
      'route/prefix-match',
      ['path', 'replacePrefixMatch'],
      'replacePrefixMatch replaces a matched prefix, so the rule needs exactly one match, of type PathPrefix.',
      {
        part: 'key',
      },
    )
}
