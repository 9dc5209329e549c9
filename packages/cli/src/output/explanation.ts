/** What a rule of validation or a code of analysis means, from the catalogues that are installed with the program. */
import { fullMessage } from '@heddle/config-schema'
import { codeCatalogue, codeExample } from '@heddle/config-schema/analysis-codes'
import { ruleCatalogue, ruleDescription, ruleExample } from '@heddle/config-schema/rules'

export interface Explanation {
  /** As findings show it. */
  readonly id: string
  /** Under which it is listed. */
  readonly subject: string
  readonly severity: string
  /** What goes wrong when nobody changes anything, where the message does not say it. */
  readonly why?: string
  readonly example?: Example
}

interface Example {
  readonly text: string
  /** What is said of it, and of which field. */
  readonly said: string
  readonly path: string
}

/** Said by this program rather than by the catalogues, since they are about this mesh. */
const ownRules: readonly Explanation[] = [
  {
    id: 'no-effect',
    subject: 'Of this mesh',
    severity: 'warning',
    why: "The field is one of Istio's and valid, and does nothing here; the message says why. Whatever it was meant to do, do it in another way.",
  },
  {
    id: 'mesh-config',
    subject: 'Of this mesh',
    severity: 'error',
    why: 'The settings of the mesh (ConfigMap "istio", key "mesh") cannot be used, and the control plane would keep those it has.',
  },
  {
    id: 'inject',
    subject: 'Of this mesh',
    severity: 'error',
    why: 'The sidecar injector cannot make anything of the annotations of this Pod.',
  },
]

/** @param id in any case; undefined when nothing has it. */
export function explain(id: string): Explanation | undefined {
  const wanted = id.toLowerCase()
  const own = ownRules.find((rule) => rule.id === wanted)
  return own ?? explainCode(wanted) ?? explainRule(wanted)
}

function explainRule(id: string): Explanation | undefined {
  const rule = ruleDescription(id)
  if (rule === undefined) return undefined
  const { text, diagnostic } = ruleExample(rule)
  return {
    id,
    subject: rule.subject,
    severity: diagnostic.severity,
    ...(rule.why === undefined ? {} : { why: rule.why }),
    example: { text, said: fullMessage(diagnostic), path: diagnostic.path },
  }
}

function explainCode(id: string): Explanation | undefined {
  const entry = codeCatalogue.find(({ code }) => code.toLowerCase() === id)
  if (entry === undefined) return undefined
  const { text, finding } = codeExample(entry)
  return {
    id: entry.code,
    subject: entry.name,
    severity: entry.severity,
    why: entry.why,
    example: { text, said: fullMessage(finding), path: finding.path },
  }
}

/** Everything that can be explained, by subject. */
export function explainableIds(): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  const add = (subject: string, id: string): unknown => ids.get(subject)?.push(id) ?? ids.set(subject, [id])
  for (const { code, name } of codeCatalogue) add('Between resources', `${code} ${name}`)
  for (const { ruleId, subject } of ruleCatalogue) add(subject, ruleId)
  for (const { id, subject } of ownRules) add(subject, id)
  return ids
}

interface ExplanationOptions {
  /** Default: false: plain text, with the example set in. */
  readonly markdown?: boolean
}

export function explanationText(
  { id, subject, severity, why, example }: Explanation,
  { markdown = false }: ExplanationOptions = {},
): string {
  const lines = example === undefined ? [] : exampleLines(example, markdown)
  return [`${id} (${subject}, ${severity})`, ...(why === undefined ? [] : ['', why]), ...lines, ''].join('\n')
}

function exampleLines({ text, said, path }: Example, markdown: boolean): readonly string[] {
  const shown = markdown ? ['```yaml', text, '```'] : text.split('\n').map((line) => (line === '' ? '' : `    ${line}`))
  return ['', 'Such as:', '', ...shown, '', `Said of it${path === '' ? '' : `, of ${path}`}: ${said}`]
}
