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

/** What is said of the code's own example. */
export function codeFinding({ code, example }: CodeDescription): Finding {
  const found = analyze(parseDocuments(example).documents).find((finding) => finding.code === code)
  if (found === undefined) throw new Error(`the example of ${code} does not give it`)
  return found
}

/** The example as people write it, in block style. */
export function codeExampleText({ example }: CodeDescription): string {
  return parseDocuments(example)
    .documents.map(({ value }) => formatYaml(value).trimEnd())
    .join('\n---\n')
}
