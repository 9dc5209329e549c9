/** Header values of the configuration with the commands of Envoy's access log language (`%REQ(:authority)%`); what is not known stays as written. */
import type { HeaderMutations } from '@heddle/routing'
import type { HeaderBlock } from '../message/header-block.js'
import type { RequestRecord } from '../decision-record.js'
// A pure table over decision records: one for logs and headers, so that they cannot differ.
import { type Operator, operatorOf } from '../telemetry/access-log-operators.js'

export function applyRequestMutations(headers: HeaderBlock, mutations: HeaderMutations | undefined, record: RequestRecord): void {
  if (mutations === undefined) return
  for (const name of mutations.requestRemove ?? []) headers.remove(name.toLowerCase())
  for (const option of mutations.requestAdd ?? []) addHeader(headers, option, record)
}

export function applyResponseMutations(headers: HeaderBlock, mutations: HeaderMutations | undefined, record: RequestRecord): void {
  if (mutations === undefined) return
  for (const name of mutations.responseRemove ?? []) headers.remove(name.toLowerCase())
  for (const option of mutations.responseAdd ?? []) addHeader(headers, option, record)
}

type HeaderValueOption = NonNullable<HeaderMutations['requestAdd']>[number]

function addHeader(headers: HeaderBlock, option: HeaderValueOption, record: RequestRecord): void {
  const value = option.value.includes('%') ? expand(option, record) : option.value
  // Envoy, unless keep_empty_value is set, which Istio never does.
  if (value === '') return
  const present = option.append === 'APPEND_IF_EXISTS_OR_ADD' ? false : headers.has(option.key.toLowerCase())
  switch (option.append) {
    case 'APPEND_IF_EXISTS_OR_ADD':
      return headers.append(option.key, value)
    case 'ADD_IF_ABSENT':
      return present ? undefined : headers.append(option.key, value)
    case 'OVERWRITE_IF_EXISTS_OR_ADD':
      return headers.set(option.key, value)
    case 'OVERWRITE_IF_EXISTS':
      return present ? headers.set(option.key, value) : undefined
  }
}

type Part = string | Operator

const compiled = new WeakMap<HeaderValueOption, readonly Part[]>()
const command = /%%|%([A-Z_0-9]+)(?:\(([^)]*)\))?(?::(\d+))?%/g

/** What has no value is empty. Each option's text is read once. */
function expand(option: HeaderValueOption, record: RequestRecord): string {
  let parts = compiled.get(option)
  if (parts === undefined) compiled.set(option, (parts = partsOf(option.value)))
  let text = ''
  for (const part of parts) text += typeof part === 'string' ? part : (part.read(record) ?? '')
  return text
}

function partsOf(text: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (const match of text.matchAll(command)) {
    parts.push(text.slice(at, match.index), partOf(match))
    at = match.index + match[0].length
  }
  parts.push(text.slice(at))
  return parts
}

function partOf([whole, name, argument, length]: RegExpExecArray): Part {
  if (name === undefined) return '%'
  const operator = operatorOf(name, argument)
  if (operator === undefined) return whole
  return length === undefined ? operator : { ...operator, read: (record) => cut(operator.read(record), Number(length)) }
}

function cut(value: string | number | undefined, length: number): string | undefined {
  return value === undefined ? undefined : String(value).slice(0, length)
}
