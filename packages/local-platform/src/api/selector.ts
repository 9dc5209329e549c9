/** Label selectors (apimachinery labels.Parse: =, ==, !=, in, notin, exists, !exists) and field selectors (=, ==, !=). */
import type { KubernetesObject } from '@heddle/client'
import { badRequest } from './api-failure.js'
import type { ResourceKind } from './resource-kind.js'
import { selectableField } from './selectable-fields.js'

export type ObjectFilter = (object: KubernetesObject) => boolean

const keyPattern = /^([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)$/
const setPattern = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/

/** @throws 400 BadRequest for text that is no selector. */
export function parseLabelSelector(text: string | undefined): ObjectFilter {
  const requirements = splitOutsideBrackets(text ?? '').map(parseRequirement)
  return (object) => {
    const labels = object.metadata.labels ?? {}
    return requirements.every((holds) => holds(labels))
  }
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean

function parseRequirement(text: string): Requirement {
  const set = setPattern.exec(text)
  if (set) {
    const values = (set[3] as string).split(',').map((value) => value.trim())
    const key = checkKey(set[1] as string, text)
    if (set[2] === 'in') return (labels) => labels[key] !== undefined && values.includes(labels[key])
    return (labels) => labels[key] === undefined || !values.includes(labels[key])
  }
  const comparison = /^(.*?)(!=|==|=)(.*)$/.exec(text)
  if (comparison) {
    const key = checkKey((comparison[1] as string).trim(), text)
    const value = (comparison[3] as string).trim()
    return comparison[2] === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value
  }
  if (text.startsWith('!')) {
    const key = checkKey(text.slice(1).trim(), text)
    return (labels) => labels[key] === undefined
  }
  const key = checkKey(text, text)
  return (labels) => labels[key] !== undefined
}

function checkKey(key: string, requirement: string): string {
  if (!keyPattern.test(key)) throw badRequest(`unable to parse requirement: "${requirement}" is not a label selector`)
  return key
}

function splitOutsideBrackets(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** A field that is not set is the empty text. @throws 400 BadRequest for what is no selector, or names a field not selected by. */
export function parseFieldSelector(text: string | undefined, kind: ResourceKind): ObjectFilter {
  const terms = (text ?? '').split(',').filter((part) => part !== '')
  const requirements = terms.map((term) => {
    const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(term)
    if (!match) throw badRequest(`invalid selector: "${term}"; can't understand it as a field selector`)
    const field = selectableField(kind, (match[1] as string).trim())
    const isEqual = match[2] !== '!='
    return (object: KubernetesObject): boolean => (field(object) === match[3]) === isEqual
  })
  return (object) => requirements.every((holds) => holds(object))
}
