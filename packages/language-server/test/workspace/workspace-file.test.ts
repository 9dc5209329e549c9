/** Which files are manifests, and what becomes of those that are broken. */
import { createLanguageService } from '@heddle/language-server'
import { describe, expect, it } from 'vitest'

const faulty = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n'

function codesOf(uri: string, text: string): readonly unknown[] {
  const service = createLanguageService()
  service.set(uri, text)
  return (service.diagnostics().get(uri) ?? []).map(({ code }) => code)
}

describe('a file of the workspace', () => {
  it('is judged when it holds resources', () => {
    expect(codesOf('file:///a.yaml', faulty)).toEqual(['unknown-field'])
    expect(codesOf('file:///a.yaml', 'kind: Service\n')).toContain('missing-field')
    expect(codesOf('file:///a.json', '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"prots": []}}')).toEqual([
      'unknown-field',
    ])
  })

  it.each([
    ['other YAML', 'file:///compose.yaml', 'services:\n  web: {image: nginx}\n'],
    ['a workflow', 'file:///ci.yaml', 'name: ci\non: [push]\njobs: {}\n'],
    ['broken YAML that is no manifest', 'file:///a.yaml', 'a: [1\nb: }\n'],
    ['a kind of somebody else', 'file:///a.yaml', 'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {}\n'],
    ['a chart', 'file:///Chart.yaml', 'apiVersion: v2\nname: a\nversion: 1.0.0\n'],
    ['a template of a chart', 'file:///chart/templates/a.yaml', `${faulty}  type: {{ .Values.type }}\n`],
    ['a template that happens to be YAML', 'file:///chart/templates/a.yaml', faulty.replace('name: a', 'name: "{{ .Release.Name }}"')],
    ['an empty file', 'file:///a.yaml', ''],
  ])('gets no diagnostics when it is %s', (_what, uri, text) => {
    expect(codesOf(uri, text)).toEqual([])
  })

  it('says what is wrong with a manifest as YAML', () => {
    expect(codesOf('file:///a.yaml', `${faulty}x: [\n`)).toContain('yaml-syntax')
  })

  it('names a kind of Istio that is misspelt', () => {
    expect(codesOf('file:///a.yaml', 'apiVersion: networking.istio.io/v1\nkind: VirtualServce\nmetadata: {name: a}\nspec: {}\n')).toEqual([
      'kind-not-supported',
    ])
  })
})
