/** A right name at the wrong indentation is the commonest mistake: says in which mapping a field belongs. */
import type { Field, ObjectType } from '../model/field-type.js'
import type { FieldPath } from '../path.js'
import type { Walk } from './check-value.js'
import type { Fault } from './fault.js'

export interface Place {
  readonly sentence: string
  /** The neighbouring field it belongs under. */
  readonly under?: string
  readonly consequences?: Pick<Fault, 'explainsAt' | 'isStray'>
}

export function placeOf(walk: Walk, type: ObjectType, key: string): Place | undefined {
  for (const [name, field] of type.fields) {
    if (hasInside(field, key))
      return {
        sentence: ` It belongs further in, under "${name}": check the indentation.`,
        under: name,
        consequences: { explainsAt: [...walk.path, name, key] },
      }
  }
  for (let level = walk.around.length - 2; level >= 0; level--) {
    const outer = walk.around[level] as ObjectType
    if (outer.fields.has(key))
      return {
        sentence: ` It belongs further out, in ${outer.name}: check the indentation.`,
        consequences: { isStray: true, explainsAt: [...outerPath(walk, level), key] },
      }
    const beside = besideOf(walk, outer, level, key)
    if (beside !== undefined) return beside
  }
  return undefined
}

/** A field of a neighbour of one of the mappings around: the line that opens the neighbour is missing or indented wrongly. */
function besideOf(walk: Walk, outer: ObjectType, level: number, key: string): Place | undefined {
  const path = outerPath(walk, level)
  const own = walk.path[path.length]
  for (const [name, field] of outer.fields) {
    if (name === own || !hasInside(field, key)) continue
    return {
      sentence: ` It belongs under "${name}", beside "${String(own)}": is the line "${name}:" there, and in the right column?`,
      consequences: { isStray: true, explainsAt: [...path, name] },
    }
  }
  return undefined
}

function outerPath(walk: Walk, level: number): FieldPath {
  return walk.path.slice(0, walk.depths[level])
}

function hasInside({ type }: Field, key: string): boolean {
  const inner = type.kind === 'list' ? type.items : type
  return inner.kind === 'object' && inner.fields.has(key)
}
