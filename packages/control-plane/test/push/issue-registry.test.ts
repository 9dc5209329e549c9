import { createMemoryLogger } from '@heddle/base/testing'
import { parseNode, type ProxyNode, type TranslationIssue } from '@heddle/translation'
import { describe, expect, it } from 'vitest'
import { createIssueRegistry } from '../../src/push/issue-registry.js'
import { node as xdsNode } from '../mesh-objects.js'

function nodeOf(name: string): ProxyNode {
  const result = parseNode(xdsNode(name))
  if (!result.ok) throw new Error(result.reason)
  return result.node
}

const issue = (name: string): TranslationIssue => ({
  code: 'unknown-subset',
  severity: 'error',
  resource: { kind: 'VirtualService', namespace: 'default', name },
  path: 'spec.http[0]',
  message: 'there is no such subset',
})

function harness() {
  const logger = createMemoryLogger()
  const registry = createIssueRegistry(logger)
  return { registry, logged: () => logger.records.map(({ level, fields }) => `${level} ${String(fields?.['name'])}`) }
}

describe('a problem with a resource', () => {
  it('is logged once, however many proxies have it and however often they are pushed to', () => {
    const { registry, logged } = harness()
    const [a, b] = [nodeOf('a'), nodeOf('b')]
    for (let push = 0; push < 3; push++) {
      registry.set(a, [issue('x')])
      registry.set(b, [issue('x')])
      registry.settle()
    }
    expect(logged()).toEqual(['warn x'])
    expect(registry.list()).toEqual([
      {
        kind: 'VirtualService',
        namespace: 'default',
        name: 'x',
        code: 'unknown-subset',
        severity: 'error',
        path: 'spec.http[0]',
        message: 'there is no such subset',
        proxies: ['a.default', 'b.default'],
      },
    ])
  })

  it('is forgotten when a push is over and nobody has it, so that it is news when it comes back', () => {
    const { registry, logged } = harness()
    const a = nodeOf('a')
    registry.set(a, [issue('x')])
    registry.set(a, [])
    registry.settle()
    expect(registry.list()).toEqual([])
    registry.set(a, [issue('x')])
    expect(logged()).toEqual(['warn x', 'warn x'])
  })

  it('is no news when it goes over to another proxy, or when the proxy comes back', () => {
    const { registry, logged } = harness()
    registry.set(nodeOf('a'), [issue('x')])
    const b = nodeOf('b')
    registry.set(b, [issue('x')])
    registry.forget(b)
    registry.setModel([issue('x')])
    registry.settle()
    expect(logged()).toEqual(['warn x'])
  })

  it('of the model names no proxy and goes with it', () => {
    const { registry } = harness()
    registry.setModel([issue('x'), issue('w')])
    expect(registry.list().map(({ name, proxies }) => [name, proxies])).toEqual([
      ['w', []],
      ['x', []],
    ])
    registry.setModel([])
    expect(registry.list()).toEqual([])
  })

  it('waits when there are a thousand others', () => {
    const { registry } = harness()
    registry.setModel(Array.from({ length: 1001 }, (_, index) => issue(`x${index}`)))
    expect(registry.list()).toHaveLength(1000)
  })
})
