import { describe, expect, it } from 'vitest'
import { defaultObject } from '../../src/defaults/default-object.js'
import { listMergeKeys } from '../../src/kubernetes/merge-keys.js'
import type { KubernetesObject } from '../../src/resource.js'

const metadata = { name: 'a' }
const pod = (image: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image }] } })

describe('defaultObject', () => {
  it('fills a Service as the API server does', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } }
    expect(defaultObject(service).spec).toEqual({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    })
  })

  it('fills a Deployment down to its containers and leaves the given object alone', () => {
    const template = {
      metadata: { labels: { a: 'b' }, creationTimestamp: null },
      spec: { containers: [{ name: 'c', image: 'i:1' }], volumes: [{ name: 'v' }] },
    }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    } as KubernetesObject
    const copy = structuredClone(deployment)
    expect(defaultObject(deployment)).toMatchObject({
      spec: {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { restartPolicy: 'Always', volumes: [{ emptyDir: {} }], containers: [{ imagePullPolicy: 'IfNotPresent', resources: {} }] },
        },
      },
    })
    expect(deployment).toEqual(copy)
  })

  it.each([
    ['a', 'Always'],
    ['a:latest', 'Always'],
    ['reg:5000/a', 'Always'],
    ['reg:5000/a:1', 'IfNotPresent'],
    ['a@sha256:00', 'IfNotPresent'],
  ])('pulls the image %s %s', (image, policy) => {
    expect(defaultObject(pod(image)).spec).toMatchObject({ containers: [{ imagePullPolicy: policy }] })
  })

  it('is idempotent', () => {
    const once = defaultObject(pod('a:1'))
    expect(defaultObject(once)).toEqual(once)
  })

  it('turns stringData into data', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: { b: 'Yg==' }, stringData: { a: 'ü' } }
    expect(defaultObject(secret)).toEqual({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: { a: 'w7w=', b: 'Yg==' } })
  })

  it('leaves the kinds of Istio as they are', () => {
    const gateway = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata, spec: {} }
    expect(defaultObject(gateway)).toBe(gateway)
  })
})

describe('listMergeKeys', () => {
  it('names what makes entries of a list the same', () => {
    expect(listMergeKeys('v1', 'Service', ['spec', 'ports'])).toEqual({ mergeKey: 'port', mapKeys: ['port', 'protocol'] })
    expect(listMergeKeys('apps/v1', 'Deployment', ['spec', 'template', 'spec', 'containers', 0, 'env'])).toEqual({
      mergeKey: 'name',
      mapKeys: ['name'],
    })
    expect(listMergeKeys('v1', 'Pod', ['spec', 'containers', 0, 'args'])).toEqual({})
    expect(listMergeKeys('v1', 'Pod', ['spec'])).toBeUndefined()
  })
})
