/** Rules of Telemetry: one block of tracing, one provider of traces, and tags that say something. */
import type { Telemetry, TelemetryMetrics, TelemetryTracing } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { warnOfHeaderName } from './lenient-header.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkTargets } from './targets.js'

export function checkTelemetry({ spec = {} }: Telemetry, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkTargets(spec, faults)
    if ((spec.tracing?.length ?? 0) > 1)
      warning(faults, 'telemetry/many-tracing', ['tracing', 1], 'Only the first entry of tracing is used.')
    eachOf(faults, 'tracing', spec.tracing, (tracing) => checkTracing(tracing, faults))
    eachOf(faults, 'metrics', spec.metrics, (metrics) => checkMetrics(metrics, faults))
    eachOf(faults, 'accessLogging', spec.accessLogging, ({ filter }) => checkExpression(filter?.expression ?? '', faults))
  })
}

function checkTracing(tracing: TelemetryTracing, faults: FaultList): void {
  if ((tracing.providers?.length ?? 0) > 1)
    warning(faults, 'telemetry/many-providers', ['providers', 1], 'Only one provider of traces is used.')
  for (const [name, tag] of Object.entries(tracing.customTags ?? {})) {
    if (name === '') error(faults, 'telemetry/tag', ['customTags', name], 'A tag needs a name.', { part: 'key' })
    if (Object.keys(tag).length === 0)
      error(faults, 'telemetry/tag', ['customTags', name], 'The tag has no value: set literal, environment, header or formatter.', {
        part: 'key',
        expected: 'one of literal, environment, header, formatter',
      })
    if (tag.header?.name) warnOfHeaderName(tag.header.name, ['customTags', name, 'header', 'name'], faults)
  }
}

function checkMetrics(metrics: TelemetryMetrics, faults: FaultList): void {
  eachOf(faults, 'overrides', metrics.overrides, ({ tagOverrides }) => {
    for (const [name, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides ?? {})) {
      if (operation === 'UPSERT' && value === '')
        error(
          faults,
          'telemetry/tag-value',
          ['tagOverrides', name, 'value'],
          'UPSERT needs a value: the expression whose result the tag gets.',
          {
            part: 'key',
            expected: 'a CEL expression such as request.host',
          },
        )
      if (operation === 'REMOVE' && value !== '')
        error(faults, 'telemetry/tag-value', ['tagOverrides', name, 'value'], 'REMOVE takes the tag away; it has no value.', {
          part: 'key',
        })
    }
  })
}

const closing: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** CEL is read by the proxy only; what cannot be CEL at all is told here. */
function checkExpression(expression: string, faults: FaultList): void {
  const bare = expression.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, '0')
  const open: string[] = []
  let isBalanced = true
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character)
    else if (closing[character] !== undefined && open.pop() !== closing[character]) isBalanced = false
  }
  if (isBalanced && open.length === 0 && !/['"]|(?:&&|[|]{2}|[=!<>]=|[<>+*/%?:,.-])\s*$/.test(bare)) return
  error(
    faults,
    'telemetry/filter',
    ['filter', 'expression'],
    'This is no expression in CEL: a bracket or a quote is left over, or it ends too early.',
    {
      expected: 'a CEL expression such as response.code >= 400',
    },
  )
}
