/** What can be typed, in documents that are mostly not finished. */
import { createLanguageService, type LanguageService } from '@heddle/language-server'
import { describe, expect, it } from 'vitest'
import type { CompletionItem, TextEdit } from 'vscode-languageserver-types'
import { marked } from '../marked-text.js'

const others = `apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: shop}
spec:
  ports: [{port: 9080, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: other}
spec:
  ports: [{port: 9080, name: http}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: shop}
spec:
  host: reviews
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
`
const head = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  namespace: shop
spec:
`

function service(): LanguageService {
  const made = createLanguageService()
  made.set('file:///others.yaml', others)
  return made
}

function complete(text: string, insertsLines = true): readonly CompletionItem[] {
  const { text: plain, position } = marked(text)
  const made = service()
  made.set('file:///a.yaml', plain)
  return made.complete('file:///a.yaml', position, { insertsLines })
}

const labels = (text: string): readonly string[] => complete(text).map(({ label }) => label)

/** The text after choosing an item. */
function chosen(text: string, label: string, insertsLines = true): string {
  const { text: plain } = marked(text)
  const item = complete(text, insertsLines).find((candidate) => candidate.label === label)
  if (item === undefined) throw new Error(`"${label}" is not offered`)
  const edits = [item.textEdit as TextEdit, ...(item.additionalTextEdits ?? [])]
  const lines = plain.split('\n')
  for (const { range, newText } of edits.toSorted((a, b) => b.range.start.line - a.range.start.line)) {
    const line = lines[range.start.line] ?? ''
    lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.end.character)
  }
  return lines.join('\n')
}

describe('completion', () => {
  it('begins a document', () => {
    expect(complete('¦', false).map(({ label }) => label)).toEqual(['apiVersion', 'kind', 'metadata', 'spec'])
    expect(labels('kind: Service\n¦')).toEqual(['apiVersion', 'metadata', 'spec'])
  })

  it('begins a whole resource with what it must say', () => {
    expect(chosen('kind: Service\n---\nDes¦', 'DestinationRule')).toBe(
      'kind: Service\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: \nspec:\n  host: \n',
    )
    const made = service()
    made.set('file:///a.yaml', 'Ser')
    const items = made.complete('file:///a.yaml', { line: 0, character: 3 }, { insertsLines: true, takesSnippets: true })
    expect(items.find(({ label }) => label === 'ServiceEntry')).toMatchObject({
      insertTextFormat: 2,
      textEdit: { newText: expect.stringContaining('  name: $1\nspec:\n  hosts:\n  - $2') as string },
    })
    expect(items.filter(({ label }) => label === 'Gateway').map(({ detail }) => detail)).toEqual([
      'networking.istio.io/v1',
      'gateway.networking.k8s.io/v1',
    ])
  })

  it('offers the versions of a kind, and the kinds of a version', () => {
    expect(labels('apiVersion: ¦\nkind: DestinationRule\n')).toEqual([
      'networking.istio.io/v1',
      'networking.istio.io/v1beta1',
      'networking.istio.io/v1alpha3',
    ])
    expect(labels('apiVersion: security.istio.io/v1\nkind: ¦')).toEqual([
      'PeerAuthentication',
      'RequestAuthentication',
      'AuthorizationPolicy',
    ])
  })

  it('puts in the apiVersion with the kind when there is none', () => {
    expect(chosen('# mine\nkind: Virt¦', 'VirtualService')).toBe('apiVersion: networking.istio.io/v1\n# mine\nkind: VirtualService')
  })

  it('offers fields that are not there yet, what is needed first', () => {
    const items = complete(`${head}  hosts: [a]\n  ¦\n`)
    expect(items.map(({ label }) => label)).toEqual(['gateways', 'http', 'tls', 'tcp', 'exportTo'])
    const fields = complete(`${head}  http:\n  - route:\n    - ¦\n`)
    expect(fields.toSorted((a, b) => ((a.sortText ?? '') < (b.sortText ?? '') ? -1 : 1))[0]).toMatchObject({
      label: 'destination',
      detail: 'Destination, required',
    })
  })

  it('knows the field in a document that cannot be read as YAML', () => {
    expect(labels(`${head}  http:\n  - match: [{uri: {prefix: /\n    retries:\n      att¦\n`)).toContain('attempts')
    expect(labels(`${head}  hosts: [a\n  http:\n  - tim¦\n    route: [\n`)).toContain('timeout')
  })

  it('leaves out what excludes a field that is there', () => {
    expect(labels(`${head}  http:\n  - match:\n    - uri:\n        exact: /a\n        ¦\n`)).toEqual([])
  })

  it('begins what goes below a name, in the way lists are written in that document', () => {
    expect(chosen(`${head}  ht¦\n`, 'http')).toBe(`${head}  http:\n    - \n`)
    expect(chosen(`${head}  hosts:\n  - a\n  ht¦\n`, 'http')).toBe(`${head}  hosts:\n  - a\n  http:\n  - \n`)
    expect(chosen(`${head}  http:\n  - ¦\n`, 'retries')).toBe(`${head}  http:\n  - retries:\n      \n`)
    expect(chosen(`${head}  http:\n  - ¦\n`, 'timeout')).toBe(`${head}  http:\n  - timeout: \n`)
    expect(chosen(`${head}  http:\n  - ¦\n`, 'retries', false)).toBe(`${head}  http:\n  - retries:\n`)
    expect(chosen(`${head}  http:\n  - tim¦: 5s\n`, 'timeout')).toBe(`${head}  http:\n  - timeout: 5s\n`)
  })

  it('begins the entry of a list below its name', () => {
    expect(chosen(`${head}  http:\n    ¦\n`, 'name')).toBe(`${head}  http:\n    - name: \n`)
    expect(chosen(`${head}  gateways:\n    ¦\n`, 'mesh')).toBe(`${head}  gateways:\n    - mesh\n`)
  })

  it('writes inside brackets', () => {
    expect(chosen(`${head}  http:\n  - route: [{destination: {ho¦`, 'host')).toBe(`${head}  http:\n  - route: [{destination: {host: `)
  })

  it('offers words with what they mean, and yes and no', () => {
    const rule = head.replace('VirtualService', 'DestinationRule')
    expect(labels(`${rule}  trafficPolicy:\n    tls:\n      mode: ¦\n`)).toEqual(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'])
    expect(complete(`${rule}  trafficPolicy:\n    tls:\n      mode: ¦\n`)[0]).toMatchObject({
      detail: 'default',
      documentation: { value: 'Plain text.' },
    })
    expect(labels(`${head}  http:\n  - corsPolicy:\n      allowCredentials: ¦\n`)).toEqual(['true', 'false'])
    expect(chosen(`${rule}  trafficPolicy: {tls: {mode:¦`, 'SIMPLE')).toBe(`${rule}  trafficPolicy: {tls: {mode: SIMPLE`)
  })

  it('offers hosts as they are written in the namespace', () => {
    const destination = `${head}  http:\n  - route:\n    - destination:\n        host: ¦\n`
    expect(labels(destination)).toEqual(['reviews', 'ratings.other.svc.cluster.local'])
  })

  it('offers the subsets of the host beside it, gateways and namespaces', () => {
    expect(labels(`${head}  http:\n  - route:\n    - destination:\n        host: reviews\n        subset: ¦\n`)).toEqual(['v1', 'v2'])
    expect(labels(`${head}  http:\n  - route: [{destination: {host: reviews, subset: ¦}}]\n`)).toEqual(['v1', 'v2'])
    expect(labels(`${head}  gateways: [¦]\n`)).toEqual(['mesh', 'edge/public'])
    expect(labels(head.replace('shop', '¦'))).toEqual(expect.arrayContaining(['shop', 'other', 'edge']))
  })

  it('offers the ports of the host beside it', () => {
    const route = `${head}  http:\n  - route:\n`
    expect(labels(`${route}    - destination:\n        host: reviews\n        port:\n          number: ¦\n`)).toEqual(['9080'])
    expect(labels(`${route}    - destination:\n        port:\n          number: ¦\n        host: reviews\n`)).toEqual(['9080'])
    expect(labels(`${route}    - destination: {host: reviews, port: {number: ¦}}\n`)).toEqual(['9080'])
    expect(labels(`${route}    - destination:\n        port:\n          number: ¦\n`)).toEqual([])
  })

  it('knows the entries of a List', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n- ${head.trimEnd().replaceAll('\n', '\n  ')}\n`
    expect(labels(`${list}    hosts: [a]\n    ¦\n`)).toEqual(['gateways', 'http', 'tls', 'tcp', 'exportTo'])
    expect(labels(`${list}    http:\n    - route:\n      - destination: {host: ¦}\n`)).toContain('reviews')
    expect(labels('kind: List\nitems:\n- kind: ¦\n')).toContain('VirtualService')
    expect(complete('kind: List\nitems:\n- kind: ¦\n')[0]?.additionalTextEdits).toBeUndefined()
  })

  it('keeps quotes', () => {
    const rule = head.replace('VirtualService', 'DestinationRule')
    expect(chosen(`${rule}  host: "rev¦"\n`, 'reviews')).toBe(`${rule}  host: "reviews"\n`)
    expect(complete(`${rule}  host: "rev¦"\n`)[0]).toMatchObject({ filterText: '"reviews' })
  })

  it('offers nothing in comments, in texts, and for what it does not know', () => {
    expect(labels(`${head}  # ¦`)).toEqual([])
    expect(labels('kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n    b¦\n')).toEqual([])
    expect(labels('services:\n  web:\n    ima¦\n')).toEqual([])
    expect(labels(`${head}  http:\n  - corsPolicy:\n      allowCredentials: true ¦\n`)).toEqual([])
  })
})
