/**
 * What it costs to check configuration, on one core. Plain values: schema and all rules for us, the schema alone for the others (they have
 * no rules). From text: reading YAML so that every field keeps its line and column, then the same. Batches are interleaved and medians
 * count; CPU time is the process's own.
 */
import { loadavg } from 'node:os'
import { AuthorizationPolicy, PeerAuthentication } from '@kubernetes-models/istio/security.istio.io/v1beta1'
import { DestinationRule, Gateway, ServiceEntry, VirtualService } from '@kubernetes-models/istio/networking.istio.io/v1beta1'
import { customResourceDefinitions, loadRegexCompiler, parseDocuments, validate, validateObject } from '@heddle/config-schema'
import { Ajv, type ValidateFunction } from 'ajv'
import { LineCounter, parseDocument } from 'yaml'
import { configDocuments, longDocument } from './config-documents.js'

export interface ConfigRow {
  readonly name: string
  /** CPU milliseconds for one. */
  readonly cpuMs: number
}

export interface ConfigResult {
  readonly loadAverage: number
  readonly lines: number
  readonly values: readonly ConfigRow[]
  readonly text: readonly ConfigRow[]
  readonly editor: readonly ConfigRow[]
}

interface Contender {
  readonly name: string
  readonly perRun: number
  /** Checks everything once, and says how many faults were found. */
  readonly run: () => number
}

type Check = (value: unknown) => number

export async function benchmarkConfig({ rounds, millis }: { readonly rounds: number; readonly millis: number }): Promise<ConfigResult> {
  const loadAverage = Number((loadavg()[0] ?? 0).toFixed(2))
  const compileRegex = await loadRegexCompiler()
  const checks: Readonly<Record<string, Check>> = {
    heddle: (value) => validateObject(value, { compileRegex }).diagnostics.length,
    'ajv, definitions': ajvCheck(),
    '@kubernetes-models/istio': modelCheck,
  }
  const values = configDocuments.map((text) => parseDocument(text).toJS() as object)
  const parsers: Readonly<Record<string, Check>> = { ...checks, heddle: () => 0 }
  const ours = (text: string): number => {
    const { documents, diagnostics } = parseDocuments(text)
    return diagnostics.length + documents.reduce((sum, document) => sum + validate(document, { compileRegex }).diagnostics.length, 0)
  }
  const theirs = (check: Check) => (text: string) => check(parseDocument(text, { lineCounter: new LineCounter() }).toJS())
  const ofText = (texts: readonly string[]): readonly Contender[] =>
    Object.entries(parsers).map(([name, check]) => {
      const read = name === 'heddle' ? ours : theirs(check)
      return { name, perRun: texts.length, run: () => sumOf(texts, read) }
    })
  const ofValues = Object.entries(checks).map(([name, check]) => ({ name, perRun: values.length, run: () => sumOf(values, check) }))
  return {
    loadAverage,
    lines: longDocument.split('\n').length - 1,
    values: measure(ofValues, rounds, millis),
    text: measure(ofText(configDocuments), rounds, millis),
    editor: measure(ofText([longDocument]), rounds, millis),
  }
}

function sumOf<T>(items: readonly T[], read: (item: T) => number): number {
  return items.reduce((sum, item) => sum + read(item), 0)
}

/** @throws when a contender refuses what is valid: its time would mean nothing. */
function measure(contenders: readonly Contender[], rounds: number, millis: number): readonly ConfigRow[] {
  const times = contenders.map((): number[] => [])
  for (const { name, run } of contenders) if (run() !== 0) throw new Error(`${name} finds faults in documents that are valid`)
  for (let round = -1; round < rounds; round++) {
    for (const [index, { run, perRun }] of contenders.entries()) {
      const before = process.cpuUsage()
      let runs = 0
      let spent = 0
      do {
        run()
        runs++
        const { user, system } = process.cpuUsage(before)
        spent = (user + system) / 1000
      } while (spent < millis)
      // The first round is for the compiler.
      if (round >= 0) times[index]?.push(spent / runs / perRun)
    }
  }
  return contenders.map(({ name }, index) => ({ name, cpuMs: medianOf(times[index] ?? []) }))
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: object } }[]
  }
}

/** The structural schemas of the definitions, compiled; words of OpenAPI that JSON Schema does not know mean nothing to it. */
function ajvCheck(): Check {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const validators = new Map<string, ValidateFunction>()
  for (const { spec } of customResourceDefinitions() as unknown as readonly Definition[]) {
    for (const { name, schema } of spec.versions)
      validators.set(`${spec.group}/${name} ${spec.names.kind}`, ajv.compile(asJsonSchema(schema.openAPIV3Schema)))
  }
  return (value) => {
    const { apiVersion, kind } = value as { readonly apiVersion: string; readonly kind: string }
    const validator = validators.get(`${apiVersion} ${kind}`)
    return validator === undefined ? 1 : validator(value) ? 0 : (validator.errors?.length ?? 1)
  }
}

/** OpenAPI 3.0 writes an exclusive minimum as a flag beside it. */
function asJsonSchema(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    const { exclusiveMinimum, minimum, ...rest } = (value ?? {}) as { exclusiveMinimum?: unknown; minimum?: number }
    return exclusiveMinimum === true ? { ...rest, exclusiveMinimum: minimum } : value
  }) as object
}

const models = { AuthorizationPolicy, PeerAuthentication, DestinationRule, Gateway, ServiceEntry, VirtualService } as Readonly<
  Record<string, new (value: never) => { validate(): void }>
>

/** Knows the version v1beta1 of every kind; the fields are the same. Throws at the first fault. */
function modelCheck(value: unknown): number {
  const { kind, apiVersion: _, ...rest } = value as { readonly kind: string; readonly apiVersion: string }
  const Model = models[kind]
  if (Model === undefined) return 1
  new Model(rest as never).validate()
  return 0
}

/** What the project promises. */
const bars = { valuesMs: 0.15, textMs: 1, editorMs: 10 } as const

export function missedConfigBars({ values, text, editor }: ConfigResult): readonly string[] {
  const over = (rows: readonly ConfigRow[], limit: number, what: string): readonly string[] => {
    const own = rows[0]?.cpuMs ?? Number.POSITIVE_INFINITY
    return own <= limit ? [] : [`${what}: ${own.toFixed(3)} ms, promised are ${limit}`]
  }
  return [
    ...over(values, bars.valuesMs, 'a document'),
    ...over(text, bars.textMs, 'a document from text'),
    ...over(editor, bars.editorMs, 'an editor re-check'),
  ]
}

export function formatConfigReport({ loadAverage, lines, values, text, editor }: ConfigResult): string {
  const table = (title: string, rows: readonly ConfigRow[]): readonly string[] => {
    const own = rows[0]?.cpuMs ?? 1
    const line = ({ name, cpuMs }: ConfigRow): string =>
      `${name.padEnd(28)}${cpuMs.toFixed(4).padStart(12)}${(1000 / cpuMs).toFixed(0).padStart(16)}${(cpuMs / own).toFixed(2).padStart(12)}`
    return [title, ...rows.map(line), '']
  }
  return [
    `load average before: ${loadAverage}`,
    '',
    `${''.padEnd(28)}${'CPU ms each'.padStart(12)}${'per CPU second'.padStart(16)}${'x heddle'.padStart(12)}`,
    ...table('plain values', values),
    ...table('from text', text),
    ...table(`a file of ${lines} lines`, editor),
  ].join('\n')
}
