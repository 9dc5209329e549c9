/** The sample applications of Istio are sound: what analysis says of them as errors would be false alarm. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/analysis/analyze.js'
import { formatFinding } from '../../src/analysis/finding.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const samples = join(import.meta.dirname, '../../../../../shared/corpus/istio/samples')
const isAbsent = !existsSync(samples)
if (isAbsent) console.log('skipped: the corpus folder ../shared/corpus is absent')
const files = isAbsent ? [] : readdirSync(samples, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'))

const kube = 'bookinfo/platform/kube'
const bookinfo = ['bookinfo', 'bookinfo-ratings-v2', 'bookinfo-details-v2'].map((name) => `${kube}/${name}.yaml`)

/** What is applied before a sample, by the start of its path. */
const before: Readonly<Record<string, readonly string[]>> = {
  'bookinfo/networking/': [...bookinfo, 'bookinfo/networking/destination-rule-all.yaml'],
  'bookinfo/gateway-api/': [...bookinfo, `${kube}/bookinfo-versions.yaml`, 'bookinfo/gateway-api/bookinfo-gateway.yaml'],
  'helloworld/gateway-api/': [
    'helloworld/helloworld.yaml',
    'helloworld/gateway-api/helloworld-versions.yaml',
    'helloworld/gateway-api/helloworld-gateway.yaml',
  ],
  'helloworld/': ['helloworld/helloworld.yaml'],
  'httpbin/': ['httpbin/httpbin.yaml'],
  'tcp-echo/gateway-api/': ['tcp-echo/tcp-echo-services.yaml', 'tcp-echo/gateway-api/tcp-echo-all-v1.yaml'],
  'tcp-echo/': ['tcp-echo/tcp-echo-services.yaml', 'tcp-echo/tcp-echo-all-v1.yaml'],
  'websockets/': ['websockets/app.yaml'],
}

/** Errors that istioctl also reports of these files, and rightly: what they count on is applied in other tasks. */
const accepted: Readonly<Record<string, string>> = {
  'IST0173 DestinationRule ratings': 'the workloads of v2-mysql and v2-mysql-vm belong to other tasks',
  'IST0106 unknown ': 'swagger.yaml is no resource',
}

function errorsOf(names: readonly string[]): readonly string[] {
  const documents = [...new Set(names)].flatMap((file) => parseDocuments(readFileSync(join(samples, file), 'utf8'), { file }).documents)
  return analyze(documents)
    .filter(({ severity, code, resource }) => severity === 'error' && accepted[`${code} ${resource.kind} ${resource.name}`] === undefined)
    .map(formatFinding)
}

describe.skipIf(isAbsent)('analysis of sound samples', () => {
  it.each(files)('finds no error in %s alone', (file) => {
    // These three name Services and subsets of another sample, which is applied first.
    const needs = Object.entries(before).find(
      ([start]) => file.startsWith(start) && start.split('/').length > 2 && start.endsWith('gateway-api/'),
    )?.[1]
    expect(errorsOf([...(needs ?? (file === 'tcp-echo/tcp-echo-20-v2.yaml' ? ['tcp-echo/tcp-echo-all-v1.yaml'] : [])), file])).toEqual([])
  })

  it.each(files)('finds no error in %s with what is applied before it', (file) => {
    const needs = Object.entries(before).find(([start]) => file.startsWith(start))?.[1] ?? []
    expect(errorsOf([...needs, file])).toEqual([])
  })
})
