/** `heddle convert -f FILE`: VirtualServices as HTTPRoutes of the Gateway API, where that is exact; what is not is named with its place. */
import {
  type ConversionIssue,
  formatYaml,
  type HttpRouteConversion,
  isOfKind,
  type ParsedDocument,
  type VirtualService,
  virtualServiceToHttpRoute,
} from '@heddle/config-schema'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { judgeManifests, requireValid } from '../manifest/manifest.js'
import { readSources } from '../manifest/sources.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  const manifests = judgeManifests(await readSources(invocation), { target: 'istio', foreignKinds: 'pass' })
  const resources = requireValid(invocation, manifests, { outcome: 'converted' })
  const options = { resources, namespace: flags.string('namespace') ?? 'default', segmentPrefixes: flags.boolean('segment-prefixes') }
  const conversions = manifests.documents.flatMap(({ source }): readonly Converted[] => {
    const resource = source.value as VirtualService
    return isOfKind(resource, 'VirtualService') ? [{ source, resource, ...virtualServiceToHttpRoute(resource, options) }] : []
  })
  if (conversions.length === 0) throw usageError('there is no VirtualService in what was read', 'Only VirtualServices are converted.')
  for (const conversion of conversions) for (const issue of conversion.issues) streams.stderr.write(issueText(conversion, issue))
  const routes = conversions.flatMap(({ isExact, route }) => (route !== undefined && (isExact || flags.boolean('partial')) ? [route] : []))
  streams.stdout.write(routes.map((route) => formatYaml(route)).join('---\n'))
  const left = conversions.filter(({ isExact }) => !isExact)
  for (const { resource } of left) streams.stderr.write(`VirtualService "${resource.metadata.name}" has no exact HTTPRoute.\n`)
  return left.length === 0 ? exitCode.ok : exitCode.findings
}

interface Converted extends HttpRouteConversion {
  readonly source: ParsedDocument
  readonly resource: VirtualService
}

function issueText({ source, resource }: Converted, { kind, path, segments, reason }: ConversionIssue): string {
  const { line, column } = source.rangeOf(segments, 'key')
  const place = `${source.file}:${line}:${column}`
  return kind === 'needed'
    ? `${place}: needed: ${reason}\n`
    : `${place}: inexact: VirtualService "${resource.metadata.name}": ${path}: ${reason}\n`
}
