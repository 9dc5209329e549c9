/**
 * The demo profile as resources: the article's components under their names, today's `istiod` beside them, mutual TLS
 * for the whole mesh, and the ingress gateway. The same objects serve the local platform and a cluster.
 */
import type { KubernetesObject } from '@heddle/client/resources'
import { customResourceDefinitions } from '@heddle/config-schema'
import { accessRules } from './access-rules.js'
import { ingressGateway } from './ingress-gateway.js'
import { mergeSettings, meshConfigText } from './mesh-settings.js'
import { inIstioSystem, istioNamespace, type ProfileOptions } from './profile.js'

/** In the order they are applied. */
export function demoProfile(options: ProfileOptions): readonly KubernetesObject[] {
  return [
    ...(customResourceDefinitions() as unknown as readonly KubernetesObject[]),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: istioNamespace, labels: { 'kubernetes.io/metadata.name': istioNamespace } } },
    serviceAccount('istiod'),
    serviceAccount('istio-ingressgateway-service-account'),
    ...accessRules,
    meshConfig(options),
    strictMutualTls,
    ...controlPlaneServices,
    istiod(options),
    ...ingressGateway(options),
  ]
}

function serviceAccount(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inIstioSystem(name) }
}

const strictMutualTls: KubernetesObject = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: inIstioSystem('default'),
  spec: { mtls: { mode: 'STRICT' } },
}

/** The mesh-wide settings that istiod reads; the key is Istio's. */
function meshConfig({ trustDomain, meshConfig: chosen = {} }: ProfileOptions): KubernetesObject {
  const mesh = {
    accessLogFile: '/dev/stdout',
    defaultConfig: { discoveryAddress: 'istiod.istio-system.svc:15012' },
    enableTracing: true,
    rootNamespace: istioNamespace,
    trustDomain,
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: inIstioSystem('istio', { 'istio.io/rev': 'default' }),
    data: { mesh: meshConfigText(mergeSettings(mesh, chosen)) },
  }
}

const istiodSelector = { app: 'istiod', istio: 'pilot' }

interface ServicePort {
  readonly name: string
  readonly port: number
  readonly targetPort?: number
}

function controlPlaneService(name: string, ports: readonly ServicePort[]): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: inIstioSystem(name, { app: name, 'istio.io/rev': 'default' }),
    spec: {
      type: 'ClusterIP',
      selector: istiodSelector,
      ports: ports.map(({ targetPort, ...port }) => ({ ...port, targetPort: targetPort ?? port.port, protocol: 'TCP' })),
    },
  }
}

/** One process answers for all of them: Pilot's discovery, Citadel's certificates, Mixer's telemetry. */
const controlPlaneServices: readonly KubernetesObject[] = [
  controlPlaneService('istiod', [
    { name: 'grpc-xds', port: 15010 },
    { name: 'https-dns', port: 15012 },
    { name: 'https-bundle', port: 8443 },
    { name: 'https-webhook', port: 443, targetPort: 15017 },
    { name: 'http-monitoring', port: 15014 },
  ]),
  controlPlaneService('istio-pilot', [
    { name: 'grpc-xds', port: 15010 },
    { name: 'https-xds', port: 15012 },
    { name: 'http-monitoring', port: 15014 },
  ]),
  controlPlaneService('istio-citadel', [
    { name: 'grpc-citadel', port: 8060, targetPort: 15012 },
    { name: 'http-monitoring', port: 15014 },
  ]),
  controlPlaneService('istio-telemetry', [
    { name: 'http-monitoring', port: 15014 },
    { name: 'prometheus', port: 42422 },
  ]),
]

function istiod({ version, trustDomain }: ProfileOptions): KubernetesObject {
  const labels = { ...istiodSelector, 'istio.io/rev': 'default', 'sidecar.istio.io/inject': 'false' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: inIstioSystem('istiod', labels),
    spec: {
      replicas: 1,
      selector: { matchLabels: istiodSelector },
      template: {
        metadata: {
          labels,
          annotations: { 'prometheus.io/port': '15014', 'prometheus.io/scrape': 'true' },
        },
        spec: {
          serviceAccountName: 'istiod',
          containers: [
            {
              name: 'discovery',
              image: `docker.io/heddle/pilot:${version}`,
              args: ['discovery', '--monitoringAddr=:15014', '--domain=cluster.local'],
              ports: [8443, 15010, 15012, 15014, 15017, 42422].map((containerPort) => ({ containerPort, protocol: 'TCP' })),
              env: [
                { name: 'REVISION', value: 'default' },
                { name: 'TRUST_DOMAIN', value: trustDomain },
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
                { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
                { name: 'SERVICE_ACCOUNT', valueFrom: { fieldRef: { fieldPath: 'spec.serviceAccountName' } } },
              ],
              startupProbe: { httpGet: { path: '/ready', port: 15014 }, periodSeconds: 1, failureThreshold: 60 },
              readinessProbe: { httpGet: { path: '/ready', port: 15014 }, periodSeconds: 3, timeoutSeconds: 5 },
              resources: { requests: { cpu: '10m', memory: '100Mi' } },
              volumeMounts: [{ name: 'cacerts', mountPath: '/etc/cacerts', readOnly: true }],
            },
          ],
          // A root of somebody else's, where there is one.
          volumes: [{ name: 'cacerts', secret: { secretName: 'cacerts', optional: true } }],
        },
      },
    },
  }
}
