/** Writes docs/compatibility.md from the schemas and the rules, so that no field is forgotten. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { customResourceDefinitions, kindExecution, kindTable } from '@heddle/config-schema'
import { type FieldRule, fieldRules } from '@heddle/translation'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly type?: string
}

const file = new URL('../docs/compatibility.md', import.meta.url)

/** Paths of all fields below a schema; a rule that covers a whole object ends the descent. */
function* fieldsOf(schema: Schema, path: string, rules: readonly FieldRule[]): Generator<string> {
  if (path !== '' && rules.some((rule) => rule.path === path)) {
    yield path
    return
  }
  const inner = schema.items ?? schema
  const children = Object.entries(inner.properties ?? {})
  const here = schema.items ? `${path}[]` : path
  if (children.length === 0) yield path
  for (const [name, child] of children) yield* fieldsOf(child, here === '' ? name : `${here}.${name}`, rules)
}

function kindSection(kind: string): readonly string[] {
  const definition = customResourceDefinitions().find(({ spec }) => spec.names.kind === kind)
  const versions = definition?.spec.versions ?? []
  const schema = versions.at(-1)?.schema?.openAPIV3Schema as Schema
  const rules = fieldRules[kind] ?? []
  const rows = [...fieldsOf({ properties: { spec: schema.properties?.['spec'] ?? {} } }, '', rules)].map((path) => {
    const rule = rules.find((candidate) => candidate.path === path)
    return `| \`${path}\` | ${rule ? (rule.outcome === 'ignored' ? 'ignored, with a warning' : 'rejected') : 'supported'} | ${rule?.reason ?? ''} |`
  })
  return [
    `## ${kind} (${versions.map(({ name }) => name).join(', ')})`,
    '',
    '| field | what becomes of it | why |',
    '|---|---|---|',
    ...rows,
    '',
  ]
}

function render(): string {
  const modelled = Object.keys(fieldRules)
  const unexecuted = kindTable.filter(({ group, kind }) => kindExecution(`${group}/v1`, kind).outcome !== 'executed')
  const kubernetes = kindTable
    .filter(({ group }) => !group.endsWith('istio.io') && group !== 'gateway.networking.k8s.io')
    .map(({ kind }) => kind)
  return [
    '# Compatibility',
    '',
    'Every field of Istio that we know, and what becomes of it. This page is written by `scripts/compatibility.ts` from the schemas that',
    'validate and the rules that `heddle apply` warns by; a test holds it to them.',
    '',
    '- **supported**: it does what it does in Istio; where an outcome differs on real configurations of istiod, the difference is listed with',
    '  its reason in `packages/translation/test/accepted-differences.ts`.',
    '- **ignored, with a warning**: it is accepted and kept, has no effect, and `heddle apply` says so.',
    '- **rejected**: the resource is refused. Fields that are not listed do not exist in Istio and are refused as unknown.',
    '',
    ...modelled.flatMap(kindSection),
    '## Kinds that are not executed yet',
    '',
    'Every field of them is checked (`@heddle/config-schema`), and `kube-inject` passes them through byte for byte. `heddle apply` and the',
    'local platform accept them with a warning, or refuse what would protect something and is not enforced: a policy that silently does',
    'nothing is worse than an error. So do they with a WasmPlugin, TrafficExtension or EnvoyFilter of the phases AUTHN and AUTHZ.',
    '',
    '| kind | group | at apply | because |',
    '|---|---|---|---|',
    ...unexecuted.map(({ group, kind }) => {
      const { outcome, reason } = kindExecution(`${group}/v1`, kind)
      return `| ${kind} | ${group} | ${outcome === 'refused' ? 'refused' : 'accepted, with a warning'} | ${reason} |`
    }),
    '',
    '## Kubernetes kinds',
    '',
    `Complete field trees: ${[...new Set(kubernetes)].map((kind) => `\`${kind}\``).join(', ')}. The local platform runs Pods, Deployments and`,
    'ReplicaSets; other workload kinds are stored and answered with an event that says so. A Service of type ExternalName is passed over',
    'by the proxies, with an entry in `/debug/issues` of the control plane that says so; `internalTrafficPolicy: Local` keeps calls on the Node.',
    '',
  ].join('\n')
}

const text = render()
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') === text) process.exit(0)
  process.stderr.write(
    'docs/compatibility.md is not what scripts/compatibility.ts writes; run: node --conditions=@heddle/source --import tsx scripts/compatibility.ts\n',
  )
  process.exit(1)
}
writeFileSync(file, text)
