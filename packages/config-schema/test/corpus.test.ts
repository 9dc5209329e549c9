import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generateKubernetes } from '../scripts/generate-kubernetes.js'
import { gatewayApiTypesSource, typesSource } from '../scripts/generate-types.js'
import { isKnownKind } from '../src/kinds/kind-info.js'
import { validate, validateObject } from '../src/validate/validate.js'
import { parseDocuments, type ParsedDocument } from '../src/yaml/parse-documents.js'

const root = join(import.meta.dirname, '../../..')
const corpus = join(root, '../shared/corpus')
const manifest = join(root, '../shared/seed/helloworld.yaml')
const isAbsent = !existsSync(corpus)
if (isAbsent) console.log('skipped: the corpus folder ../shared/corpus is absent')

const yamlFiles = (folder: string) =>
  isAbsent
    ? []
    : readdirSync(join(corpus, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => join(corpus, folder, name))
const generated = (name: string) => readFileSync(join(import.meta.dirname, '../src/gen', name), 'utf8')
const read = (file: string) => parseDocuments(readFileSync(file, 'utf8'), { file })
const identity = (document: ParsedDocument) => document.value as { apiVersion?: string; kind?: string; _err?: string }
const isKnown = (document: ParsedDocument) => isKnownKind(identity(document).apiVersion ?? '', identity(document).kind ?? '')
const errorsOf = (document: ParsedDocument) => validate(document).diagnostics.filter((fault) => fault.severity === 'error')

/** Where each invalid example is wrong, by the name of its file and of the resource. */
const wrongAt: Readonly<Record<string, string>> = {
  'authz service-account-and-namespace': 'spec.rules[0].from[0].source.serviceAccounts',
  'authz service-account-and-namespace-principal': 'spec.rules[0].from[0].source.serviceAccounts',
  'destinationrule bookinfo-ratings 0': 'spec.trafficPolicy.loadBalancer.warmup.minimumPercent',
  'destinationrule bookinfo-ratings 1': 'spec.trafficPolicy.loadBalancer.warmup.duration',
  'destinationrule bookinfo-ratings 2': 'spec.trafficPolicy.loadBalancer.warmup.aggression',
  'envoyfilter waypoint-wrong-context': 'spec.configPatches[0].match',
  'envoyfilter waypoint-wrong-match': 'spec.configPatches[0].match',
  'envoyfilter waypoint-wrong-port': 'spec.configPatches[0].match.waypoint.portNumber',
  'peerauth bad-mode': 'spec.mtls.mode',
  'peerauth bad-port': 'spec.portLevelMtls.acd',
  'peerauth port-level-global': 'spec.portLevelMtls',
  'peerauth empty-port-level': 'spec.portLevelMtls',
  'peerauth zero-port': 'spec.portLevelMtls["0"]',
  'peerauth high-port': 'spec.portLevelMtls["42949672"]',
  'serviceentry no-spec': 'spec',
  'serviceentry missing-host': 'spec.hosts',
  'serviceentry bad-selector-value': 'spec.workloadSelector.labels.val',
  'serviceentry selector-and-endpoints': 'spec.workloadSelector',
  'serviceentry bad-host-wildcard': 'spec.hosts[0]',
  'serviceentry bad-cidr-resolution': 'spec.addresses[0]',
  'serviceentry duplicate-ports-name': 'spec.ports[1].name',
  'serviceentry duplicate-ports-number': 'spec.ports[1].number',
  'serviceentry bad-port': 'spec.ports[0].number',
  'serviceentry bad-port-target': 'spec.ports[0].targetPort',
  'serviceentry none-with-endpoints': 'spec.endpoints',
  'serviceentry dns-rr-with-multiple-endpoints': 'spec.endpoints',
  'workloadgroup no-spec': 'spec',
  'workloadgroup tcp-probe-invalid': 'spec.probe.tcpSocket.port',
  'workloadgroup http-probe-invalid': 'spec.probe.httpGet.httpHeaders[0].name',
}

function invalidExamples(): readonly { readonly metadata: string; readonly paths: readonly string[] }[] {
  return yamlFiles('istio/validation')
    .filter((file) => file.endsWith('-invalid.yaml'))
    .flatMap((file) =>
      read(file).documents.map((document, index) => {
        const value = document.value as { metadata: { name: string }; _err?: string }
        delete value._err
        const kind = basename(file).replace('-invalid.yaml', '')
        const name = `${kind} ${value.metadata.name}${kind === 'destinationrule' ? ` ${index}` : ''}`
        return { metadata: name, paths: errorsOf(document).map(({ path }) => path) }
      }),
    )
}

describe.skipIf(isAbsent)('the corpus', () => {
  it('has samples and inputs that all validate without an error', () => {
    const files = [...yamlFiles('istio/samples'), ...yamlFiles('istiod'), manifest]
    const documents = files.flatMap((file) => {
      const { documents: parsed, diagnostics } = read(file)
      expect(diagnostics).toEqual([])
      return parsed.filter(isKnown)
    })
    expect(documents.length).toBeGreaterThan(250)
    expect(documents.flatMap(errorsOf)).toEqual([])
  })

  it('has valid examples that are accepted and invalid ones that are refused', () => {
    for (const file of yamlFiles('istio/validation')) {
      for (const document of read(file).documents.filter(isKnown)) {
        const value = identity(document)
        const isInvalid = value._err !== undefined
        delete value._err
        expect(errorsOf(document).length > 0, `${file} line ${document.rangeOf([]).line}`).toBe(isInvalid)
      }
    }
  })

  it('refuses every invalid example where it is wrong', () => {
    for (const [name, path] of Object.entries(wrongAt)) {
      const found = invalidExamples().filter(({ metadata }) => metadata === name)
      expect(
        found.map(({ paths }) => paths),
        name,
      ).toEqual([expect.arrayContaining([path])])
    }
    expect(
      invalidExamples()
        .map(({ metadata }) => metadata)
        .filter((name) => !Object.hasOwn(wrongAt, name)),
    ).toEqual([])
  })

  it('has objects of a real API server that validate', () => {
    const faults = readdirSync(join(corpus, 'istiod')).flatMap((scenario) => {
      const objects = Object.values(
        JSON.parse(readFileSync(join(corpus, 'istiod', scenario, 'kubernetes.json'), 'utf8')) as Record<string, unknown>,
      ).flat()
      const lists = objects.flatMap((entry) => (entry as { items?: unknown[] }).items ?? [entry])
      return lists
        .filter((entry) => isKnownKind((entry as { apiVersion?: string }).apiVersion ?? '', (entry as { kind?: string }).kind ?? ''))
        .flatMap((entry) => validateObject(entry).diagnostics)
    })
    expect(faults.filter((fault) => fault.severity === 'error')).toEqual([])
  })

  it('gives the committed Kubernetes table when it is generated again', async () => {
    const { types, metadata } = await generateKubernetes(join(corpus, 'kubernetes/schemas.json'))
    expect(types).toBe(generated('kubernetes.ts'))
    expect(metadata).toBe(generated('kubernetes-metadata.ts'))
  })
})

describe('generated types', () => {
  it('are those of the declarative tables', () => {
    expect(typesSource()).toBe(generated('types.ts'))
    expect(gatewayApiTypesSource()).toBe(generated('gateway-api-types.ts'))
  })
})
