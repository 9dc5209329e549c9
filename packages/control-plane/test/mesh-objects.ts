/** Small objects for tests: a Service with its slice and Pods, a namespace, a node as a proxy names itself. */
import type { XdsNode } from '@heddle/xds'
import type { ApplyObject } from '../src/testing.js'

export const namespace = (name: string): ApplyObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

export const service = (name: string, clusterIP = '10.96.0.10', port = 80): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { clusterIP, selector: { app: name }, ports: [{ name: 'http', port, targetPort: 8080 }] },
})

export const slice = (name: string, ...addresses: readonly string[]): ApplyObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
})

export const serviceAccount = (name: string): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'default' },
})

export const pod = (name: string, serviceAccountName: string, uid = `uid-of-${name}`): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid },
  spec: { serviceAccountName, containers: [] },
})

export const meshConfigMap = (mesh: string): ApplyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio', namespace: 'istio-system' },
  data: { mesh },
})

export const node = (name = 'web-1', ip = '10.0.0.1', serviceAccount = 'default'): XdsNode => ({
  id: `sidecar~${ip}~${name}.default~default.svc.cluster.local`,
  cluster: 'web.default',
  metadata: { NAMESPACE: 'default', SERVICE_ACCOUNT: serviceAccount, LABELS: { app: 'web' } },
})
