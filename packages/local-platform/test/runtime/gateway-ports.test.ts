import type { KubernetesObject } from '@heddle/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { podType } from '../../src/runtime/pod-type.js'
import { createRuntimeHarness, type RuntimeHarness } from './runtime-harness.js'

const servicesType = { group: '', version: 'v1', plural: 'services' }

describe('LoadBalancer Services', () => {
  let harness: RuntimeHarness
  beforeEach(async () => {
    harness = await createRuntimeHarness()
  })
  afterEach(() => harness.close())

  const balancer = (name: string, port: number, selector: object = { istio: 'gateway' }): Promise<KubernetesObject> =>
    harness.api.client.create(servicesType, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { type: 'LoadBalancer', selector, ports: [{ port: 80, targetPort: port }] },
    })
  const gateway = (): Promise<KubernetesObject> => {
    const image = harness.program('gateway', 'setInterval(() => {}, 1000)')
    const ports = [{ containerPort: 28_480 }]
    return harness.createPod(
      'gateway',
      { containers: [{ name: 'istio-proxy', image, args: ['proxy', 'router'], ports }] },
      { labels: { istio: 'gateway' } },
    )
  }
  const addressOf = (service: KubernetesObject): unknown =>
    (service['status'] as { loadBalancer?: { ingress?: unknown } } | undefined)?.loadBalancer?.ingress
  const isServed = (service: KubernetesObject): boolean => addressOf(service) !== undefined

  it('has the address of the gateway that serves it, whichever came first', async () => {
    await balancer('before', 28_480)
    await gateway()
    const before = await harness.api.until('services', (one) => one.metadata.name === 'before' && isServed(one))
    expect(addressOf(before)).toEqual([{ ip: '127.0.0.1' }])
    const bound = before.metadata.annotations?.['heddle.dev/bound-ports']
    expect(Object.keys(JSON.parse(bound ?? '{}') as object)).toEqual(['80'])
    await balancer('after', 28_480)
    const after = await harness.api.until('services', (one) => one.metadata.name === 'after' && isServed(one))
    expect(after.metadata.annotations?.['heddle.dev/bound-ports']).toBe(bound)
  })

  it('has none while no gateway serves it, and loses it with the gateway', async () => {
    await gateway()
    await balancer('port', 28_499)
    await balancer('app', 28_480, { app: 'shop' })
    await balancer('served', 28_480)
    await harness.api.until('services', (one) => one.metadata.name === 'served' && isServed(one))
    expect(['port', 'app'].map((name) => addressOf(harness.api.find('services', name) as KubernetesObject))).toEqual([undefined, undefined])
    await harness.api.client.delete(podType, 'gateway', 'default', { gracePeriodSeconds: 0 })
    await harness.api.until('services', (one) => one.metadata.name === 'served' && !isServed(one))
    expect(harness.api.find('services', 'served')?.metadata.annotations).toEqual({})
  })
})
