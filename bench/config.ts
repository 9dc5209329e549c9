/** `node --import tsx bench/config.ts [--rounds N]`: checking configuration, beside ajv and @kubernetes-models/istio. Exit code 1 when a bar is missed. */
import { parseArgs } from 'node:util'
import { benchmarkConfig, formatConfigReport, missedConfigBars } from './src/validate-config.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const result = await benchmarkConfig({ rounds: Number(values.rounds), millis: 300 })
process.stdout.write(formatConfigReport(result))
const missed = missedConfigBars(result)
for (const bar of missed) process.stdout.write(`missed: ${bar}\n`)
process.exitCode = missed.length > 0 ? 1 : 0
