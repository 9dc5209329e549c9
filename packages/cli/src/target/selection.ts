/** kubectl's ways to name objects: `TYPE`, `TYPE,TYPE`, `TYPE NAME ...`, `TYPE/NAME ...`. */
import { usageError } from '../command/parse.js'
import { resolveResources, type ServedResource } from './discovery.js'

export interface Selection {
  readonly resource: ServedResource
  /** Absent: all of the kind. */
  readonly name?: string
  /** Default: the command's. */
  readonly namespace?: string
}

/** @throws HEDDLE_CLI_USAGE, HEDDLE_CLI_NO_RESOURCE_TYPE */
export function parseSelections(served: readonly ServedResource[], words: readonly string[]): readonly Selection[] {
  const [first, ...names] = words
  if (first === undefined || first === '') throw usageError('say what kind of object is meant, such as "pods" or "svc/helloworld"')
  // A variable that is not set; with no name at all every object would be meant.
  if (names.includes('')) throw usageError('a name is empty')
  if (words.some((word) => word.includes('/'))) return words.map((word) => slashSelection(served, word))
  const resources = first.split(',').flatMap((word) => resolveResources(served, word))
  if (names.length === 0) return resources.map((resource) => ({ resource }))
  return resources.flatMap((resource) => names.map((name) => ({ resource, name })))
}

function slashSelection(served: readonly ServedResource[], word: string): Selection {
  const [type, name, ...more] = word.split('/')
  if (!type || !name || more.length > 0) throw usageError(`"${word}" is not TYPE/NAME`)
  return { resource: resolveResources(served, type)[0] as ServedResource, name }
}
