/** What the schema of SARIF 2.1.0 (OASIS) demands of the objects that our logs have: names, types, what must be there. */
import { expect } from 'vitest'

interface Shape {
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, Check>>
}
type Check = (value: unknown, path: string) => void

const text: Check = (value, path) => expect(value, path).toEqual(expect.any(String))
const wholeNumber =
  (least: number): Check =>
  (value, path) => {
    expect(Number.isInteger(value), path).toBe(true)
    expect(value, path).toBeGreaterThanOrEqual(least)
  }
const oneOf =
  (...words: readonly string[]): Check =>
  (value, path) =>
    expect(words, path).toContain(value)
const list =
  (entry: Check, { least = 0, isUnique = false } = {}): Check =>
  (value, path) => {
    const entries = value as readonly unknown[]
    expect(Array.isArray(value), path).toBe(true)
    expect(entries.length, path).toBeGreaterThanOrEqual(least)
    if (isUnique) expect(new Set(entries.map((one) => JSON.stringify(one))).size, path).toBe(entries.length)
    for (const [index, one] of entries.entries()) entry(one, `${path}[${index}]`)
  }
const object =
  ({ required = [], properties }: Shape): Check =>
  (value, path) => {
    expect(typeof value, path).toBe('object')
    const entries = Object.entries(value as object)
    for (const name of required) expect(value, path).toHaveProperty(name)
    for (const [name, one] of entries) {
      expect(Object.keys(properties), path).toContain(name)
      properties[name]?.(one, `${path}.${name}`)
    }
  }

const bag: Check = (value, path) => {
  const { tags } = value as { readonly tags?: unknown }
  if (tags !== undefined) list(text, { isUnique: true })(tags, `${path}.tags`)
}
const texts: Check = (value, path) => {
  for (const [name, one] of Object.entries(value as object)) text(one, `${path}.${name}`)
}
/** RFC 3986, absolute. */
const uri: Check = (value, path) => expect(() => new URL(value as string), path).not.toThrow()
const uriReference: Check = (value, path) => {
  expect(value, path).toMatch(/^(?:[\w\-.~!$&'()*+,;=:@/?#]|%[0-9A-F]{2})*$/)
  expect(() => new URL(value as string, 'file:///project/'), path).not.toThrow()
}

const message = object({ required: ['text'], properties: { text, markdown: text } })
const artifactLocation = object({ properties: { uri: uriReference } })
const region: Check = (value, path) => {
  object({
    properties: { startLine: wholeNumber(1), startColumn: wholeNumber(1), endLine: wholeNumber(1), endColumn: wholeNumber(1) },
  })(value, path)
  const { startLine, startColumn, endLine, endColumn } = value as Readonly<Record<string, number>>
  const start = (startLine ?? 0) * 1e6 + (startColumn ?? 0)
  expect((endLine ?? 0) * 1e6 + (endColumn ?? 0), path).toBeGreaterThanOrEqual(start)
}
const location = object({
  properties: {
    id: wholeNumber(-1),
    physicalLocation: object({ required: ['artifactLocation'], properties: { artifactLocation, region } }),
    logicalLocations: list(object({ properties: { fullyQualifiedName: text, kind: text } }), { isUnique: true }),
    message,
  },
})
const replacement = object({
  required: ['deletedRegion'],
  properties: { deletedRegion: region, insertedContent: object({ required: ['text'], properties: { text } }) },
})
const fix = object({
  required: ['artifactChanges'],
  properties: {
    description: message,
    artifactChanges: list(
      object({
        required: ['artifactLocation', 'replacements'],
        properties: { artifactLocation, replacements: list(replacement, { least: 1 }) },
      }),
      { least: 1, isUnique: true },
    ),
  },
})
const level = oneOf('none', 'note', 'warning', 'error')
const result = object({
  required: ['message'],
  properties: {
    ruleId: text,
    ruleIndex: wholeNumber(-1),
    level,
    message,
    locations: list(location),
    relatedLocations: list(location, { isUnique: true }),
    partialFingerprints: texts,
    fixes: list(fix, { isUnique: true }),
    properties: bag,
  },
})
const rule = object({
  required: ['id'],
  properties: {
    id: text,
    name: text,
    shortDescription: message,
    fullDescription: message,
    help: message,
    helpUri: uri,
    defaultConfiguration: object({ properties: { level } }),
    properties: bag,
  },
})
const driver = object({ required: ['name'], properties: { name: text, version: text, rules: list(rule, { isUnique: true }) } })
const log = object({
  required: ['version', 'runs'],
  properties: {
    $schema: uri,
    version: oneOf('2.1.0'),
    runs: list(
      object({
        required: ['tool'],
        properties: {
          tool: object({ required: ['driver'], properties: { driver } }),
          columnKind: oneOf('utf16CodeUnits', 'unicodeCodePoints'),
          results: list(result),
        },
      }),
    ),
  },
})

export interface SarifLog {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string; readonly help: { readonly text: string } }[] } }
    readonly results: readonly SarifResult[]
  }[]
}

export interface SarifRegion {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
}

export interface SarifResult {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: { readonly text: string }
  readonly partialFingerprints: Readonly<Record<string, string>>
  readonly properties: { readonly code: string; readonly tags: readonly string[] }
  readonly relatedLocations?: readonly object[]
  readonly fixes?: readonly {
    readonly artifactChanges: readonly {
      readonly artifactLocation: { readonly uri: string }
      readonly replacements: readonly { readonly deletedRegion: SarifRegion; readonly insertedContent?: { readonly text: string } }[]
    }[]
  }[]
}

/** @returns the log, once it is known to be one. */
export function readSarif(output: string): SarifLog {
  const parsed = JSON.parse(output) as SarifLog
  log(parsed, 'log')
  for (const { tool, results } of parsed.runs)
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
  return parsed
}
