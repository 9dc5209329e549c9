/** A real API server takes our definitions, and then accepts and refuses the same documents, up to a written list. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { customResourceDefinitions } from '../../src/crd/custom-resource-definitions.js'
import { customKind } from '../../src/kinds/custom-kinds.js'
import { kindInfo } from '../../src/kinds/kind-info.js'
import { ruleCatalogue } from '../../src/rules.js'
import { validateObject } from '../../src/validate/validate.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { isAbsent, startKubeApiserver, type KubeApiserver } from './kube-apiserver.fixture.js'

if (isAbsent) console.log('skipped: kube-apiserver not found')

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const corpus = join(import.meta.dirname, '../../../../../shared/corpus')
/** Rules that are beyond what an API server can check by a definition. */
const beyond = readFileSync(join(import.meta.dirname, 'beyond-the-api-server.txt'), 'utf8')
  .split('\n')
  .filter(Boolean)

interface Document {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

function documentsOf(text: string): readonly Document[] {
  return parseDocuments(text)
    .documents.map(({ value }) => value as Document & { _err?: string })
    .filter((value) => typeof value.apiVersion === 'string' && typeof value.kind === 'string')
    .filter((value) => customKind(kindInfo(value.apiVersion, value.kind)?.group ?? '', value.kind)?.isFileOnly === false)
    .map(({ _err, ...value }) => value)
}

function corpusDocuments(): readonly Document[] {
  const folders = ['istio/samples', 'istio/validation', 'istiod']
    .map((folder) => join(corpus, folder))
    .filter((folder) => existsSync(folder))
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .flatMap((name) => documentsOf(readFileSync(join(folder, name), 'utf8'))),
  )
}

describe.skipIf(isAbsent)('a real kube-apiserver', () => {
  let server: KubeApiserver
  const definitions = [...customResourceDefinitions(), ...customResourceDefinitions({ family: 'gateway-api' })]

  beforeAll(async () => {
    server = await startKubeApiserver()
  }, 240_000)
  afterAll(() => server.close())

  /** @returns undefined when it accepts. */
  const refusal = async ({ metadata, ...rest }: Document, index: number): Promise<string | undefined> => {
    const { plural, isNamespaced } = kindInfo(rest.apiVersion, rest.kind) as NonNullable<ReturnType<typeof kindInfo>>
    const path = `/apis/${rest.apiVersion}${isNamespaced ? '/namespaces/default' : ''}/${plural}?dryRun=All&fieldValidation=Strict`
    const { status, body } = await server.call('POST', path, {
      ...rest,
      metadata: { ...metadata, namespace: undefined, name: `d${index}` },
    })
    return status < 300 ? undefined : `${rest.kind} ${metadata.name}: ${body.message}`
  }
  const isRefusedByUs = (document: Document): boolean => validateObject(document).diagnostics.some(({ severity }) => severity === 'error')

  it('accepts all definitions', async () => {
    for (const definition of definitions) {
      const { status, body } = await server.call('POST', definitionsPath, definition)
      expect({ status, message: body.message }).toEqual({ status: 201, message: undefined })
    }
    for (const { spec } of definitions) {
      const version = spec.versions.at(-1)?.name
      await server.until(`/apis/${spec.group}/${version}/${spec.names.plural}`, ({ status }) => status === 200)
    }
  }, 240_000)

  it('refuses no document that we accept', async () => {
    const accepted = [...corpusDocuments(), ...ruleCatalogue.flatMap(({ example }) => documentsOf(example))].filter(
      (one) => !isRefusedByUs(one),
    )
    const refusals: string[] = []
    for (const [index, document] of accepted.entries()) {
      const message = await refusal(document, index)
      if (message !== undefined) refusals.push(message)
    }
    expect(refusals).toEqual([])
  }, 240_000)

  it('refuses the documents that we refuse, but for the written list', async () => {
    const missed = new Set<string>()
    for (const [index, { ruleId, example }] of ruleCatalogue.entries()) {
      for (const document of documentsOf(example).filter(isRefusedByUs)) {
        if ((await refusal(document, index)) === undefined) missed.add(ruleId)
      }
    }
    expect([...missed].sort()).toEqual(beyond)
  }, 240_000)
})
