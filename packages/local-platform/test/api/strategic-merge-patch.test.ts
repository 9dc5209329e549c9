import { describe, expect, it } from 'vitest'
import { applyStrategicMergePatch } from '../../src/api/strategic-merge-patch.js'

const patchPod = (target: object, patch: object): unknown => applyStrategicMergePatch(target, patch, 'v1', 'Pod')
const inSpec = (spec: object): { spec: object } => ({ spec })

describe('strategic merge patch', () => {
  it('merges lists by the field that names their entries, and replaces lists that have none', () => {
    const target = inSpec({
      containers: [
        { name: 'a', image: 'a:1', args: ['x', 'y'], env: [{ name: 'K', value: '1' }] },
        { name: 'b', volumeMounts: [{ mountPath: '/v', name: 'v' }] },
      ],
      tolerations: [{ key: 'one' }],
    })
    const patch = inSpec({
      containers: [
        { name: 'b', volumeMounts: [{ mountPath: '/v', readOnly: true }] },
        { name: 'a', image: null, args: ['z'], env: [{ name: 'L', value: '2' }] },
      ],
      tolerations: [{ key: 'two' }],
    })
    expect(patchPod(target, patch)).toEqual(
      inSpec({
        containers: [
          { name: 'b', volumeMounts: [{ mountPath: '/v', name: 'v', readOnly: true }] },
          {
            name: 'a',
            args: ['z'],
            env: [
              { name: 'K', value: '1' },
              { name: 'L', value: '2' },
            ],
          },
        ],
        tolerations: [{ key: 'two' }],
      }),
    )
  })

  it('deletes an entry, replaces a list, and replaces or empties an object by $patch', () => {
    const target = inSpec({ containers: [{ name: 'a' }, { name: 'b' }], securityContext: { runAsUser: 1 }, nodeSelector: { zone: 'x' } })
    expect(patchPod(target, inSpec({ containers: [{ name: 'a', $patch: 'delete' }], nodeSelector: { $patch: 'delete' } }))).toEqual(
      inSpec({ containers: [{ name: 'b' }], securityContext: { runAsUser: 1 }, nodeSelector: {} }),
    )
    const replacing = inSpec({ containers: [{ name: 'c' }, { $patch: 'replace' }], securityContext: { $patch: 'replace', fsGroup: 2 } })
    expect(patchPod(target, replacing)).toEqual(
      inSpec({ containers: [{ name: 'c' }], securityContext: { fsGroup: 2 }, nodeSelector: { zone: 'x' } }),
    )
    expect(patchPod(target, inSpec({ containers: [{ name: 'a', $patch: 'merge', image: 'i' }] }))).toMatchObject(
      inSpec({ containers: [{ name: 'a', image: 'i' }, { name: 'b' }] }),
    )
  })

  it('keeps only what $retainKeys names, such as one kind of volume', () => {
    const target = inSpec({ volumes: [{ name: 'v', emptyDir: {} }] })
    const patch = inSpec({ volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] })
    expect(patchPod(target, patch)).toEqual(inSpec({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }))
  })

  it('puts entries in the order of $setElementOrder, those that it does not name where they stood', () => {
    const names = (result: unknown): readonly string[] =>
      (result as { spec: { containers: readonly { name: string }[] } }).spec.containers.map(({ name }) => name)
    const target = inSpec({ containers: [{ name: 'a' }, { name: 'mine' }, { name: 'b' }] })
    const order = [{ name: 'b' }, { name: 'new' }, { name: 'a' }]
    expect(names(patchPod(target, inSpec({ '$setElementOrder/containers': order, containers: [{ name: 'new' }] })))).toEqual([
      'mine',
      'b',
      'new',
      'a',
    ])
    expect(names(patchPod(target, inSpec({ '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] })))).toEqual(['mine', 'b', 'a'])
  })

  it('adds finalizers to those of others and removes named ones', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } }
    expect(patchPod(target, { metadata: { finalizers: ['b', 'c'] } })).toEqual({ metadata: { finalizers: ['a', 'b', 'c'] } })
    expect(patchPod(target, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } })).toEqual({ metadata: { finalizers: ['b'] } })
  })

  it('stores no null and no directive where nothing was', () => {
    const patch = inSpec({
      nodeSelector: { a: null, b: '1' },
      containers: [{ name: 'a', $setElementOrder: undefined, env: [{ name: 'K', value: null }], '$setElementOrder/env': [{ name: 'K' }] }],
      '$setElementOrder/containers': [{ name: 'a' }],
    })
    expect(JSON.stringify(patchPod({}, patch))).toBe('{"spec":{"nodeSelector":{"b":"1"},"containers":[{"name":"a","env":[{"name":"K"}]}]}}')
  })

  it('refuses an entry without the field that names it, and a directive that is none', () => {
    expect(() => patchPod({}, inSpec({ containers: [{ image: 'i' }] }))).toThrow('spec.containers')
    expect(() => patchPod({}, inSpec({ $patch: 'mend' }))).toThrow('"mend"')
  })
})
