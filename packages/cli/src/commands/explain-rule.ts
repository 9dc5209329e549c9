/** `heddle explain rule ID`: what a finding means, with an example that gives it; nothing but the program is needed. */
import { nearest } from '@heddle/base'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { explain, explainableIds, explanationText } from '../output/explanation.js'

export function run({ positionals: [id], streams }: Invocation): Promise<number> {
  streams.stdout.write(id === undefined ? overview() : explanationText(known(id)))
  return Promise.resolve(exitCode.ok)
}

function known(id: string): NonNullable<ReturnType<typeof explain>> {
  const found = explain(id)
  if (found !== undefined) return found
  const ids = [...explainableIds().values()].flat().map((entry) => entry.split(' ')[0] ?? '')
  const meant = nearest(id, ids)
  throw usageError(
    `there is no rule "${id}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    'Findings show their rule in brackets, such as [unknown-field]; "heddle explain rule" lists all.',
  )
}

function overview(): string {
  return [...explainableIds()].map(([subject, ids]) => `${subject}:\n${ids.map((id) => `  ${id}\n`).join('')}`).join('\n')
}
