/** Reads which kind a value says it is; what stands in the way is a fault of its own. */
import { nearest } from '@heddle/base'
import { isObject } from './check-value.js'
import type { Fault } from './fault.js'

export type Identity = { readonly apiVersion: string; readonly kind: string } | { readonly faults: readonly Fault[] }

export function readIdentity(value: unknown): Identity {
  if (!isObject(value)) {
    return { faults: [{ ruleId: 'not-a-resource', message: 'A resource is a mapping with apiVersion, kind and metadata.', path: [] }] }
  }
  const { apiVersion, kind } = value
  if (typeof apiVersion === 'string' && typeof kind === 'string' && apiVersion !== '' && kind !== '') return { apiVersion, kind }
  return {
    faults: ['apiVersion', 'kind']
      .filter((name) => typeof value[name] !== 'string' || value[name] === '')
      .map((name) => missingIdentity(value, name)),
  }
}

function missingIdentity(value: Readonly<Record<string, unknown>>, name: string): Fault {
  const example = name === 'kind' ? 'Service or VirtualService' : 'v1 or networking.istio.io/v1'
  if (value[name] !== undefined && value[name] !== null) {
    return {
      ruleId: 'wrong-type',
      message: `"${name}" must be a text such as ${example}.`,
      path: [name],
      expected: `a text such as ${example}`,
    }
  }
  const misspelt = nearest(name, Object.keys(value))
  return {
    ruleId: 'missing-field',
    message: `The resource does not say its ${name}, such as ${example}${misspelt === undefined ? '' : `; "${misspelt}" is probably meant to be it`}.`,
    path: misspelt === undefined ? [name] : [misspelt],
    part: 'key',
    ...(misspelt === undefined ? {} : { suggestion: name }),
  }
}
