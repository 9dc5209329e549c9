/** `npm run bench -- h1 [--short] [--json FILE]`: runs a benchmark, prints its table and writes its figures. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { benchmarkH1 } from './src/h1.js'
import { formatReport } from './src/report.js'

const usage = `npm run bench -- h1 [--short] [--rounds N] [--seconds N] [--only NAME]... [--json FILE]

  h1         HTTP/1.1 on both sides, 64 keep-alive connections, 1 KB answers
  --short    three rounds of one second: under a minute, for a first look (default: 5 rounds of 4 s)
  --only     a contender by name, may be repeated: "heddle", "heddle mesh", "node:http + undici", nginx, haproxy, envoy, "envoy mesh"
  --json     writes the figures to a file, too
`

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${JSON.stringify(text)} is no whole number above 0`)
  return value
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
    },
  })
  if (positionals.length !== 1 || positionals[0] !== 'h1') {
    process.stderr.write(usage)
    return 64
  }
  if (process.platform !== 'linux') {
    process.stderr.write("this benchmark reads CPU time from Linux's scheduler and runs only there\n")
    return 1
  }
  const result = await benchmarkH1({
    rounds: wholeNumber(values.rounds, values.short ? 3 : 5),
    seconds: wholeNumber(values.seconds, values.short ? 1 : 4),
    warmUpSeconds: 2,
    only: values.only,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(formatReport(result))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
