import { status } from '@grpc/grpc-js'
import { createMeshSnapshot, type Pod } from '@heddle/translation'
import { expect, it } from 'vitest'
import { identifyProxy } from '../../src/server/node-identity.js'
import { node } from '../mesh-objects.js'

const caller = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'thief' } as const
const pod = (serviceAccountName?: string): Pod => ({
  metadata: { name: 'web-1', namespace: 'default' },
  spec: { containers: [], ...(serviceAccountName === undefined ? {} : { serviceAccountName }) },
})
const identify = (...pods: readonly Pod[]) =>
  identifyProxy(node('web-1', '10.0.0.1', 'thief'), caller as never, createMeshSnapshot({ pods }))

it('a caller may not speak for a Pod that runs as another account', () => {
  expect(identify(pod('web'))).toMatchObject({
    ok: false,
    code: status.PERMISSION_DENIED,
    reason: expect.stringContaining('runs as web') as string,
  })
  expect(identify(pod())).toMatchObject({ ok: false, reason: expect.stringContaining('runs as default') as string })
})

it('a caller may speak for its own Pod, and for one that was not seen yet', () => {
  expect(identify(pod('thief'))).toMatchObject({ ok: true })
  expect(identify()).toMatchObject({ ok: true })
})
