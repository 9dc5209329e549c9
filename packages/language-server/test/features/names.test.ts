/** Names across files: where they are defined, where they are used, and a subset under a new name. */
import { createLanguageService, type LanguageService } from '@heddle/language-server'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Location, Position, TextEdit } from 'vscode-languageserver-types'

const files: Readonly<Record<string, string>> = {
  'file:///service.yaml': `apiVersion: v1
kind: Service
metadata:
  name: reviews
spec:
  ports: [{port: 9080, name: http}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec:
  hosts:
  - api.example.com
  - www.example.com
  ports: [{number: 443, name: tls, protocol: TLS}]
  resolution: DNS
`,
  'file:///rule.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews.default.svc.cluster.local
  subsets:
  - name: v1 # the old one
    labels: {version: v1}
  - name: "v2"
    labels: {version: v2}
`,
  'file:///route.yaml': `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews, www.example.com]
  gateways: [edge/public, mesh]
  http:
  - mirror: {host: reviews, subset: v1}
    route:
    - destination:
        host: reviews
        subset: v1
      weight: 90
    - destination:
        host: reviews
        subset: v2
      weight: 10
`,
  'file:///gateway.yaml': `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: reviews}
spec:
  parentRefs: [{name: public}]
  rules:
  - backendRefs: [{name: reviews, port: 9080}]
`,
}

/** The place of the nth occurrence of a word. */
function placeOf(uri: string, word: string, nth = 1): Position {
  const lines = (files[uri] ?? '').split('\n')
  let left = nth
  for (const [line, text] of lines.entries()) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) if (--left === 0) return { line, character: at + 1 }
  }
  throw new Error(`${word} is not in ${uri}`)
}

const shown = (locations: readonly Location[]): readonly string[] =>
  locations.map(({ uri, range }) => `${uri.slice('file:///'.length)}:${range.start.line + 1}:${range.start.character + 1}`)

describe('names', () => {
  let service: LanguageService
  beforeEach(() => {
    service = createLanguageService()
    for (const [uri, text] of Object.entries(files)) service.set(uri, text)
  })

  it.each([
    ['file:///route.yaml', 'reviews,', 1, ['service.yaml:4:9']],
    ['file:///route.yaml', 'www.example.com', 1, ['service.yaml:14:5']],
    ['file:///route.yaml', 'edge/public', 1, ['gateway.yaml:3:18']],
    ['file:///route.yaml', 'v1}', 1, ['rule.yaml:8:11']],
    ['file:///route.yaml', 'v2', 1, ['rule.yaml:10:11']],
    ['file:///rule.yaml', 'reviews.default', 1, ['service.yaml:4:9']],
    ['file:///gateway.yaml', 'reviews, port', 1, ['service.yaml:4:9']],
    ['file:///route.yaml', 'weight', 1, []],
    ['file:///route.yaml', 'mesh', 1, []],
  ])('in %s at %s lead to where they are defined', (uri, word, nth, wanted) => {
    expect(shown(service.definitions(uri, placeOf(uri, word, nth)))).toEqual(wanted)
  })

  it('are found wherever they are used', () => {
    expect(shown(service.references('file:///service.yaml', placeOf('file:///service.yaml', 'reviews'), false))).toEqual([
      'rule.yaml:6:9',
      'route.yaml:6:11',
      'route.yaml:9:20',
      'route.yaml:12:15',
      'route.yaml:16:15',
      'gateway.yaml:14:26',
    ])
    expect(shown(service.references('file:///rule.yaml', placeOf('file:///rule.yaml', 'v1 #'), true))).toEqual([
      'rule.yaml:8:11',
      'route.yaml:9:37',
      'route.yaml:13:17',
    ])
  })

  it.each([
    ['file:///rule.yaml', 'v1 #'],
    ['file:///route.yaml', 'v1}'],
  ])('rename a subset from %s at %s in all files', (uri, word) => {
    const position = placeOf(uri, word)
    expect(service.renameRange(uri, position)).toMatchObject({ start: { line: position.line, character: position.character - 1 } })
    const result = service.rename(uri, position, 'stable')
    const changes = result.kind === 'edit' ? (result.edit.changes ?? {}) : {}
    expect(Object.fromEntries(Object.entries(changes).map(([file, edits]) => [file, textsAt(file, edits)]))).toEqual({
      'file:///rule.yaml': ['8: v1 -> stable'],
      'file:///route.yaml': ['9: v1 -> stable', '13: v1 -> stable'],
    })
  })

  it('keep their quotes, and get them where they need them', () => {
    const edits = (newName: string): readonly string[] => {
      const result = service.rename('file:///route.yaml', placeOf('file:///route.yaml', 'v2'), newName)
      return result.kind === 'edit' ? Object.entries(result.edit.changes ?? {}).flatMap(([file, list]) => textsAt(file, list)) : []
    }
    expect(edits('canary')).toEqual(['10: "v2" -> "canary"', '17: v2 -> canary'])
    expect(edits('1')).toEqual(['10: "v2" -> "1"', '17: v2 -> "1"'])
  })

  it('are not renamed to what is taken, is no name, or is no subset', () => {
    const rename = (word: string, newName: string) => service.rename('file:///route.yaml', placeOf('file:///route.yaml', word), newName)
    expect(rename('v2', 'v1')).toEqual({ kind: 'refused', reason: 'The DestinationRule reviews has a subset "v1" already.' })
    expect(rename('v2', 'not a name')).toMatchObject({ kind: 'refused', reason: expect.stringContaining('not a DNS label') as string })
    expect(rename('mesh', 'x').kind).toBe('refused')
    expect(service.renameRange('file:///route.yaml', placeOf('file:///route.yaml', 'reviews,'))).toBeUndefined()
  })

  it('are not renamed while a file that refers to them is broken, and still lead to what it defined', () => {
    service.diagnostics()
    service.set('file:///rule.yaml', `${files['file:///rule.yaml'] ?? ''}  x: {\n`)
    expect(shown(service.definitions('file:///route.yaml', placeOf('file:///route.yaml', 'v2')))).toEqual(['rule.yaml:10:11'])
    expect(service.rename('file:///route.yaml', placeOf('file:///route.yaml', 'v2'), 'x')).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('rule.yaml') as string,
    })
    expect([...service.diagnostics().keys()]).toEqual(['file:///rule.yaml'])
  })

  it('are explained where they are used', () => {
    const hover = service.hover('file:///route.yaml', placeOf('file:///route.yaml', 'reviews,'))
    expect(hover?.contents).toMatchObject({ value: expect.stringContaining('Service `default/reviews`, port 9080 (HTTP)') as string })
    const subset = service.hover('file:///route.yaml', placeOf('file:///route.yaml', 'v1}'))
    expect(subset?.contents).toMatchObject({ value: expect.stringContaining('Subset `v1` of DestinationRule `default/reviews`') as string })
  })
})

function textsAt(file: string, edits: readonly TextEdit[]): readonly string[] {
  const lines = (files[file] ?? '').split('\n')
  return edits.map(({ range, newText }) => {
    const before = lines[range.start.line]?.slice(range.start.character, range.end.character)
    return `${range.start.line + 1}: ${before} -> ${newText}`
  })
}
