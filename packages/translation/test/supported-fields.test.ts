import { readdirSync, readFileSync } from 'node:fs'
import { customResourceDefinitions } from '@heddle/config-schema'
import { describe, expect, it } from 'vitest'
import { fieldRules } from '../src/index.js'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: unknown
}

/** Fields that are said to be supported though no code of this package reads them by name, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {}

const source = new URL('../src/', import.meta.url)
const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
  // What resources look like, and what becomes of their fields, is no reading.
  .filter((file) => file.endsWith('.ts') && !file.startsWith('resources/') && !file.startsWith('compatibility/'))
  .map((file) => readFileSync(new URL(file, source), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|import [\s\S]*? from .*/g, ''))
  .join('\n')

/** As a member, a destructured name, or a quoted key. */
const isRead = (name: string): boolean => new RegExp(`(\\.|[{,'] ?)${name}\\b(?! ?\\()`).test(code)

function* supported(schema: Schema, path: string, ruled: ReadonlySet<string>): Generator<string> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const here = `${path}.${name}${child.items ? '[]' : ''}`
    if (ruled.has(here) || ruled.has(`${path}.${name}`)) continue
    yield `${path}.${name}`
    yield* supported(child.items ?? child, here, ruled)
  }
}

function supportedFields(kind: string): readonly string[] {
  const definition = customResourceDefinitions().find(({ spec }) => spec.names.kind === kind)
  const schema = definition?.spec.versions.at(-1)?.schema?.openAPIV3Schema as Schema
  const ruled = new Set((fieldRules[kind] ?? []).map((rule) => rule.path))
  return [...supported(schema.properties?.['spec'] ?? {}, 'spec', ruled)]
}

describe.each(Object.keys(fieldRules))('every supported field of %s', (kind) => {
  it('is read by translation, or stands on the list of exceptions', () => {
    const unread = supportedFields(kind).filter((path) => !isRead(path.split('.').at(-1) ?? ''))
    expect(unread.filter((path) => exceptions[`${kind} ${path}`] === undefined)).toEqual([])
  })
})

it('the list of exceptions holds only fields that are supported and not read', () => {
  const unread = Object.keys(fieldRules).flatMap((kind) =>
    supportedFields(kind)
      .filter((path) => !isRead(path.split('.').at(-1) ?? ''))
      .map((path) => `${kind} ${path}`),
  )
  expect(Object.keys(exceptions).filter((path) => !unread.includes(path))).toEqual([])
})
