/** The service `web` on port 80 with one Pod behind it, as the API has them. */
import type { ApplyObject } from '@heddle/control-plane/testing'
import type { FakePod } from './fake-pod.js'

export const objectsOf = (pod: FakePod): readonly ApplyObject[] => [
  pod.object,
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { clusterIP: '127.200.0.80', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: pod.port, protocol: 'TCP' }],
    endpoints: [
      {
        addresses: [pod.podIp],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: pod.object.metadata.name, namespace: 'default' },
      },
    ],
  },
]
