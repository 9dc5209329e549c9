/** What a conversion collects: everything that has no exact counterpart, with its place; nothing is left out in silence. */
import { formatPath, type FieldPath } from '../path.js'
import type { ConversionIssue } from './conversion-options.js'

/** State of one conversion. */
export interface Conversion {
  readonly namespace: string
  readonly segmentPrefixes: boolean
  readonly services: ReadonlyMap<string, readonly number[]>
  readonly issues: ConversionIssue[]
}

export type Path = FieldPath

export function inexact(conversion: Conversion, path: Path, reason: string): undefined {
  conversion.issues.push({ kind: 'inexact', path: formatPath(path), segments: path, reason })
  return undefined
}

export function needed(conversion: Conversion, path: Path, reason: string): void {
  if (!conversion.issues.some((issue) => issue.reason === reason))
    conversion.issues.push({ kind: 'needed', path: formatPath(path), segments: path, reason })
}

const noCounterpart = 'HTTPRoute has nothing like it.'

/** Reports each set field that the caller does not convert, so that a field added to the model cannot get lost. */
export function onlyKnown(
  conversion: Conversion,
  path: Path,
  value: object,
  known: readonly string[],
  reasons: Readonly<Record<string, string>> = {},
): void {
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined || entry === null || known.includes(key)) continue
    inexact(conversion, [...path, key], Object.hasOwn(reasons, key) ? (reasons[key] as string) : noCounterpart)
  }
}
