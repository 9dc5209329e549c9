/** Findings of analysis and validation in the formats that people, scripts and code hosts read. */
import { formatYaml, fullMessage } from '@heddle/config-schema'
import { type Finding, type FindingSeverity, formatFinding, originOf } from '@heddle/config-schema/analysis'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'
import type { ManifestSource } from '../manifest/sources.js'

export type FindingFormat = 'text' | 'json' | 'yaml' | 'sarif' | 'github'

const formats: readonly string[] = ['text', 'json', 'yaml', 'sarif', 'github']

/** @throws HEDDLE_CLI_USAGE for any other format. */
export function findingFormatOf({ flags }: Pick<Invocation, 'flags'>): FindingFormat {
  const format = flags.string('output') ?? 'text'
  if (format === 'log') return 'text'
  if (!formats.includes(format)) throw usageError(`-o ${format} is not one of ${formats.join(', ')}`)
  return format as FindingFormat
}

const ranks: Readonly<Record<FindingSeverity, number>> = { info: 0, warning: 1, error: 2 }

/** @throws HEDDLE_CLI_USAGE when the flag is no severity. */
export function thresholdOf({ flags }: Pick<Invocation, 'flags'>, flag: string, fallback: FindingSeverity): FindingSeverity {
  const text = flags.string(flag)
  const severity = text === undefined ? fallback : text.toLowerCase()
  if (!Object.hasOwn(ranks, severity)) throw usageError(`--${flag} ${text} is not one of Info, Warning, Error`)
  return severity as FindingSeverity
}

export function isAtLeast({ severity }: Pick<Finding, 'severity'>, threshold: FindingSeverity): boolean {
  return ranks[severity] >= ranks[threshold]
}

/** @param sources the texts that the findings are about. */
export async function renderFindings(
  format: FindingFormat,
  findings: readonly Finding[],
  sources: readonly ManifestSource[],
): Promise<string> {
  switch (format) {
    case 'text':
      return findings.map(textOf).join('')
    case 'json':
      return `${JSON.stringify(findings.map(recordOf), null, 2)}\n`
    case 'yaml':
      return formatYaml(findings.map(recordOf))
    case 'sarif':
      return `${JSON.stringify((await import('./sarif.js')).sarifOf(findings, sources), null, 2)}\n`
    case 'github':
      return findings.map(annotationOf).join('')
  }
}

function textOf(finding: Finding): string {
  const related = (finding.related ?? []).map(({ file, line, column, message }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':')
    return place === '' ? '' : `  ${place}: ${message}\n`
  })
  return `${formatFinding(finding)}\n${related.join('')}`
}

/** The names that istioctl's own output has, and what more there is. */
function recordOf(finding: Finding): object {
  const { code, severity, message, resource, file, line, ...rest } = finding
  return {
    code,
    level: `${severity.slice(0, 1).toUpperCase()}${severity.slice(1)}`,
    origin: originOf(finding),
    message,
    ...(file === undefined ? {} : { reference: line === undefined ? file : `${file}:${line}`, file }),
    ...(line === undefined ? {} : { line }),
    resource,
    ...rest,
  }
}

const commands: Readonly<Record<FindingSeverity, string>> = { error: 'error', warning: 'warning', info: 'notice' }

/**
 * A workflow command of GitHub Actions, which shows it beside the line. The runner drops columns of what spans lines, with a warning of its
 * own, so they are left out there.
 */
function annotationOf(finding: Finding): string {
  const { severity, code, name, file, line, column, endLine, endColumn, rule } = finding
  const columns = line === endLine ? { col: column, endColumn } : {}
  const properties = Object.entries({ file, line, endLine, ...columns, title: rule ?? `${code} ${name}` })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`)
  return `::${commands[severity]} ${properties.join(',')}::${escaped(`${originOf(finding)}: ${fullMessage(finding)}`)}\n`
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
