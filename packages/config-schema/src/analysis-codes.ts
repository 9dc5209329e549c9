/** Every code of analysis with an example that gives it (`@heddle/config-schema/analysis-codes`): for pages and tests. */
import type { CodeExample } from './analysis/catalogue/code-example.js'
import { policyExamples } from './analysis/catalogue/policy-examples.js'
import { routingExamples } from './analysis/catalogue/routing-examples.js'
import { workloadExamples } from './analysis/catalogue/workload-examples.js'
import { codes, type Code } from './analysis/codes.js'
import type { FindingSeverity } from './analysis/finding.js'

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
