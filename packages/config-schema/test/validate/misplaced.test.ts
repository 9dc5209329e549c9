/** One mistake of the indentation gives one message, at the line where it was made. */
import { expect, it } from 'vitest'
import { parseDocuments } from '../../src/yaml/parse-documents.js'
import { validate } from '../../src/validate/validate.js'

const check = (text: string) =>
  parseDocuments(text)
    .documents.flatMap((document) => validate(document).diagnostics)
    .map(({ line, path, message, related }) => ({ line, path, message, others: related?.length ?? 0 }))
const route = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: a\n'
const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n  template:\n'
const pod = '    spec:\n      containers:\n      - {name: a, image: b}\n'

it('tells that the line "spec:" is missing', () => {
  const [fault, ...others] = check(`${route}  hosts: [a]\n  http:\n  - route:\n    - destination: {host: a}\n`)
  expect(fault).toMatchObject({ line: 5, path: 'metadata.hosts', message: expect.stringContaining('is the line "spec:" there'), others: 1 })
  expect(others).toEqual([])
})

it('tells fields that went too far out once, and not what is missing because of them', () => {
  const found = check(`${route}spec:\n  hosts: [a]\nhttp:\n- route:\n  - destination: {host: a}\n`)
  expect(found.map(({ path }) => path)).toContain('http')
  expect(found.length).toBeLessThan(3)
})

it('tells what fell into another list once', () => {
  const text =
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - {port: 80, name: http}\n  - selector:\n    app: a\n'
  expect(check(text)).toMatchObject([{ line: 7, path: 'spec.ports[1].selector' }])
})

it('does not compare with labels that could not be read', () => {
  expect(check(`${deployment}    metdata: {labels: {app: a}}\n${pod}`)).toMatchObject([{ line: 7, path: 'spec.template.metdata' }])
  expect(check(`${deployment}    metadata: {labels: {app: b}}\n${pod}`)).toMatchObject([{ line: 5, others: 1 }])
})

it('takes an empty list for nothing said', () => {
  expect(check('apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\nspec: {egress: []}\n')).toMatchObject([
    { path: 'spec', message: expect.stringContaining('says nothing') },
  ])
})
