/** Small meshes for tests: objects with the fields that matter, everything else as it mostly is. */
import { createMeshSnapshot, parseNode, translate } from '../src/index.js'
import type {
  Container,
  DestinationRule,
  EndpointConditions,
  EndpointSlice,
  Gateway,
  MeshSnapshotInput,
  PeerAuthentication,
  Pod,
  ProxyNode,
  Service,
  ServicePort,
  Translation,
  VirtualService,
} from '../src/index.js'

export interface ServiceOptions {
  readonly namespace?: string
  readonly address?: string
  readonly ports?: readonly ServicePort[]
  readonly selector?: Readonly<Record<string, string>>
  readonly exportTo?: string
  readonly createdAt?: string
}

export function service(name: string, options: ServiceOptions = {}): Service {
  const { namespace = 'default', address = '10.96.0.10', ports = [{ name: 'http', port: 80, targetPort: 8080 }] } = options
  return {
    metadata: {
      name,
      namespace,
      creationTimestamp: options.createdAt ?? '2026-01-01T00:00:00Z',
      ...(options.exportTo === undefined ? {} : { annotations: { 'networking.istio.io/exportTo': options.exportTo } }),
    },
    spec: { clusterIP: address, selector: options.selector ?? { app: name }, ports },
  }
}

export interface PodOptions {
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly account?: string
  readonly node?: string
  readonly containers?: readonly Container[]
  readonly sidecar?: boolean
}

export function pod(name: string, address: string, options: PodOptions = {}): Pod {
  const app = name.split('-')[0] ?? name
  return {
    metadata: {
      name,
      namespace: options.namespace ?? 'default',
      labels: { app, ...(options.sidecar === false ? {} : { 'security.istio.io/tlsMode': 'istio' }), ...options.labels },
    },
    spec: {
      containers: options.containers ?? [{ name: 'app' }],
      ...(options.account === undefined ? {} : { serviceAccountName: options.account }),
      ...(options.node === undefined ? {} : { nodeName: options.node }),
    },
    status: { podIP: address },
  }
}

export interface SliceMember {
  readonly pod: Pod
  readonly conditions?: EndpointConditions
  readonly hostname?: string
}

/** Ports by name; the numbers are those that are really bound. */
export function slice(of: Service, ports: Readonly<Record<string, number>>, members: readonly (Pod | SliceMember)[]): EndpointSlice {
  return {
    metadata: {
      name: `${of.metadata.name ?? ''}-1`,
      namespace: of.metadata.namespace ?? 'default',
      labels: { 'kubernetes.io/service-name': of.metadata.name ?? '' },
    },
    ports: Object.entries(ports).map(([name, port]) => ({ name, port, protocol: 'TCP' })),
    endpoints: members.map((entry) => {
      const member: SliceMember = 'pod' in entry ? entry : { pod: entry }
      const { name, namespace } = member.pod.metadata
      return {
        addresses: [member.pod.status?.podIP ?? ''],
        conditions: member.conditions ?? { ready: true },
        ...(member.hostname === undefined ? {} : { hostname: member.hostname }),
        targetRef: { kind: 'Pod', name: name ?? '', namespace: namespace ?? 'default' },
      }
    }),
  }
}

interface Named {
  readonly namespace?: string
  readonly createdAt?: string
}

function meta(name: string, options: Named): { name: string; namespace: string; creationTimestamp: string } {
  return { name, namespace: options.namespace ?? 'default', creationTimestamp: options.createdAt ?? '2026-01-01T00:00:00Z' }
}

export function virtualService(name: string, spec: NonNullable<VirtualService['spec']>, options: Named = {}): VirtualService {
  return { metadata: meta(name, options), spec }
}

export function destinationRule(name: string, spec: NonNullable<DestinationRule['spec']>, options: Named = {}): DestinationRule {
  return { metadata: meta(name, options), spec }
}

export function gateway(name: string, servers: NonNullable<NonNullable<Gateway['spec']>['servers']>, options: Named = {}): Gateway {
  return { metadata: meta(name, options), spec: { selector: { app: 'gateway' }, servers } }
}

export function peerAuthentication(name: string, spec: NonNullable<PeerAuthentication['spec']>, options: Named = {}): PeerAuthentication {
  return { metadata: meta(name, options), spec }
}

export function nodeOf(of: Pod, type: 'sidecar' | 'router' = 'sidecar', metadata: Readonly<Record<string, unknown>> = {}): ProxyNode {
  const { name = '', namespace = 'default', labels = {} } = of.metadata
  const id = `${type}~${of.status?.podIP ?? ''}~${name}.${namespace}~${namespace}.svc.cluster.local`
  const result = parseNode({ id, metadata: { LABELS: labels, ...metadata } })
  if (!result.ok) throw new Error(result.reason)
  return result.node
}

export function translateFor(of: Pod, input: MeshSnapshotInput, type: 'sidecar' | 'router' = 'sidecar'): Translation {
  return translate(createMeshSnapshot({ ...input, pods: [...(input.pods ?? []), of] }), nodeOf(of, type))
}

/** The element of that name, or a failure that says which there are. */
export function named<T extends { readonly name: string }>(values: readonly T[], name: string): T {
  const found = values.find((value) => value.name === name)
  if (found === undefined) throw new Error(`there is no ${name}, only ${values.map((value) => value.name).join(', ')}`)
  return found
}
