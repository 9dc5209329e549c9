/** Every rule by its id, with an example that breaks it (`@heddle/config-schema/rules`): for pages, editors and tests. */
import type { Diagnostic } from './diagnostic.js'
import { kindTable } from './kinds/kind-table.js'
import { gatewayApiRules } from './rule-catalogue/gateway-api-rules.js'
import { kubernetesRules } from './rule-catalogue/kubernetes-rules.js'
import {
  envoyFilterRules,
  gatewayRules,
  meshConfigRules,
  serviceEntryRules,
  sidecarRules,
  workloadRules,
} from './rule-catalogue/mesh-rules.js'
import type { RuleRow } from './rule-catalogue/rule-row.js'
import { extensionRules, securityRules, telemetryRules } from './rule-catalogue/security-rules.js'
import { readingRules, structureRules } from './rule-catalogue/structure-rules.js'
import { destinationRuleRules, virtualServiceRules } from './rule-catalogue/traffic-rules.js'
import { validate } from './validate/validate.js'
import { formatYaml } from './yaml/format-yaml.js'
import { parseDocuments } from './yaml/parse-documents.js'

export interface RuleDescription {
  readonly ruleId: string
  /** Heading under which pages list it. */
  readonly subject: string
  /** A document that breaks this rule. */
  readonly example: string
  /** Why the rule is there, where its message does not say it. */
  readonly why?: string
  /** The rule is asked only when resources are judged for Heddle's own mesh. */
  readonly isForHeddle: boolean
}

const subjects: readonly (readonly [subject: string, rows: readonly RuleRow[]])[] = [
  ['Reading', readingRules],
  ['Structure and values', structureRules],
  ['VirtualService', virtualServiceRules],
  ['DestinationRule', destinationRuleRules],
  ['Gateway', gatewayRules],
  ['ServiceEntry', serviceEntryRules],
  ['WorkloadEntry and WorkloadGroup', workloadRules],
  ['Sidecar', sidecarRules],
  ['EnvoyFilter', envoyFilterRules],
  ['Security', securityRules],
  ['Telemetry', telemetryRules],
  ['Extensions', extensionRules],
  ['Settings of the mesh', meshConfigRules],
  ['Gateway API', gatewayApiRules],
  ['Kubernetes', kubernetesRules],
]

/** All rules, in the order of the page that lists them. */
export const ruleCatalogue: readonly RuleDescription[] = subjects.flatMap(([subject, rows]) => rows.map((row) => describe(subject, row)))

const byId = new Map(ruleCatalogue.map((rule) => [rule.ruleId, rule]))

/** @returns undefined for an id that no rule has. */
export function ruleDescription(ruleId: string): RuleDescription | undefined {
  return byId.get(ruleId)
}

function describe(subject: string, [ruleId, kind, example, why]: RuleRow): RuleDescription {
  const isForHeddle = kind.startsWith('heddle:')
  return {
    ruleId,
    subject,
    example: kind === 'text' ? example : documentOf(kind.replace('heddle:', ''), example),
    isForHeddle,
    ...(why === '' ? {} : { why }),
  }
}

function documentOf(kind: string, spec: string): string {
  const isGatewayApi = kind.startsWith('gw:')
  const name = kind.replace('gw:', '')
  const info = kindTable.find((known) => known.kind === name && known.group.endsWith(isGatewayApi ? '.k8s.io' : '.istio.io'))
  return `apiVersion: ${info?.group}/${info?.versions[0]}\nkind: ${name}\nmetadata: {name: example, namespace: default}\nspec: ${spec}\n`
}

const longestExample = 1200

/** The example in block style, cut off when its size breaks the rule, and what is said of it. */
export function ruleExample(rule: RuleDescription): { readonly text: string; readonly diagnostic: Diagnostic } {
  const { documents, damaged, diagnostics } = parseDocuments(rule.example)
  const target = rule.isForHeddle ? 'heddle' : 'istio'
  const all = [...diagnostics, ...[...documents, ...damaged].flatMap((document) => validate(document, { target }).diagnostics)]
  const diagnostic = all.find(({ ruleId }) => ruleId === rule.ruleId)
  if (diagnostic === undefined) throw new Error(`the example of ${rule.ruleId} does not break it`)
  const [document] = documents
  const text = documents.length === 1 && damaged.length === 0 && document !== undefined ? formatYaml(document.value) : rule.example
  const isLong = text.length > longestExample
  return { text: isLong ? `${text.slice(0, 200).trimEnd()}\n# and so on: ${text.length} characters` : text.trimEnd(), diagnostic }
}

/** The anchor of a rule on its page. */
export function ruleAnchor(ruleId: string): string {
  return ruleId.replace('/', '')
}
