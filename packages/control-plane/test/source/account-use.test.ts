import { expect, it } from 'vitest'
import { createAccountUse } from '../../src/source/account-use.js'

it('an account is in use while a Pod of it runs or an entry names it, whatever comes, changes and goes', () => {
  const use = createAccountUse()
  const pod = (name: string, serviceAccountName?: string, phase = 'Running') => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'a' },
    spec: { ...(serviceAccountName !== undefined && { serviceAccountName }) },
    status: { phase },
  })
  const inUse = () => ['web', 'default', 'other'].filter((account) => use.hasPod('a', account))
  use.take('pods', { type: 'applied', object: pod('one', 'web') })
  use.take('pods', { type: 'applied', object: pod('one', 'web') })
  use.take('pods', { type: 'applied', object: pod('two', 'web') })
  use.take('pods', { type: 'applied', object: pod('three') })
  use.take('pods', { type: 'synced' })
  expect(inUse()).toEqual(['web', 'default'])
  expect(use.hasPod('b', 'web')).toBe(false)
  expect(use.hasEntry('a', 'web')).toBe(false)
  use.take('pods', { type: 'applied', object: pod('one', 'web', 'Succeeded') })
  expect(inUse()).toEqual(['web', 'default'])
  use.take('pods', { type: 'applied', object: pod('two', 'other') })
  expect(inUse()).toEqual(['default', 'other'])
  use.take('pods', { type: 'deleted', object: pod('two', 'other') })
  use.take('pods', { type: 'deleted', object: pod('three') })
  use.take('pods', { type: 'deleted', object: pod('never') })
  expect(inUse()).toEqual([])
  const entry = { apiVersion: 'v1', kind: 'WorkloadEntry', metadata: { name: 'vm', namespace: 'a' }, spec: { serviceAccount: 'web' } }
  use.take('workloadEntries', { type: 'applied', object: entry })
  expect([use.hasEntry('a', 'web'), use.hasPod('a', 'web')]).toEqual([true, false])
})
