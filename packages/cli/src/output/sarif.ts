/**
 * Findings as a SARIF 2.1.0 log (OASIS), as code hosts and editors read it: what a rule is stands once in the driver, each result has its
 * place, the places it has to do with, what to change, and a fingerprint that survives when lines move.
 */
import { createHash } from 'node:crypto'
import { fullMessage } from '@heddle/config-schema'
import { applyFixes, type Finding, type FindingSeverity, type Fix, originOf } from '@heddle/config-schema/analysis'
import type { ManifestSource } from '../manifest/sources.js'
import { clientVersion } from './client-version.js'
import { changedLines } from './changed-lines.js'
import { explain, type Explanation, explanationText } from './explanation.js'

const levels: Readonly<Record<FindingSeverity, string>> = { error: 'error', warning: 'warning', info: 'note' }

/** @param sources the texts that the findings are about, from which whole changes are told. */
export function sarifOf(findings: readonly Finding[], sources: readonly ManifestSource[]): object {
  const first = new Map<string, Finding>()
  for (const finding of findings) if (!first.has(ruleIdOf(finding))) first.set(ruleIdOf(finding), finding)
  const ids = [...first.keys()]
  const indexes = new Map(ids.map((id, index) => [id, index]))
  const texts = new Map(sources.map(({ file, text }) => [file, text]))
  const fingerprint = createFingerprints()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'heddle', version: clientVersion(), rules: [...first].map(([id, finding]) => ruleOf(id, finding)) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: ruleIdOf(finding),
          ruleIndex: indexes.get(ruleIdOf(finding)),
          level: levels[finding.severity],
          message: { text: `${originOf(finding)}: ${fullMessage(finding)}` },
          locations: [{ ...locationOf(finding), logicalLocations: [{ fullyQualifiedName: originOf(finding), kind: 'resource' }] }],
          partialFingerprints: { 'heddleFinding/v1': fingerprint(finding) },
          ...relatedOf(finding),
          ...fixesOf(finding, texts),
          properties: propertiesOf(finding),
        })),
      },
    ],
  }
}

/** The rule of validation, or the code of analysis. */
function ruleIdOf({ rule, code }: Finding): string {
  return rule ?? code
}

function ruleOf(id: string, { code, name, severity, rule }: Finding): object {
  const explanation = explain(id)
  return {
    id,
    name: rule === undefined ? name : pascalCase(id),
    shortDescription: { text: rule === undefined ? words(name) : words(pascalCase(id)) },
    ...(explanation?.why === undefined ? {} : { fullDescription: { text: explanation.why } }),
    ...(explanation === undefined ? {} : { help: helpOf(explanation) }),
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: ['istio', code] },
  }
}

/** The whole page: a tool that shows results need not be near the project. */
function helpOf(explanation: Explanation): object {
  return { text: explanationText(explanation), markdown: explanationText(explanation, { markdown: true }) }
}

/** `virtual-service/route-required` is `VirtualServiceRouteRequired`. */
function pascalCase(id: string): string {
  return id.replaceAll(/(?:^|[-/])(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** `MutualTlsConflict` is `Mutual tls conflict`. */
function words(name: string): string {
  const text = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase()
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

function propertiesOf({ code, path, expected, suggestion, rule }: Finding): object {
  return {
    tags: [code],
    code,
    ...(path === '' ? {} : { path }),
    ...(rule === undefined ? {} : { rule }),
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

type Place = Pick<Finding, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'>

function locationOf({ file, line, column, endLine, endColumn }: Place): object {
  if (file === undefined) return {}
  return {
    physicalLocation: {
      artifactLocation: artifact(file),
      ...(line === undefined ? {} : { region: { startLine: line, startColumn: column, endLine, endColumn } }),
    },
  }
}

/** A relative reference (RFC 3986), or a file URI of an absolute path. */
function artifact(file: string): object {
  const path = file.split('/').map(encodeURIComponent).join('/')
  return { uri: file.startsWith('/') ? `file://${path}` : path }
}

function relatedOf({ related, file }: Finding): object {
  if (related === undefined) return {}
  const inFile = file === undefined ? {} : { file }
  return {
    relatedLocations: related.map((place, id) => ({ id, ...locationOf({ ...inFile, ...place }), message: { text: place.message } })),
  }
}

function fixesOf({ fix }: Finding, texts: ReadonlyMap<string, string>): object {
  const replacement = fix === undefined ? undefined : replacementOf(fix, texts.get(fix.file ?? ''))
  if (fix?.file === undefined || replacement === undefined) return {}
  return {
    fixes: [{ description: { text: fix.title }, artifactChanges: [{ artifactLocation: artifact(fix.file), replacements: [replacement] }] }],
  }
}

/** What is more than another scalar is told by the lines that differ. */
function replacementOf(fix: Fix, text: string | undefined): object | undefined {
  if (fix.edit !== undefined) {
    const { line, column, endLine, endColumn, newText } = fix.edit
    return { deletedRegion: { startLine: line, startColumn: column, endLine, endColumn }, insertedContent: { text: newText } }
  }
  const change = text === undefined ? undefined : changedLines(text, applyFixes(text, [fix]))
  if (change === undefined) return undefined
  const { start, end, newText } = change
  return {
    deletedRegion: { startLine: start, startColumn: 1, endLine: end, endColumn: 1 },
    ...(newText === '' ? {} : { insertedContent: { text: newText } }),
  }
}

/** By what is wrong with which field of which resource, not by line; the same twice is counted. */
function createFingerprints(): (finding: Finding) => string {
  const seen = new Map<string, number>()
  return (finding) => {
    const key = JSON.stringify([ruleIdOf(finding), finding.file ?? '', originOf(finding), finding.path, finding.message])
    const count = seen.get(key) ?? 0
    seen.set(key, count + 1)
    return createHash('sha256').update(`${key}${count}`).digest('hex').slice(0, 32)
  }
}
