/** `istio-ingressgateway`: a proxy in the role of router, exposed by a LoadBalancer, as Istio's demo profile has it. */
import type { KubernetesObject } from '@heddle/client/resources'
import { chosenPortsAnnotation, type GatewayPorts, inIstioSystem, istioGatewayPorts, type ProfileOptions } from './profile.js'

const selector = { app: 'istio-ingressgateway', istio: 'ingressgateway' }

export function ingressGateway(options: ProfileOptions): readonly KubernetesObject[] {
  return [service(options.gatewayPorts), deployment(options)]
}

/** The target ports of a gateway that is there, when the system chose them: installing again leaves it where it is. */
export function chosenGatewayPorts(service: KubernetesObject | undefined): GatewayPorts | undefined {
  if (service?.metadata.annotations?.[chosenPortsAnnotation] === undefined) return undefined
  const { ports = [] } = service['spec'] as { readonly ports?: readonly { readonly name?: string; readonly targetPort?: unknown }[] }
  const target = (name: string, usual: number): number => {
    const port = ports.find((one) => one.name === name)?.targetPort
    return typeof port === 'number' ? port : usual
  }
  const { http, https, tcp, tls } = istioGatewayPorts
  return { http: target('http2', http), https: target('https', https), tcp: target('tcp', tcp), tls: target('tls', tls) }
}

const service = (ports?: GatewayPorts): KubernetesObject => {
  const { http, https, tcp, tls } = ports ?? istioGatewayPorts
  const metadata = inIstioSystem('istio-ingressgateway', selector)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ports === undefined ? metadata : { ...metadata, annotations: { [chosenPortsAnnotation]: 'true' } },
    spec: {
      type: 'LoadBalancer',
      selector,
      ports: [
        { name: 'status-port', port: 15021, targetPort: 15021, protocol: 'TCP' },
        { name: 'http2', port: 80, targetPort: http, protocol: 'TCP' },
        { name: 'https', port: 443, targetPort: https, protocol: 'TCP' },
        { name: 'tcp', port: 31400, targetPort: tcp, protocol: 'TCP' },
        { name: 'tls', port: 15443, targetPort: tls, protocol: 'TCP' },
      ],
    },
  }
}

function deployment({ version, trustDomain, gatewayPorts }: ProfileOptions): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: inIstioSystem('istio-ingressgateway', selector),
    spec: {
      replicas: 1,
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: {
            ...selector,
            'service.istio.io/canonical-name': 'istio-ingressgateway',
            'service.istio.io/canonical-revision': 'latest',
            'sidecar.istio.io/inject': 'false',
          },
          annotations: {
            'prometheus.io/path': '/stats/prometheus',
            'prometheus.io/port': '15020',
            'prometheus.io/scrape': 'true',
          },
        },
        spec: {
          serviceAccountName: 'istio-ingressgateway-service-account',
          // What faces the outside holds no credential of the API; it has one for the certificate authority.
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 30,
          containers: [proxyContainer(version, trustDomain, gatewayPorts ?? istioGatewayPorts)],
          volumes,
        },
      },
    },
  }
}

function proxyContainer(version: string, trustDomain: string, { http, https, tcp, tls }: GatewayPorts): object {
  return {
    name: 'istio-proxy',
    image: `docker.io/heddle/proxyv2:${version}`,
    args: [
      'proxy',
      'router',
      '--domain',
      '$(POD_NAMESPACE).svc.cluster.local',
      '--proxyLogLevel=warning',
      '--proxyComponentLogLevel=misc:error',
      '--log_output_level=default:info',
    ],
    ports: [
      { containerPort: 15021, protocol: 'TCP' },
      { containerPort: http, protocol: 'TCP' },
      { containerPort: https, protocol: 'TCP' },
      { containerPort: tcp, protocol: 'TCP' },
      { containerPort: tls, protocol: 'TCP' },
      { containerPort: 15090, protocol: 'TCP', name: 'http-envoy-prom' },
    ],
    env: environment(trustDomain),
    startupProbe: { httpGet: { path: '/healthz/ready', port: 15021 }, periodSeconds: 1, failureThreshold: 600, timeoutSeconds: 3 },
    readinessProbe: { httpGet: { path: '/healthz/ready', port: 15021 }, periodSeconds: 15, failureThreshold: 4, timeoutSeconds: 3 },
    resources: { requests: { cpu: '10m', memory: '40Mi' } },
    volumeMounts: [
      { name: 'istio-token', mountPath: '/var/run/secrets/tokens', readOnly: true },
      { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio', readOnly: true },
      { name: 'istio-data', mountPath: '/var/lib/istio/data' },
      { name: 'podinfo', mountPath: '/etc/istio/pod' },
    ],
  }
}

function environment(trustDomain: string): readonly object[] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  return [
    { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
    { name: 'CA_ADDR', value: 'istiod.istio-system.svc:15012' },
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('HOST_IP', 'status.hostIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    { name: 'ISTIO_META_WORKLOAD_NAME', value: 'istio-ingressgateway' },
    { name: 'ISTIO_META_OWNER', value: 'kubernetes://apis/apps/v1/namespaces/istio-system/deployments/istio-ingressgateway' },
    { name: 'ISTIO_META_MESH_ID', value: trustDomain },
    { name: 'TRUST_DOMAIN', value: trustDomain },
    { name: 'ISTIO_META_UNPRIVILEGED_POD', value: 'true' },
    { name: 'ISTIO_META_CLUSTER_ID', value: 'Kubernetes' },
  ]
}

const volumes: readonly object[] = [
  { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
  {
    name: 'istio-token',
    projected: { sources: [{ serviceAccountToken: { path: 'istio-token', expirationSeconds: 43_200, audience: 'istio-ca' } }] },
  },
  { name: 'istio-data', emptyDir: {} },
  {
    name: 'podinfo',
    downwardAPI: {
      items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
      ],
    },
  },
]
