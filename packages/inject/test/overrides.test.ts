import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../src/index.js'
import { containerOf, envOf, injectPodObject, namesOf, podWith } from './objects.js'

const app = { name: 'app' }

describe('an istio-proxy of the user', () => {
  const own = {
    name: 'istio-proxy',
    image: 'auto',
    env: [
      { name: 'CA_ADDR', value: 'ca.example:1' },
      { name: 'MINE', value: 'x' },
    ],
    resources: { limits: { cpu: '4' } },
    readinessProbe: { exec: { command: ['ready'] } },
    args: ['proxy', 'sidecar'],
  }

  it('is merged over the template and recorded', () => {
    const pod = injectPodObject(podWith({ containers: [app, own] }))
    const proxy = containerOf(pod, 'istio-proxy')
    expect(namesOf(pod.spec.containers)).toEqual(['app'])
    expect(proxy).toMatchObject({
      image: 'docker.io/heddle/proxyv2:0.1.0',
      args: ['proxy', 'sidecar'],
      resources: { limits: { cpu: '4', memory: '1Gi' } },
      restartPolicy: 'Always',
    })
    expect(proxy.readinessProbe).toMatchObject({ exec: { command: ['ready'] }, periodSeconds: 15 })
    expect(proxy.readinessProbe).not.toHaveProperty('httpGet')
    expect(envOf(pod, 'CA_ADDR')).toBe('ca.example:1')
    expect(envOf(pod, 'MINE')).toBe('x')
    expect(envOf(pod, 'TRUST_DOMAIN')).toBe('cluster.local')
    const { image: _, ...recorded } = own
    expect(JSON.parse(pod.metadata.annotations?.['proxy.istio.io/overrides'] ?? '')).toEqual({ initContainers: [recorded] })
  })

  it('survives a second injection, also to the other kind of sidecar', () => {
    const object = podWith({ containers: [app, own] })
    const native = injectPodObject(object) as unknown as JsonObject
    const classic = injectPodObject(object, { nativeSidecars: false }) as unknown as JsonObject
    expect(injectPodObject(native)).toEqual(native)
    expect(injectPodObject(native, { nativeSidecars: false })).toEqual(classic)
    expect(injectPodObject(classic)).toEqual(native)
  })

  it('brings its user id to the redirection, which must let it pass', () => {
    const pod = injectPodObject(
      podWith({ containers: [app, { name: 'istio-proxy', image: 'auto', securityContext: { runAsUser: 4000, runAsGroup: 4000 } }] }),
    )
    const args = containerOf(pod, 'istio-init').args ?? []
    expect(args[args.indexOf('-u') + 1]).toBe('4000')
    expect(containerOf(pod, 'istio-proxy').securityContext).toMatchObject({ runAsUser: 4000, runAsNonRoot: true })
  })

  it('becomes a gateway with the template gateway', () => {
    const metadata = { annotations: { 'inject.istio.io/templates': 'gateway' }, labels: { istio: 'ingressgateway' } }
    const pod = injectPodObject(
      podWith({ containers: [{ name: 'istio-proxy', image: 'auto', ports: [{ containerPort: 8080 }] }] }, metadata),
    )
    const proxy = containerOf(pod, 'istio-proxy')
    expect(proxy.args?.slice(0, 2)).toEqual(['proxy', 'router'])
    expect(proxy.ports).toEqual([{ name: 'http-envoy-prom', containerPort: 15_090, protocol: 'TCP' }, { containerPort: 8080 }])
    expect(pod.spec.initContainers).toBeUndefined()
    expect(pod.metadata.labels).not.toHaveProperty(['security.istio.io/tlsMode'])
  })
})
