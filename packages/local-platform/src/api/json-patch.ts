/**
 * JSON patch, RFC 6902, over JSON pointers (RFC 6901): operations in order, all or none. What an operation leaves untouched
 * is shared with the object it was given.
 */
import { type Fields, fieldsOf, sameJson } from '../json-fields.js'
import { badRequest, failure } from './api-failure.js'

interface Operation {
  readonly op: string
  readonly path: string
  readonly from: string | undefined
  readonly value: unknown
}

/** An array or object on the way of a pointer. */
type Parent = readonly unknown[] | Fields

/** @throws 400 BadRequest for what is no patch, 422 Invalid when an operation does not fit the object. */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations')
  return patch.map(operationOf).reduce(applyOperation, target)
}

function operationOf(entry: unknown): Operation {
  const { op, path, from, value } = fieldsOf(entry)
  if (typeof op !== 'string' || typeof path !== 'string') throw badRequest('an operation of a JSON patch has the texts "op" and "path"')
  if ((op === 'move' || op === 'copy') && typeof from !== 'string')
    throw badRequest(`the operation "${op}" of a JSON patch has the text "from"`)
  return { op, path, from: typeof from === 'string' ? from : undefined, value }
}

function applyOperation(target: unknown, { op, path, from = '', value }: Operation): unknown {
  switch (op) {
    case 'add':
      return added(target, pointerOf(path), value, path)
    case 'remove':
      return removed(target, pointerOf(path), path)
    case 'replace':
      return replaced(target, pointerOf(path), value, path)
    case 'move':
      if (path.startsWith(`${from}/`)) throw misfit(`move: "${from}" cannot move into itself`)
      return added(removed(target, pointerOf(from), from), pointerOf(path), valueAt(target, pointerOf(from), from), path)
    case 'copy':
      return added(target, pointerOf(path), valueAt(target, pointerOf(from), from), path)
    case 'test':
      if (sameJson(valueAt(target, pointerOf(path), path), value)) return target
      throw misfit(`testing value ${path} failed`)
    default:
      throw badRequest(`a JSON patch has no operation "${op}"`)
  }
}

function pointerOf(text: string): readonly string[] {
  if (text === '') return []
  if (!text.startsWith('/')) throw badRequest(`"${text}" is no JSON pointer: it does not begin with "/"`)
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function misfit(message: string): Error {
  return failure(422, 'Invalid', `the JSON patch does not fit the object: ${message}`)
}

function missing(path: string): Error {
  return misfit(`there is nothing at "${path}"`)
}

/** @param count entries that may be named: one more when adding. */
function indexOf(part: string, count: number, path: string): number {
  const index = /^(0|[1-9]\d*)$/.test(part) ? Number(part) : Number.NaN
  if (index < count) return index
  throw missing(path)
}

function valueAt(target: unknown, pointer: readonly string[], path: string): unknown {
  return pointer.reduce((value, part) => child(parentOf(value, path), part, path), target)
}

function parentOf(value: unknown, path: string): Parent {
  if (typeof value === 'object' && value !== null) return value as Parent
  throw missing(path)
}

function child(parent: Parent, part: string, path: string): unknown {
  if (isList(parent)) return parent[indexOf(part, parent.length, path)]
  if (!Object.hasOwn(parent, part)) throw missing(path)
  return parent[part]
}

function isList(parent: Parent): parent is readonly unknown[] {
  return Array.isArray(parent)
}

/** The target with the container of the pointer's last part changed; everything on the way there must exist. */
function withParent(target: unknown, pointer: readonly string[], path: string, change: (parent: Parent, last: string) => Parent): unknown {
  const [head, ...rest] = pointer as readonly [string, ...string[]]
  const parent = parentOf(target, path)
  if (rest.length === 0) return change(parent, head)
  return withChild(parent, head, withParent(child(parent, head, path), rest, path, change), path)
}

function withChild(parent: Parent, part: string, value: unknown, path: string): Parent {
  if (isList(parent)) return parent.with(indexOf(part, parent.length, path), value)
  return Object.fromEntries([...Object.entries(parent).filter(([name]) => name !== part), [part, value]])
}

function added(target: unknown, pointer: readonly string[], value: unknown, path: string): unknown {
  if (pointer.length === 0) return value
  return withParent(target, pointer, path, (parent, last) => {
    if (!isList(parent)) return withChild(parent, last, value, path)
    return parent.toSpliced(last === '-' ? parent.length : indexOf(last, parent.length + 1, path), 0, value)
  })
}

function removed(target: unknown, pointer: readonly string[], path: string): unknown {
  if (pointer.length === 0) throw misfit('the whole object cannot be removed')
  return withParent(target, pointer, path, (parent, last) => {
    child(parent, last, path)
    if (isList(parent)) return parent.toSpliced(Number(last), 1)
    return Object.fromEntries(Object.entries(parent).filter(([name]) => name !== last))
  })
}

function replaced(target: unknown, pointer: readonly string[], value: unknown, path: string): unknown {
  if (pointer.length === 0) return value
  return withParent(target, pointer, path, (parent, last) => {
    child(parent, last, path)
    return withChild(parent, last, value, path)
  })
}
