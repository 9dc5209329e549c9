/** Writes docs/rules.md from the catalogue of rules and what validation says of each example. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Diagnostic, formatYaml, parseDocuments, validate } from '@heddle/config-schema'
import { ruleAnchor, ruleCatalogue, type RuleDescription } from '@heddle/config-schema/rules'

const file = new URL('../docs/rules.md', import.meta.url)
const longestExample = 1200

function foundIn({ ruleId, example, isForHeddle }: RuleDescription): Diagnostic {
  const { documents, damaged, diagnostics } = parseDocuments(example)
  const target = isForHeddle ? 'heddle' : 'istio'
  const all = [...diagnostics, ...[...documents, ...damaged].flatMap((document) => validate(document, { target }).diagnostics)]
  const found = all.find((diagnostic) => diagnostic.ruleId === ruleId)
  if (found === undefined) throw new Error(`the example of ${ruleId} does not break it`)
  return found
}

/** Block style, as people write it, wherever the text can be read. */
function exampleText(example: string): string {
  const { documents, damaged } = parseDocuments(example)
  const [document] = documents
  const text = documents.length === 1 && damaged.length === 0 && document !== undefined ? formatYaml(document.value) : example
  return text.length <= longestExample ? text.trimEnd() : `${text.slice(0, 200).trimEnd()}\n# and so on: ${text.length} characters`
}

function ruleSection(rule: RuleDescription): readonly string[] {
  const { severity, path, message, expected, suggestion } = foundIn(rule)
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
    exampleText(rule.example),
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
