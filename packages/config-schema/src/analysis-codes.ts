/** Every code of analysis with an example that gives it (`@heddle/config-schema/analysis-codes`): for pages and tests. */
import { analyze } from './analysis/analyze.js'
import type { CodeExample } from './analysis/catalogue/code-example.js'
import { policyExamples } from './analysis/catalogue/policy-examples.js'
import { routingExamples } from './analysis/catalogue/routing-examples.js'
import { workloadExamples } from './analysis/catalogue/workload-examples.js'
import { codes, type Code } from './analysis/codes.js'
import type { Finding, FindingSeverity } from './analysis/finding.js'
import { formatYaml } from './yaml/format-yaml.js'
import { parseDocuments } from './yaml/parse-documents.js'

export interface CodeDescription {
  readonly code: Code
  /** The code in words. */
  readonly name: string
  readonly severity: FindingSeverity
  /** What goes wrong when nobody changes anything. */
  readonly why: string
  /** YAML documents that together give this finding. */
  readonly example: string
}

const examples: Readonly<Record<Code, CodeExample>> = { ...routingExamples, ...policyExamples, ...workloadExamples }

/** All codes, by number, Istio's first. */
export const codeCatalogue: readonly CodeDescription[] = (Object.keys(codes) as Code[]).map((code) => {
  const [name, severity] = codes[code]
  const [why, example] = examples[code]
  return { code, name, severity, why, example: example.trim() }
})

/** The example in block style, and what is said of it. */
export function codeExample({ code, example }: CodeDescription): { readonly text: string; readonly finding: Finding } {
  const { documents } = parseDocuments(example)
  const finding = analyze(documents).find((found) => found.code === code)
  if (finding === undefined) throw new Error(`the example of ${code} does not give it`)
  return { text: documents.map(({ value }) => formatYaml(value).trimEnd()).join('\n---\n'), finding }
}
