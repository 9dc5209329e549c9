import type { KubernetesObject } from '@heddle/client'
import { describe, expect, it } from 'vitest'
import { planSlices } from '../../src/controllers/slice-plan.js'

const service = (ports: readonly object[], spec: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', uid: 's' },
  spec: { ports, selector: { app: 'web' }, ...spec },
})

const pod = (
  name: string,
  host: number,
  options: { isReady?: boolean; portMap?: string; isTerminating?: boolean } = {},
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    annotations: options.portMap === undefined ? {} : { 'heddle.dev/port-map': options.portMap },
    ...(options.isTerminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: { nodeName: 'n', containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }] },
  status: {
    phase: 'Running',
    podIP: `127.9.0.${host}`,
    conditions: [{ type: 'Ready', status: options.isReady === false ? 'False' : 'True' }],
  },
})

const summary = (slices: readonly KubernetesObject[]): unknown =>
  slices.map((slice) => ({
    ports: (slice['ports'] as readonly { port: number }[]).map((port) => port.port),
    addresses: (slice['endpoints'] as readonly { addresses: readonly string[] }[]).flatMap((endpoint) => endpoint.addresses),
  }))

describe('slice plan', () => {
  it('resolves named target ports and publishes the port that was really bound', () => {
    const slices = planSlices(service([{ name: 'http', port: 80, targetPort: 'http' }]), [
      pod('a', 1),
      pod('b', 2, { portMap: '{"8080":20001}' }),
      pod('c', 3),
    ])
    expect(summary(slices)).toEqual([
      { ports: [8080], addresses: ['127.9.0.1', '127.9.0.3'] },
      { ports: [20001], addresses: ['127.9.0.2'] },
    ])
    expect(new Set(slices.map((slice) => slice.metadata.name)).size).toBe(2)
  })

  it('tells ready, not ready and terminating Pods apart', () => {
    const [slice] = planSlices(service([{ port: 80, targetPort: 8080 }]), [
      pod('a', 1),
      pod('b', 2, { isReady: false }),
      pod('c', 3, { isTerminating: true }),
    ])
    expect((slice!['endpoints'] as readonly { conditions: object }[]).map(({ conditions }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ])
  })

  it('keeps one empty slice for a Service without Pods, and splits after a hundred endpoints', () => {
    expect(summary(planSlices(service([{ port: 80 }]), []))).toEqual([{ ports: [], addresses: [] }])
    const many = Array.from({ length: 150 }, (_, index) => pod(`p${index}`, index + 1))
    expect(planSlices(service([{ port: 80, targetPort: 8080 }]), many).map((slice) => (slice['endpoints'] as unknown[]).length)).toEqual([
      100, 50,
    ])
  })
})
