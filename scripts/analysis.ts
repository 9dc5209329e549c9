/** Writes docs/analysis.md from the catalogue of codes and what analysis says of each example. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { codeCatalogue, codeExample, type CodeDescription } from '@heddle/config-schema/analysis-codes'

const file = new URL('../docs/analysis.md', import.meta.url)

/** Stars and brackets of messages are no markup. */
function escaped(text: string): string {
  return text.replaceAll(/([*_<>[\]])/g, String.raw`\$1`)
}

function section(entry: CodeDescription): readonly string[] {
  const { text, finding } = codeExample(entry)
  const { message, path, resource, suggestion, fix } = finding
  const where = path === '' ? '' : ` at \`${path}\``
  return [
    `### <a id="${entry.code.toLowerCase()}"></a>${entry.code} ${entry.name}`,
    '',
    `**${entry.severity}** ${entry.why}`,
    '',
    `Said of this example, of the ${resource.kind} \`${resource.name}\`${where}: ${escaped(message)}`,
    ...(suggestion === undefined ? [] : [`Suggested: \`${suggestion.replaceAll('"', '')}\`.`]),
    ...(fix === undefined ? [] : [`Fix: ${escaped(fix.title)}.`]),
    '',
    '```yaml',
    text,
    '```',
    '',
  ]
}

function table(entries: readonly CodeDescription[]): readonly string[] {
  return [
    '| code | name | severity |',
    '|---|---|---|',
    ...entries.map(({ code, name, severity }) => `| [${code}](#${code.toLowerCase()}) | ${name} | ${severity} |`),
    '',
  ]
}

function render(): string {
  const istio = codeCatalogue.filter(({ code }) => code.startsWith('IST'))
  const own = codeCatalogue.filter(({ code }) => code.startsWith('HED'))
  return [
    '# Codes of analysis',
    '',
    `What \`heddle analyze\`, the language server and \`analyze()\` of \`@heddle/config-schema/analysis\` find: ${codeCatalogue.length} codes, each with an example that gives it`,
    'and what is then said. Codes are stable: match them, never the words. This page is written by `scripts/analysis.ts` from the catalogue; tests',
    'hold that every code is in it and that every example gives its code.',
    '',
    'Codes that begin with IST have the name, the severity and the meaning they have in `istioctl analyze`. Differences, all on purpose:',
    '',
    '- Of files, kinds of which there is no resource at all (Services, Gateways, Secrets, Namespaces...) are taken to live elsewhere, and what Istio installs',
    '  (its gateways, istiod) is taken to be installed. Of a running mesh nothing is assumed.',
    '- A host that is defined but not exported to the namespace is IST0101 with a message that says so. Two VirtualServices are IST0109 only when the sidecars',
    '  of some namespace see both, by `exportTo` and by the Sidecar of the namespace or of the mesh. A resource that is read twice never contradicts itself.',
    '  One finding names one host: of several hosts that conflict (IST0109) or that no gateway serves (IST0132) each has its own. A gateway that does not',
    '  exist is IST0101 alone, without IST0132 for each of its hosts.',
    '- IST0162 takes the ports of the Service and their target ports alike, as istiod does. IST0123 does not count `istio.io/dataplane-mode: none`.',
    '- IST0136 leaves out annotations that are everywhere (`networking.istio.io/exportTo`, `sidecar.istio.io/status`) or are named by IST0107 or IST0135.',
    '- IST0161 looks for a certificate and a key in PEM, not at dates. IST0171 is also told of routes, with the parent that said no.',
    '- IST0131 counts an earlier match as covering a later one only when it really takes everything the later one does, methods included.',
    '- IST0106 and IST0133 also name the [rule](rules.md) that was broken, with line and column.',
    '- Routes of the Gateway API are checked too (IST0101, HED0010).',
    '',
    'Not there: what needs a running cluster or several (IST0126, IST0139, IST0141 to IST0143, IST0156, IST0158, IST0163, IST0164, IST0168 to IST0170, IST0172, IST0176).',
    '',
    'A finding is silenced for one resource by the annotation `galley.istio.io/analyze-suppress: IST0107,IST0108` (`*` for all), and for a run by',
    '`heddle analyze --suppress "IST0102=Namespace default"`.',
    '',
    "## Istio's codes",
    '',
    ...table(istio),
    ...istio.flatMap(section),
    "## Heddle's own codes",
    '',
    ...table(own),
    ...own.flatMap(section),
  ].join('\n')
}

const text = render()
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') === text) process.exit(0)
  process.stderr.write(
    'docs/analysis.md is not what scripts/analysis.ts writes; run: node --conditions=@heddle/source --import tsx scripts/analysis.ts\n',
  )
  process.exit(1)
}
writeFileSync(file, text)
