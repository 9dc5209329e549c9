import { describe, expect, it } from 'vitest'
import { injectObject } from '../src/index.js'
import { annotatedPod, containerOf, envOf, injectPodObject, podWith } from './objects.js'

const ports = [{ name: 'http', containerPort: 8080 }]

function probed(app: object): object {
  return { containers: [{ name: 'app', ports, ...app }] }
}

describe('probes of the app', () => {
  it('ask the proxy instead, with HTTP, TCP and gRPC originals recorded', () => {
    const pod = injectPodObject(
      podWith(
        probed({
          readinessProbe: {
            httpGet: { path: '/r', port: 'http', scheme: 'HTTPS', httpHeaders: [{ name: 'X', value: 'y' }] },
            timeoutSeconds: 2,
            periodSeconds: 9,
          },
          livenessProbe: { tcpSocket: { port: 5432 } },
          startupProbe: { grpc: { port: 9000, service: 'health' } },
        }),
      ),
    )
    expect(containerOf(pod, 'app')).toMatchObject({
      readinessProbe: { httpGet: { path: '/app-health/app/readyz', port: 15_020, scheme: 'HTTP' }, timeoutSeconds: 2, periodSeconds: 9 },
      livenessProbe: { httpGet: { path: '/app-health/app/livez', port: 15_020 } },
      startupProbe: { httpGet: { path: '/app-health/app/startupz', port: 15_020 } },
    })
    expect(containerOf(pod, 'app').livenessProbe).not.toHaveProperty('tcpSocket')
    expect(JSON.parse(envOf(pod, 'ISTIO_KUBE_APP_PROBERS') ?? '')).toEqual({
      '/app-health/app/livez': { tcpSocket: { port: 5432 } },
      '/app-health/app/readyz': {
        httpGet: { path: '/r', port: 8080, scheme: 'HTTPS', httpHeaders: [{ name: 'X', value: 'y' }] },
        timeoutSeconds: 2,
      },
      '/app-health/app/startupz': { grpc: { port: 9000, service: 'health' } },
    })
  })

  it('rewrites lifecycle hooks, and leaves commands alone', () => {
    const exec = { exec: { command: ['true'] } }
    const pod = injectPodObject(
      podWith(probed({ readinessProbe: exec, lifecycle: { preStop: { httpGet: { port: 81, path: '/bye' } }, postStart: exec } })),
    )
    expect(containerOf(pod, 'app')).toMatchObject({
      readinessProbe: exec,
      lifecycle: { preStop: { httpGet: { path: '/app-lifecycle/app/prestopz', port: 15_020 } }, postStart: exec },
    })
    expect(JSON.parse(envOf(pod, 'ISTIO_KUBE_APP_PROBERS') ?? '')).toEqual({
      '/app-lifecycle/app/prestopz': { httpGet: { path: '/bye', port: 81 } },
    })
  })

  it('uses the status port of the Pod', () => {
    const object = annotatedPod({ 'status.sidecar.istio.io/port': '15999' }, probed({ readinessProbe: { httpGet: { port: 1 } } }))
    expect(containerOf(injectPodObject(object), 'app').readinessProbe).toEqual({
      httpGet: { path: '/app-health/app/readyz', port: 15_999 },
    })
  })

  it.each([
    ['the annotation', { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' }, {}],
    ['the setting', {}, { rewriteAppProbes: false }],
    ['a status port of 0', { 'status.sidecar.istio.io/port': '0' }, {}],
  ])('stay as they are by %s', (_, annotations, settings) => {
    const readinessProbe = { httpGet: { port: 'http' } }
    const pod = injectPodObject(annotatedPod(annotations, probed({ readinessProbe })), settings)
    expect(containerOf(pod, 'app').readinessProbe).toEqual(readinessProbe)
    expect(envOf(pod, 'ISTIO_KUBE_APP_PROBERS')).toBeUndefined()
  })

  it('stay as they are when they ask the status port already or name a port that is not there', () => {
    const own = { httpGet: { path: '/x', port: 15_020 } }
    const lost = { httpGet: { path: '/x', port: 'metrics' } }
    const result = injectObject(podWith(probed({ readinessProbe: own, livenessProbe: lost })))
    const pod = injectPodObject(podWith(probed({ readinessProbe: own, livenessProbe: lost })))
    expect(containerOf(pod, 'app')).toMatchObject({ readinessProbe: own, livenessProbe: lost })
    expect(result.warnings).toMatchObject([{ code: 'probe-port-unknown' }])
  })

  it('belong to restartable init containers too', () => {
    const sidecar = { name: 'helper', restartPolicy: 'Always', readinessProbe: { httpGet: { port: 1 } } }
    const pod = injectPodObject(podWith({ initContainers: [sidecar] }))
    expect(containerOf(pod, 'helper').readinessProbe?.httpGet?.path).toBe('/app-health/helper/readyz')
  })
})
