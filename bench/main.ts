/** `npm run bench -- FORM... [--short] [--json FILE]`: runs benchmarks, prints their tables and writes their figures. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Form, fullScale, type RunOptions, shortScale } from './src/form.js'
import { allForms } from './src/forms/all-forms.js'
import { formatReport } from './src/report.js'
import type { BenchmarkResult } from './src/result.js'

const usage = `npm run bench -- FORM... [--short] [--rounds N] [--seconds N] [--only NAME]... [--json FILE]

${allForms.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}\n`).join('')}  all        all of them, one after the other

  --short    three rounds of one second: each form in under a minute, for a first look (default: 5 rounds of 4 s)
  --only     a contender by name, may be repeated: ${[...new Set(allForms.flatMap(({ contenders }) => contenders.map(({ name }) => JSON.stringify(name))))].join(', ')}
  --json     writes the figures to a file, too: one object, or a list where several forms run
`

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${JSON.stringify(text)} is no whole number above 0`)
  return value
}

function formsOf(names: readonly string[]): readonly Form[] {
  if (names.includes('all')) return allForms
  return names.map((name) => {
    const form = allForms.find((each) => each.name === name)
    if (!form) throw new Error(`there is no benchmark ${JSON.stringify(name)}; there are ${allForms.map((each) => each.name).join(', ')}`)
    return form
  })
}

/** A contender that takes part in none of the forms is a slip of the pen. */
function checkNames(only: readonly string[], forms: readonly Form[]): void {
  const known = [...new Set(forms.flatMap(({ contenders }) => contenders.map(({ name }) => name)))]
  const strangers = only.filter((name) => !known.includes(name))
  if (strangers.length > 0) throw new Error(`there is no contender ${strangers.join(', ')}; there are ${known.join(', ')}`)
}

/** A form that fails does not keep the others from running. */
async function runAll(
  forms: readonly Form[],
  options: RunOptions,
): Promise<{ readonly results: readonly BenchmarkResult[]; readonly failed: boolean }> {
  const results: BenchmarkResult[] = []
  for (const form of forms) {
    try {
      const result = await form.run(options)
      results.push(result)
      process.stdout.write(`${formatReport(result)}\n`)
    } catch (error) {
      process.stderr.write(`benchmark ${form.name}: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
  return { results, failed: results.length < forms.length }
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
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help || positionals.length === 0) {
    process.stdout.write(usage)
    return 0
  }
  const forms = formsOf(positionals)
  checkNames(values.only, forms)
  if (process.platform !== 'linux') throw new Error("benchmarks read CPU time from Linux's scheduler and run only there")
  const scale = values.short ? shortScale : fullScale
  const { results, failed } = await runAll(forms, {
    ...scale,
    rounds: wholeNumber(values.rounds, scale.rounds),
    seconds: wholeNumber(values.seconds, scale.seconds),
    only: values.only,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  const figures = forms.length === 1 ? results[0] : results
  if (values.json !== undefined && figures !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`)
  return failed ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
