import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

describe.skipIf(isAbsent)('the corpus', () => {
  it('has samples and inputs that all validate without an error', () => {
    const files = [...yamlFiles('istio/samples'), ...yamlFiles('istiod'), manifest]
    const documents = files.flatMap((file) => {
      const { documents: parsed, diagnostics } = read(file)
      expect(diagnostics).toEqual([])
      return parsed.filter(isKnown)
    })
    expect(documents.length).toBeGreaterThan(200)
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

  it('names the field that Istio names in invalid examples', () => {
    const { documents } = read(join(corpus, 'istio/validation/destinationrule-invalid.yaml'))
    for (const document of documents) {
      const value = identity(document)
      const path = value._err?.split(':')[0]
      delete value._err
      expect(errorsOf(document).map((fault) => fault.path)).toEqual([path])
    }
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
