/** The names by which resources refer to each other. */
import { describe, expect, it } from 'vitest'
import { judgeResource } from '../../src/analysis/analyze.js'
import { createDirectory, type NamePlace, type NameUses } from '../../src/analysis/directory/directory.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const text = `apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: shop}
spec: {ports: [{port: 9080, name: http}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: narrow, namespace: shop}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: wide, namespace: shop}
spec:
  host: "*.shop.svc.cluster.local"
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  hosts: [reviews]
  http:
  - route: [{destination: {host: reviews, subset: v1}}, {destination: {host: ratings, subset: v1}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: elsewhere, namespace: other}
spec:
  host: reviews.shop.svc.cluster.local
  exportTo: ["."]
  subsets: [{name: v1, labels: {version: v1}}]
`
const resources = parseDocuments(text, { file: 'a.yaml' }).documents.map((document) => judgeResource(document))
const directory = createDirectory(resources)
const shown = ({ resource, range }: NamePlace): string => `${resource.kind} ${resource.name}:${range.line}`
const shownUses = ({ definitions, references }: NameUses) => ({
  definitions: definitions.map(shown).toSorted(),
  references: references.map(shown),
})

describe('createDirectory', () => {
  it('finds what defines a host, with its ports', () => {
    const [found, ...more] = directory.definitions({ kind: 'host', text: 'reviews', namespace: 'shop' })
    expect(more).toEqual([])
    expect(found).toMatchObject({
      resource: { kind: 'Service', name: 'reviews' },
      file: 'a.yaml',
      text: 'reviews',
      ports: [{ number: 9080, protocol: 'HTTP' }],
    })
    expect(directory.definitions({ kind: 'host', text: 'reviews', namespace: 'other' })).toEqual([])
  })

  it('finds subsets in every rule that covers the host and is seen', () => {
    const subset = { kind: 'subset', text: 'v1', namespace: 'shop', host: 'reviews' } as const
    expect(directory.definitions(subset).map(shown)).toEqual(['DestinationRule narrow:11', 'DestinationRule wide:18'])
    expect(directory.names({ kind: 'subset', namespace: 'shop', host: 'reviews' })).toEqual(['v1', 'v2'])
  })

  it('finds all that means the same subset, over rules that cover several hosts', () => {
    const uses = directory.uses({ kind: 'subset', text: 'v1', namespace: 'shop', host: 'reviews' })
    expect(shownUses(uses)).toEqual({
      definitions: ['DestinationRule narrow:11', 'DestinationRule wide:18'],
      references: ['VirtualService reviews:26', 'VirtualService reviews:26'],
    })
    expect(shownUses(directory.usesOfDefinition('a.yaml', ['spec', 'subsets', 0, 'name'], 18))).toEqual(shownUses(uses))
  })

  it('finds what refers to a resource', () => {
    expect(shownUses(directory.usesOfDefinition('a.yaml', ['metadata', 'name'], 3)).references).toEqual([
      'DestinationRule narrow:10',
      'VirtualService reviews:24',
      'VirtualService reviews:26',
      'DestinationRule elsewhere:32',
    ])
    expect(directory.usesOfDefinition('a.yaml', ['metadata', 'name'], 1).references).toEqual([])
  })

  it('writes names as they are written in a namespace', () => {
    expect(directory.names({ kind: 'host', namespace: 'shop' })).toEqual(['reviews'])
    expect(directory.names({ kind: 'host', namespace: 'other' })).toEqual(['reviews.shop.svc.cluster.local'])
    expect(directory.names({ kind: 'gateway', namespace: 'shop' })).toEqual(['mesh'])
    expect(directory.names({ kind: 'scoped-host', namespace: 'shop' })).toContain('shop/reviews.shop.svc.cluster.local')
  })
})
