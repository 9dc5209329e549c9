import { describe, expect, it } from 'vitest'
import { parseNode } from '../../src/index.js'

const id = 'sidecar~10.1.0.10~hello-1.default~default.svc.cluster.local'

describe('parseNode', () => {
  it('reads type, address, name, namespace and domain from the id', () => {
    const result = parseNode({ id, cluster: 'hello.default' })
    expect(result).toMatchObject({
      ok: true,
      node: {
        type: 'sidecar',
        addresses: ['10.1.0.10'],
        name: 'hello-1',
        namespace: 'default',
        dnsDomain: 'default.svc.cluster.local',
        cluster: 'hello.default',
        serviceAccount: 'default',
        interceptionMode: 'REDIRECT',
        unprivileged: false,
      },
    })
  })

  it('prefers INSTANCE_IPS to the address of the id and keeps unknown metadata', () => {
    const result = parseNode({ id, metadata: { INSTANCE_IPS: '10.9.0.1,fd00::1', X_OWN: 1, LABELS: { app: 'hello', bad: 3 } } })
    expect(result).toMatchObject({
      ok: true,
      node: { addresses: ['10.9.0.1', 'fd00::1'], labels: { app: 'hello' }, metadata: { X_OWN: 1 } },
    })
    expect(result.ok && 'bad' in result.node.labels).toBe(false)
  })

  it.each([
    ['sidecar~10.1.0.10~hello.default', 'four parts'],
    ['ztunnel~10.1.0.10~hello.default~d', 'not served'],
    ['sidecar~nowhere~hello.default~d', 'no valid address'],
    ['sidecar~10.1.0.300~hello.default~d', 'no valid address'],
    ['sidecar~10.1.0.10~hello~d', 'no namespace'],
  ])('refuses %s: %s', (bad, reason) => {
    expect(parseNode({ id: bad })).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string })
  })
})
