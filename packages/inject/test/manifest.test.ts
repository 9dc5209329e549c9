import { isHeddleError } from '@heddle/base'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { injectDiagnostics, injectManifest } from '../src/index.js'
import type { Pod } from '../src/pod-spec.js'
import { deployment, service } from './manifests.js'

function templateOf(yaml: string): Pod {
  return (parseDocument(yaml).toJS() as { spec: { template: Pod } }).spec.template
}

function failure(yaml: string, file = 'app.yaml'): { code: string; message: string } {
  try {
    injectManifest(yaml, { file })
  } catch (error) {
    if (isHeddleError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('was injected')
}

describe('documents that are not touched', () => {
  it.each([
    ['odd formatting and comments', service],
    ['Windows line ends', service.replaceAll('\n', '\r\n')],
    ['no newline at the end', service.trimEnd()],
    ['a byte order mark', `\uFEFF${service}`],
    ['separators, empty documents and end markers', `---\n${service}\n---\n# nothing\n--- # next\n${service}...\n---\n`],
    ['a directive', `%YAML 1.2\n---\n${service}`],
    ['JSON', '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},\t"data":{}}'],
    ['a kind of somebody else', 'apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: x}\nspec: 5\n'],
    ['a block text with a separator inside', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: |\n    ---\n    ...\n'],
    ['a workload that opted out', deployment.replace('        app: web\n', '        app: web\n        sidecar.istio.io/inject: "false"\n')],
  ])('come out byte for byte: %s', (_, text) => {
    const result = injectManifest(text)
    expect(result.yaml).toBe(text)
    expect(result.injected).toEqual([])
  })

  it('stay byte for byte beside injected ones', () => {
    const result = injectManifest(`${service}---\n${deployment}---\n${service}`)
    expect(result.yaml.startsWith(`${service}---\n`)).toBe(true)
    expect(result.yaml.endsWith(`---\n${service}`)).toBe(true)
    expect(result.injected).toEqual([{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }])
  })
})

describe('injected documents', () => {
  it('keep their leading comments and separator', () => {
    const { yaml } = injectManifest(`# our web\n--- # one\n# two\n${deployment}`)
    expect(yaml.startsWith('# our web\n--- # one\n# two\napiVersion: apps/v1\n')).toBe(true)
  })

  it('keep an end marker, so that the next document stays apart', () => {
    const { yaml } = injectManifest(`${deployment}...\n${service}`)
    expect(yaml.endsWith(`...\n${service}`)).toBe(true)
    expect(injectManifest(yaml).yaml).toBe(yaml)
  })

  it('end their last line even when the input does not', () => {
    expect(injectManifest(deployment.trimEnd()).yaml.endsWith('\n')).toBe(true)
  })

  it('mean to Kubernetes what they meant before: octal numbers, yes and no, texts that look like others', () => {
    const volumes = `
      volumes:
      - name: keys
        secret: {secretName: keys, defaultMode: 0400, optional: yes}
      nodeSelector: {a: "yes", b: "0400", c: "1:30", d: "2001-01-01", e: "null", f: "1e3", g: "y"}
`
    const { yaml } = injectManifest(`${deployment.trimEnd()}${volumes}`)
    expect(yaml).toContain('defaultMode: 256\n')
    expect(yaml).toContain('optional: true\n')
    for (const text of ['a: "yes"', 'b: "0400"', 'c: "1:30"', 'e: "null"', 'f: "1e3"', 'g: "y"']) expect(yaml).toContain(text)
    expect(injectManifest(yaml).yaml).toBe(yaml)
  })

  it('write aliases and merge keys out', () => {
    const anchors = deployment
      .replace('labels:\n        app: web', 'labels: &labels\n        app: web')
      .replace('matchLabels: {app: web}', 'matchLabels: {app: web}\n  extra: {<<: &x {k: v}}')
    const { yaml } = injectManifest(anchors)
    expect(yaml).not.toMatch(/&|<<|\*[a-z]/)
    expect(yaml).toContain('extra:\n    k: v\n')
  })

  it('come from JSON too', () => {
    const json = JSON.stringify(parseDocument(deployment).toJS())
    expect(injectManifest(json).yaml).toBe(
      injectManifest(deployment.replace('matchLabels: {app: web}', 'matchLabels:\n      app: web')).yaml,
    )
  })

  it('inject the workloads of a List and leave its other items alone', () => {
    const indented = (text: string): string => `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`
    const list = `apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ""}\nitems:\n${indented(service.slice(service.indexOf('api')))}${indented(deployment)}`
    const { yaml, injected } = injectManifest(list)
    const { items, metadata } = parseDocument(yaml).toJS() as { items: { kind: string }[]; metadata: object }
    expect(items.map(({ kind }) => kind)).toEqual(['Service', 'Deployment'])
    expect(metadata).toEqual({ resourceVersion: '' })
    expect(injected).toHaveLength(1)
    expect(yaml).toContain('name: istio-proxy')
  })

  it('take the namespace of the workload, else that of the settings, into the owner', () => {
    expect(injectManifest(deployment).yaml).toContain('namespaces/shop/deployments/web')
    const anywhere = deployment.replace('  namespace: shop\n', '')
    expect(injectManifest(anywhere).yaml).toContain('namespaces/default/deployments/web')
    expect(injectManifest(anywhere, { namespace: 'blue' }).yaml).toContain('namespaces/blue/deployments/web')
  })
})

describe('bad manifests', () => {
  it.each([
    ['', 'HEDDLE_INJECT_EMPTY_MANIFEST', /^app\.yaml holds no Kubernetes object/],
    ['# nothing\n---\n---\n', 'HEDDLE_INJECT_EMPTY_MANIFEST', /holds no Kubernetes object/],
    [
      'just a text',
      'HEDDLE_INJECT_INVALID_MANIFEST',
      /^app\.yaml:1:1: error: expected a Kubernetes object, found the string "just a text"/,
    ],
    ['- a\n- b\n', 'HEDDLE_INJECT_INVALID_MANIFEST', /^app\.yaml:1:1: error: expected a Kubernetes object, found a list/],
    [
      'replicas: 3\nimage: x\n',
      'HEDDLE_INJECT_INVALID_MANIFEST',
      /^app\.yaml:1:1: error: apiVersion: is required.*\napp\.yaml:1:1: error: kind: is required/,
    ],
    [
      'kind: Deployment\napiVersion: apps/v1\nspec: {replicas: 1}\n',
      'HEDDLE_INJECT_INVALID_MANIFEST',
      /^app\.yaml:3:\d+: error: spec\.template: is required/,
    ],
    ['kind: Deployment\napiVersion: apps/v1\n', 'HEDDLE_INJECT_INVALID_MANIFEST', /error: spec: is required/],
    [
      'kind: Pod\napiVersion: v1\nspec: []\n',
      'HEDDLE_INJECT_INVALID_MANIFEST',
      /^app\.yaml:3:7: error: spec: expected a map, found a list/,
    ],
    [
      'kind: Pod\napiVersion: v1\nspec: {containers: []}\n',
      'HEDDLE_INJECT_INVALID_MANIFEST',
      /spec\.containers: expected at least one container/,
    ],
    [
      'kind: List\napiVersion: v1\nitems: 7\n',
      'HEDDLE_INJECT_INVALID_MANIFEST',
      /^app\.yaml:3:8: error: items: expected a list, found the number 7/,
    ],
    ['kind: Pod\n\tapiVersion: v1\n', 'HEDDLE_INJECT_INVALID_MANIFEST', /^app\.yaml:2:1: error: /],
    [`kind: Pod\nkind: Pod\napiVersion: v1\n`, 'HEDDLE_INJECT_INVALID_MANIFEST', /^app\.yaml:2:1: error: /],
  ])('are refused with the place of every fault: %j', (yaml, code, message) => {
    const found = failure(yaml)
    expect(found.code).toBe(code)
    expect(found.message).toMatch(message)
  })

  it('are refused as a whole when one document of several is bad', () => {
    const bad = deployment.replace('image: example.org/web:1', 'image: 5').replace('app: web\n        version: v1', 'app: 1')
    const { message } = failure(`${service}---\n${bad}---\n${deployment}`)
    expect(message.split('\n')).toHaveLength(2)
    expect(message).toMatch(
      /^app\.yaml:19:14: error: spec\.template\.metadata\.labels\.app: expected a text, found the number 1; put numbers/m,
    )
    expect(message).toMatch(/^app\.yaml:23:16: error: spec\.template\.spec\.containers\[0\]\.image: expected a text, found the number 5/m)
  })

  it('name the item of a List', () => {
    const { message } = failure(
      'kind: List\napiVersion: v1\nitems:\n- {kind: Service, apiVersion: v1}\n- {kind: Pod, apiVersion: v1, spec: 1}\n',
    )
    expect(message).toMatch(/^app\.yaml:5:\d+: error: items\[1\]\.spec: expected a map, found the number 1/)
  })

  it('carry their faults as data', () => {
    try {
      injectManifest('kind: Pod\napiVersion: v1\nspec: 1\n', { file: 'a.yaml' })
      expect.unreachable()
    } catch (error) {
      expect(injectDiagnostics(error)).toMatchObject([{ file: 'a.yaml', line: 3, column: 7, path: 'spec', severity: 'error' }])
    }
    expect(injectDiagnostics(new Error('another'))).toEqual([])
  })

  it('are bounded: an alias bomb, hostile nesting and too much text are refused quickly', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
    const levels = names.slice(1).map((name, below) => `${name}: &${name} [${`*${names[below]},`.repeat(10)}]`)
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}\n`
    expect(failure(bomb).code).toBe('HEDDLE_INJECT_INVALID_MANIFEST')
    expect(failure('['.repeat(50_000)).code).toBe('HEDDLE_INJECT_INVALID_MANIFEST')
    expect(failure(`${service}# ${'x'.repeat(2 * 1_048_576)}\n`).code).toBe('HEDDLE_INJECT_INVALID_MANIFEST')
  })
})

describe('the article', () => {
  it('gets a native sidecar that knows the workload, its port and its version', () => {
    const pod = templateOf(injectManifest(deployment).yaml)
    expect(pod.spec.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['istio-init', undefined],
      ['istio-proxy', 'Always'],
    ])
    expect(pod.metadata.labels).toEqual({
      app: 'web',
      version: 'v1',
      'security.istio.io/tlsMode': 'istio',
      'service.istio.io/canonical-name': 'web',
      'service.istio.io/canonical-revision': 'v1',
    })
  })
})
