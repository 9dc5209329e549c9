/** Writes docs/rules.md from the catalogue of rules and what validation says of each example. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { ruleAnchor, ruleCatalogue, ruleExample, type RuleDescription } from '@heddle/config-schema/rules'

const file = new URL('../docs/rules.md', import.meta.url)
function ruleSection(rule: RuleDescription): readonly string[] {
  const { text, diagnostic } = ruleExample(rule)
  const { severity, path, message, expected, suggestion } = diagnostic
  const said = [
    `**${severity}**${path === '' ? '' : ` at \`${path}\``}: ${escaped(message.slice(0, 400))}`,
    ...(expected === undefined || message.includes(expected) ? [] : [`Expected: ${escaped(expected)}.`]),
    ...(suggestion === undefined ? [] : [`Suggested: \`${suggestion.slice(0, 100)}\`.`]),
  ].join(' ')
  return [
    `### <a id="${ruleAnchor(rule.ruleId)}"></a>${rule.ruleId}`,
    '',
    said,
    '',
    ...(rule.why === undefined ? [] : [rule.why, '']),
    '```yaml',
    text,
    '```',
    '',
  ]
}

/** Stars and brackets of messages are no markup. */
function escaped(text: string): string {
  return text.replaceAll(/([*_<>[\]])/g, String.raw`\$1`)
}

function render(): string {
  const subjects = [...new Set(ruleCatalogue.map(({ subject }) => subject))]
  return [
    '# Rules of validation',
    '',
    `The ${ruleCatalogue.length} rules of \`@heddle/config-schema\`, each with an example that breaks it and what is then said. Ids are stable: match them,`,
    'never the words. This page is written by `scripts/rules.ts` from the catalogue; tests hold that every rule is in it and that every',
    'example breaks its rule.',
    '',
    ...subjects.map((subject) => `- [${subject}](#${subject.toLowerCase().replaceAll(' ', '-')})`),
    '',
    ...subjects.flatMap((subject) => [
      `## ${subject}`,
      '',
      ...ruleCatalogue.filter((rule) => rule.subject === subject).flatMap(ruleSection),
    ]),
  ].join('\n')
}

const text = render()
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') === text) process.exit(0)
  process.stderr.write(
    'docs/rules.md is not what scripts/rules.ts writes; run: node --conditions=@heddle/source --import tsx scripts/rules.ts\n',
  )
  process.exit(1)
}
writeFileSync(file, text)
