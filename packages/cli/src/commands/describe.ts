/** `heddle describe`: an object in plain words, with what istiod finds wrong with it and its events, which usually say what is wrong. */
import { HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { KubernetesObject } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { formatAge } from '../output/age.js'
import { describeObject } from '../output/description.js'
import { describeCredentials, type GatewaySpecView, neededCredentials } from '../output/gateway-credentials.js'
import { problemSection } from '../output/problem-text.js'
import { describeEndpoints } from '../output/service-endpoints.js'
import { renderTable } from '../output/table.js'
import { discoverResources } from '../target/discovery.js'
import { findProblems, type ProblemReport } from '../target/problems.js'
import { endpointSlices, events, pods, secrets } from '../target/resource-types.js'
import { parseSelections, type Selection } from '../target/selection.js'
import { type Target, withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  return withTarget(invocation, async (target) => {
    const selections = parseSelections(await discoverResources(target.client, invocation.signal), invocation.positionals)
    if (flags.boolean('all-namespaces') && selections.some(({ name }) => name !== undefined))
      throw usageError('an object cannot be asked for by name in all namespaces', 'Name its namespace with -n, or leave out the name.')
    const problemsOf = problemLookup(target)
    const blocks: string[] = []
    for (const selection of selections)
      for (const object of await objectsOf(invocation, target, selection))
        blocks.push(
          [
            describeObject(object),
            await describeService(target, object, selection),
            await describeGateway(target, object, selection),
            await describeProblems(problemsOf, object, selection),
            await describeEvents(target, object, selection.resource.kind),
          ].join(''),
        )
    if (blocks.length > 0) invocation.streams.stdout.write(blocks.join('\n\n'))
    else
      invocation.streams.stderr.write(
        flags.boolean('all-namespaces') ? 'No resources found\n' : `No resources found in ${target.namespace} namespace.\n`,
      )
    return exitCode.ok
  })
}

/** One by its name, or by the start of it as the names of Pods are hard to type, or all. */
async function objectsOf({ flags }: Invocation, { client, namespace }: Target, selection: Selection): Promise<readonly KubernetesObject[]> {
  const { resource, name } = selection
  const labelSelector = flags.string('selector')
  const inScope = resource.namespaced && !flags.boolean('all-namespaces') ? { namespace } : {}
  const exact = name === undefined ? undefined : await client.get(resource.type, name, inScope.namespace)
  if (exact) return [exact]
  const { items } = await client.list(resource.type, { ...inScope, ...(labelSelector === undefined ? {} : { labelSelector }) })
  const found = name === undefined ? items : items.filter(({ metadata }) => metadata.name.startsWith(name))
  if (name !== undefined && found.length === 0)
    throw new HeddleError({
      code: 'HEDDLE_CLI_NOT_FOUND',
      message: `${resource.type.plural} "${name}" not found${resource.namespaced ? ` in namespace ${namespace}` : ''}`,
      origin: 'user',
      hint: `List them with "heddle get ${resource.type.plural}${resource.namespaced ? ` -n ${namespace}` : ''}".`,
    })
  return found.map((object) => ({ ...object, apiVersion: groupVersion(selection), kind: resource.kind }))
}

function groupVersion({ resource: { type } }: Selection): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`
}

/** What a Service leads to is not in itself; any other kind has nothing here. */
async function describeService(
  { client }: Target,
  { metadata }: KubernetesObject,
  { resource: { kind, type } }: Selection,
): Promise<string> {
  if (kind !== 'Service' || type.group !== '') return ''
  const { items } = await client.list(endpointSlices, {
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    labelSelector: `kubernetes.io/service-name=${metadata.name}`,
  })
  return describeEndpoints(items)
}

/** A Gateway whose Secrets are missing looks well in itself. */
async function describeGateway({ client }: Target, object: KubernetesObject, { resource: { kind, type } }: Selection): Promise<string> {
  if (kind !== 'Gateway' || type.group !== 'networking.istio.io') return ''
  const spec = (object['spec'] ?? {}) as GatewaySpecView
  const labels = Object.entries(spec.selector ?? {})
  if (labels.length === 0) return ''
  const { items } = await client.list(pods, { labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(',') })
  const found = neededCredentials(spec, items).map(async (credential) => ({
    credential,
    isThere: await client.get(secrets, credential.name, credential.namespace).then(
      (secret) => secret !== undefined,
      () => undefined,
    ),
  }))
  return describeCredentials(await Promise.all(found))
}

/** The kinds that istiod judges, by group: a Gateway of another group is none of its own. */
const judgedKinds: Readonly<Record<string, readonly string[]>> = {
  '': ['Service'],
  'networking.istio.io': ['VirtualService', 'DestinationRule', 'Gateway'],
  'security.istio.io': ['PeerAuthentication'],
}

/** Asks once, and only when an object of such a kind is shown. */
function problemLookup(target: Target): () => Promise<ProblemReport> {
  let report: Promise<ProblemReport> | undefined
  return () => (report ??= findProblems(target))
}

async function describeProblems(
  problemsOf: () => Promise<ProblemReport>,
  { metadata }: KubernetesObject,
  { resource: { kind, type } }: Selection,
): Promise<string> {
  if (!judgedKinds[type.group]?.includes(kind)) return ''
  const report = await problemsOf()
  if (report.kind === 'unknown') return problemSection(report)
  const own = report.problems.filter(
    (problem) => problem.kind === kind && problem.name === metadata.name && problem.namespace === metadata.namespace,
  )
  return problemSection({ kind: 'known', problems: own })
}

interface EventView {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string
  readonly eventTime?: string
  readonly source?: { readonly component?: string }
  readonly reportingComponent?: string
}

async function describeEvents({ client }: Target, { metadata }: KubernetesObject, kind: string): Promise<string> {
  const { items } = await client.list(events, {
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    fieldSelector: [`involvedObject.name=${metadata.name}`, `involvedObject.kind=${kind}`].join(','),
  })
  const views = (items as unknown as readonly EventView[]).toSorted((left, right) => timeOf(left) - timeOf(right))
  if (views.length === 0) return 'Events:          <none>\n'
  const rows = views.map((event) => [
    event.type ?? '',
    event.reason ?? '',
    Number.isNaN(timeOf(event)) ? '<unknown>' : formatAge(systemClock.now() - timeOf(event)),
    event.source?.component ?? event.reportingComponent ?? '',
    `${event.message ?? ''}${(event.count ?? 1) > 1 ? ` (x${event.count})` : ''}`,
  ])
  const table = renderTable({ header: ['TYPE', 'REASON', 'AGE', 'FROM', 'MESSAGE'], rows })
  return `Events:\n${table.trimEnd().replaceAll(/^/gm, '  ')}\n`
}

function timeOf({ lastTimestamp, eventTime }: EventView): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '')
}
