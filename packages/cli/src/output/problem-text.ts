/** Problems of resources as `describe` shows those of one object, and as `proxy-status` counts all of them. */
import type { Problem, ProblemReport } from '../target/problems.js'

const width = 17
const shownProxies = 3
const shownResources = 5

/** The section of one object: `report` has its problems only. */
export function problemSection(report: ProblemReport): string {
  const title = 'Problems:'.padEnd(width)
  if (report.kind === 'unknown') return `${title}<unknown>: ${oneLine(report.reason)}\n`
  if (report.problems.length === 0) return `${title}<none>\n`
  return `Problems:\n${report.problems.map(problemItem).join('')}`
}

/** An item of a list, as the rest of a description has them. */
function problemItem({ code, severity, path, message, proxies }: Problem): string {
  const fields = {
    Code: code,
    Severity: severity,
    ...(path === undefined ? {} : { Path: path }),
    Message: message,
    Proxies: proxiesText(proxies),
  }
  return Object.entries(fields)
    .map(([field, value], index) => `${(index === 0 ? `  - ${field}:` : `    ${field}:`).padEnd(width)}${oneLine(value)}\n`)
    .join('')
}

/** How many there are and which commands show them; empty when there are none. */
export function problemSummary(problems: readonly Problem[]): string {
  if (problems.length === 0) return ''
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const parts = [counted(errors, 'error'), counted(problems.length - errors, 'warning')].filter((part) => part !== '')
  const commands = [...new Set(problems.map(describeCommand))]
  const more = commands.length - shownResources
  const lines = [
    `${counted(problems.length, 'problem')} with resources (${parts.join(', ')}); see:`,
    ...commands.slice(0, shownResources).map((command) => `  ${command}`),
    ...(more > 0 ? [`  and ${counted(more, 'more resource')}`] : []),
  ]
  return `${lines.join('\n')}\n`
}

function describeCommand({ kind, namespace, name }: Problem): string {
  return `heddle describe ${kind.toLowerCase()} ${name} -n ${namespace}`
}

function proxiesText(proxies: readonly string[]): string {
  if (proxies.length === 0) return 'all'
  const more = proxies.length - shownProxies
  return `${proxies.slice(0, shownProxies).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`
}
