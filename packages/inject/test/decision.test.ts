import { describe, expect, it } from 'vitest'
import { decide } from '../src/decision.js'
import type { Pod } from '../src/pod-spec.js'
import { resolveSettings, type InjectSettings } from '../src/settings.js'

const word = 'sidecar.istio.io/inject'

function outcome(metadata: Pod['metadata'], settings: InjectSettings = {}, spec: object = {}, namespace = 'default'): string {
  const decision = decide({ metadata, spec: { containers: [], ...spec } }, namespace, resolveSettings(settings))
  return decision.kind === 'inject' ? 'inject' : decision.reason
}

describe('the order of reasons', () => {
  it('puts the host network first', () => {
    expect(outcome({ labels: { [word]: 'true' } }, {}, { hostNetwork: true })).toBe('host-network')
  })

  it('never injects system namespaces', () => {
    expect(outcome({ labels: { [word]: 'true' } }, {}, {}, 'kube-system')).toBe('ignored-namespace')
  })

  it('believes the label before the annotation, and both before selectors and policy', () => {
    expect(outcome({ labels: { [word]: 'true' }, annotations: { [word]: 'false' } }, { policy: 'disabled' })).toBe('inject')
    expect(outcome({ labels: { [word]: 'false' }, annotations: { [word]: 'true' } })).toBe('opted-out')
    expect(outcome({ annotations: { [word]: 'false' } }, { alwaysInject: [{ a: 'b' }] })).toBe('opted-out')
  })

  it('reads yes, on and true, and takes anything else for no', () => {
    for (const yes of ['true', 'True', 'y', 'yes', 'on'])
      expect(outcome({ annotations: { [word]: yes } }, { policy: 'disabled' })).toBe('inject')
    for (const no of ['false', 'no', 'disabled', 'tru']) expect(outcome({ annotations: { [word]: no } })).toBe('opted-out')
  })

  it('asks the never selectors, then the always selectors, then the policy', () => {
    const both = { neverInject: [{ a: 'b' }], alwaysInject: [{ c: 'd' }] }
    expect(outcome({ labels: { a: 'b', c: 'd' } }, both)).toBe('never-inject-selector')
    expect(outcome({ labels: { c: 'd' } }, { ...both, policy: 'disabled' })).toBe('inject')
    expect(outcome({}, { ...both, policy: 'disabled' })).toBe('policy-disabled')
    expect(outcome({}, both)).toBe('inject')
  })

  it('takes an empty selector for none', () => {
    expect(outcome({}, { neverInject: [{}] })).toBe('inject')
  })
})
