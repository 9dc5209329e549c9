/** `node --import tsx bench/issue.ts [--rounds N]`: certificates from requests, beside pkijs and @peculiar/x509. Exit code 1 when a bar is missed. */
import { parseArgs } from 'node:util'
import { benchmarkIssue, formatIssueReport, missedBars } from './src/issue-certificates.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } })
const result = await benchmarkIssue({ rounds: Number(values.rounds) })
process.stdout.write(formatIssueReport(result))
const missed = missedBars(result)
for (const bar of missed) process.stdout.write(`missed: ${bar}\n`)
process.exitCode = missed.length > 0 ? 1 : 0
