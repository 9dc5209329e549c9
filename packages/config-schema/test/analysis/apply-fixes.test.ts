import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/analysis/analyze.js'
import { applyFixes } from '../../src/analysis/apply-fixes.js'
import { parseDocuments } from '../../src/yaml/parse-documents.js'

const fixed = (text: string, isWanted: (fix: { readonly isCertain: boolean }) => boolean = () => true): string =>
  applyFixes(
    text,
    analyze(parseDocuments(text).documents).flatMap(({ fix }) => (fix !== undefined && isWanted(fix) ? [fix] : [])),
  )

const service = `# the service
apiVersion: v1
kind: Service
metadata:
  name: reviews # keep me
spec:
  ports:
  - name: http
    port: 80
---
`

describe('applyFixes', () => {
  it('corrects names and types where they stand, and nothing else', () => {
    const text = `${service}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [ reviews ]   # odd spaces stay
  http:
  - timeout: 5
    route:
    - destination:
        host: "reviewz"  # a comment
        port: {nmber: 8080}
`
    expect(fixed(text)).toBe(text.replace('timeout: 5', 'timeout: 5s').replace('"reviewz"', 'reviews').replace('nmber', 'number'))
  })

  it('corrects words that a rule knows: methods, statuses, conditions and parts of the Pods', () => {
    const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec:
  hosts: [a.com]
  gateways: [g]
  http:
  - corsPolicy: {allowMethods: [POTS]}
    fault: {abort: {grpcStatus: unavailable, percentage: {value: 1}}}
    route: [{destination: {host: b.com}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: a}
spec: {rules: [{when: [{key: "request.auth.claim[iss]", values: [a]}]}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a}
spec: {maxUnavailable: "1", minAvailable: 5 %}
`
    expect(fixed(text)).toBe(
      text
        .replace('POTS', 'POST')
        .replace('unavailable', 'UNAVAILABLE')
        .replace('"request.auth.claim[iss]"', 'request.auth.claims[iss]')
        .replace('"1"', '1')
        .replace('5 %', '5%'),
    )
  })

  it('applies only what means the same when asked for what is certain', () => {
    const text = `${service}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
  - timeout: 5
    route:
    # the only one
    - destination: {host: reviewz}
      weight: 50
`
    expect(fixed(text, ({ isCertain }) => isCertain)).toBe(text.replace('timeout: 5', 'timeout: 5s').replace('      weight: 50\n', ''))
  })

  it('reaches resources inside a List', () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
`
    expect(fixed(text)).toBe(`${text}    labels:\n      istio-injection: enabled\n`)
  })
})
