/** Quick fixes: what they do to the text. */
import { createLanguageService } from '@heddle/language-server'
import { describe, expect, it } from 'vitest'
import type { CodeAction, Range } from 'vscode-languageserver-types'

const uri = 'file:///a.yaml'
const whole: Range = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } }

const text = `apiVersion: v1
kind: Service
metadata: {name: reviews}
spec:
  ports: [{port: 9080, name: http}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
  - rout: # where it goes
    - destination: {host: review}
    timeout: 5
`

function actions(range: Range, only?: readonly string[]): readonly CodeAction[] {
  const service = createLanguageService()
  service.set(uri, text)
  return service.codeActions(uri, range, only)
}

function applied({ edit }: CodeAction): readonly string[] {
  const lines = text.split('\n')
  const edits = edit?.changes?.[uri] ?? []
  const changed = edits.map(({ range, newText }) => {
    expect(range.end.line).toBe(range.start.line)
    const line = lines[range.start.line] ?? ''
    return line.slice(0, range.start.character) + newText + line.slice(range.end.character)
  })
  return changed
}

const line = (number: number): Range => ({ start: { line: number, character: 6 }, end: { line: number, character: 6 } })

describe('quick fixes', () => {
  it('put in what was probably meant', () => {
    expect(actions(whole).map((action) => [action.title, ...applied(action)])).toEqual([
      ['Rename the field to "route"', '  - route: # where it goes'],
      ['Change it to 5s', '    timeout: 5s'],
    ])
  })

  it('are for what is found where they are asked for, with what they mend', () => {
    const [action, ...more] = actions(line(12))
    expect(more).toEqual([])
    expect(action).toMatchObject({ kind: 'quickfix', isPreferred: true, diagnostics: [{ code: 'unknown-field' }] })
    expect(actions(line(2))).toEqual([])
  })

  it('of the kind that editors run when they save change only what cannot be meant otherwise', () => {
    const [action, ...more] = actions(whole, ['source.fixAll'])
    expect(more).toEqual([])
    expect(action).toMatchObject({ kind: 'source.fixAll.heddle' })
    expect(action === undefined ? [] : applied(action)).toEqual(['    timeout: 5s'])
    expect(actions(whole, ['refactor'])).toEqual([])
  })

  it('change references to other files', () => {
    const service = createLanguageService()
    service.set('file:///b.yaml', text.slice(0, text.indexOf('---')))
    service.set(uri, text.slice(text.indexOf('---') + 4).replace('rout:', 'route:'))
    const fixes = service.codeActions(uri, whole)
    expect(fixes.map(({ title }) => title)).toEqual(['Change the host to "reviews"', 'Change it to 5s'])
  })

  it('that add lines touch only the lines that change', () => {
    const telemetry = `# kept   as it is
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: logs, namespace: shop}
spec:
  accessLogging:
  - filter: {expression: "response.code >= 500"}   # kept too
`
    const service = createLanguageService()
    service.set(uri, telemetry)
    const [action, ...more] = service.codeActions(uri, whole)
    expect(more).toEqual([])
    const [edit] = action?.edit?.changes?.[uri] ?? []
    expect(edit?.range.start.line).toBe(6)
    expect(edit?.newText).toContain('providers:')
  })
})
