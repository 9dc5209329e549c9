/** The columns kubectl users know (Kubernetes printers/internalversion): names, order, and what each cell says. */
import { boundPortsAnnotation, type KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, numberOf, textMapOf, textOf } from '../json-fields.js'
import { formatAge } from './age.js'
import { podReady, podRestarts, podStatus, readinessGates } from './pod-columns.js'
import type { TableColumn } from './resource-kind.js'

type Cell = (object: KubernetesObject, nowMs: number) => string | number | null

const specOf = (object: KubernetesObject): Fields => fieldsOf(object['spec'])
const statusOf = (object: KubernetesObject): Fields => fieldsOf(object['status'])
const column = (name: string, cell: Cell, type: TableColumn['type'] = 'string'): TableColumn => ({ name, type, cell })
const wide = (name: string, cell: Cell): TableColumn => ({ name, type: 'string', priority: 1, cell })
const count = (name: string, cell: (object: KubernetesObject) => unknown): TableColumn =>
  column(name, (object) => numberOf(cell(object)) ?? 0, 'integer')
const text = (value: unknown): string => textOf(value) ?? '<none>'
const joined = (values: readonly unknown[]): string => (values.length === 0 ? '<none>' : values.map(String).join(','))

export const nameColumn: TableColumn = { name: 'Name', type: 'string', format: 'name', cell: (object) => object.metadata.name }
export const ageColumn: TableColumn = column('Age', (object, nowMs) => formatAge(object.metadata.creationTimestamp, nowMs))

const podSpecOf = (object: KubernetesObject): Fields => fieldsOf(fieldsOf(specOf(object)['template'])['spec'])
const containers = (object: KubernetesObject): readonly Fields[] => listOf(podSpecOf(object)['containers'])
const templateColumns: readonly TableColumn[] = [
  wide('Containers', (object) => joined(containers(object).map((container) => container['name']))),
  wide('Images', (object) => joined(containers(object).map((container) => container['image']))),
  wide('Selector', (object) => formatSelector(specOf(object)['selector'])),
]
const dataCount = (object: KubernetesObject): number =>
  Object.keys({ ...fieldsOf(object['data']), ...fieldsOf(object['binaryData']) }).length

const columns: Readonly<Record<string, readonly TableColumn[]>> = {
  pods: [
    nameColumn,
    column('Ready', podReady),
    column('Status', podStatus),
    column('Restarts', podRestarts),
    ageColumn,
    wide('IP', (object) => text(statusOf(object)['podIP'])),
    wide('Node', (object) => text(specOf(object)['nodeName'])),
    wide('Nominated Node', (object) => text(statusOf(object)['nominatedNodeName'])),
    wide('Readiness Gates', readinessGates),
  ],
  services: [
    nameColumn,
    column('Type', (object) => text(specOf(object)['type'])),
    column('Cluster-IP', (object) => text(specOf(object)['clusterIP'])),
    column('External-IP', externalAddress),
    column('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', (object) => formatLabels(specOf(object)['selector'])),
  ],
  deployments: [
    nameColumn,
    column('Ready', (object) => `${numberOf(statusOf(object)['readyReplicas']) ?? 0}/${numberOf(specOf(object)['replicas']) ?? 1}`),
    count('Up-to-date', (object) => statusOf(object)['updatedReplicas']),
    count('Available', (object) => statusOf(object)['availableReplicas']),
    ageColumn,
    ...templateColumns,
  ],
  replicasets: [
    nameColumn,
    count('Desired', (object) => specOf(object)['replicas']),
    count('Current', (object) => statusOf(object)['replicas']),
    count('Ready', (object) => statusOf(object)['readyReplicas']),
    ageColumn,
    ...templateColumns,
  ],
  statefulsets: [
    nameColumn,
    column('Ready', (object) => `${numberOf(statusOf(object)['readyReplicas']) ?? 0}/${numberOf(specOf(object)['replicas']) ?? 1}`),
    ageColumn,
    ...templateColumns.slice(0, 2),
  ],
  daemonsets: [
    nameColumn,
    count('Desired', (object) => statusOf(object)['desiredNumberScheduled']),
    count('Current', (object) => statusOf(object)['currentNumberScheduled']),
    count('Ready', (object) => statusOf(object)['numberReady']),
    ageColumn,
    ...templateColumns,
  ],
  jobs: [
    nameColumn,
    column('Completions', (object) => `${numberOf(statusOf(object)['succeeded']) ?? 0}/${numberOf(specOf(object)['completions']) ?? 1}`),
    ageColumn,
    ...templateColumns,
  ],
  namespaces: [nameColumn, column('Status', (object) => text(statusOf(object)['phase'])), ageColumn],
  nodes: [
    nameColumn,
    column('Status', (object) => (condition(object, 'Ready') === 'True' ? 'Ready' : 'NotReady')),
    column('Roles', () => '<none>'),
    ageColumn,
    column('Version', (object) => text(fieldsOf(statusOf(object)['nodeInfo'])['kubeletVersion'])),
    wide('Internal-IP', (object) =>
      text(listOf(statusOf(object)['addresses']).find((address) => address['type'] === 'InternalIP')?.['address']),
    ),
  ],
  endpointslices: [
    nameColumn,
    column('AddressType', (object) => text(object['addressType'])),
    column('Ports', (object) => joined(listOf(object['ports']).map((port) => port['port']))),
    column('Endpoints', (object) => joined(listOf(object['endpoints']).flatMap((endpoint) => endpoint['addresses'] as readonly unknown[]))),
    ageColumn,
  ],
  endpoints: [nameColumn, column('Endpoints', endpointAddresses), ageColumn],
  events: [
    column('Last Seen', (object, nowMs) =>
      formatAge(object['lastTimestamp'] ?? object['eventTime'] ?? object.metadata.creationTimestamp, nowMs),
    ),
    column('Type', (object) => text(object['type'])),
    column('Reason', (object) => text(object['reason'])),
    column('Object', (object) => eventObject(fieldsOf(object['involvedObject']))),
    column('Message', (object) => text(object['message'])),
    wide('Count', (object) => String(numberOf(object['count']) ?? 1)),
  ],
  configmaps: [nameColumn, column('Data', dataCount, 'integer'), ageColumn],
  secrets: [nameColumn, column('Type', (object) => textOf(object['type']) ?? 'Opaque'), column('Data', dataCount, 'integer'), ageColumn],
  serviceaccounts: [nameColumn, column('Secrets', (object) => listOf(object['secrets']).length, 'integer'), ageColumn],
  customresourcedefinitions: [nameColumn, column('Created At', (object) => text(object.metadata.creationTimestamp), 'date')],
  leases: [nameColumn, column('Holder', (object) => text(specOf(object)['holderIdentity'])), ageColumn],
}

/** Kinds without columns of their own show name and age. */
export function builtInColumns(plural: string): readonly TableColumn[] {
  return columns[plural] ?? [nameColumn, ageColumn]
}

function condition(object: KubernetesObject, type: string): string | undefined {
  return textOf(listOf(statusOf(object)['conditions']).find((candidate) => candidate['type'] === type)?.['status'])
}

function eventObject(involved: Fields): string {
  return `${(textOf(involved['kind']) ?? '').toLowerCase()}/${textOf(involved['name']) ?? ''}`
}

function externalAddress(object: KubernetesObject): string {
  const ingress = listOf(fieldsOf(statusOf(object)['loadBalancer'])['ingress']).map(
    (entry) => textOf(entry['ip']) ?? textOf(entry['hostname']) ?? '',
  )
  const external = (specOf(object)['externalIPs'] as readonly string[] | undefined) ?? []
  switch (specOf(object)['type']) {
    case 'LoadBalancer':
      return ingress.length + external.length > 0 ? [...ingress, ...external].join(',') : '<pending>'
    case 'ExternalName':
      return text(specOf(object)['externalName'])
    default:
      return joined(external)
  }
}

/** `80:8080/TCP`: the second number is a node port, or for a LoadBalancer of this platform the port it really listens on. */
function servicePorts(object: KubernetesObject): string {
  const real = boundPorts(object)
  const ports = listOf(specOf(object)['ports']).map((port) => {
    const second = real[String(port['port'])] ?? numberOf(port['nodePort'])
    return `${String(port['port'])}${second === undefined ? '' : `:${second}`}/${textOf(port['protocol']) ?? 'TCP'}`
  })
  return joined(ports)
}

function boundPorts(object: KubernetesObject): Readonly<Record<string, number>> {
  try {
    return JSON.parse(object.metadata.annotations?.[boundPortsAnnotation] ?? '{}') as Record<string, number>
  } catch {
    return {}
  }
}

function endpointAddresses(object: KubernetesObject): string {
  return joined(
    listOf(object['subsets']).flatMap((subset) =>
      listOf(subset['addresses']).flatMap((address) =>
        listOf(subset['ports']).map((port) => `${String(address['ip'])}:${String(port['port'])}`),
      ),
    ),
  )
}

function formatLabels(value: unknown): string {
  return joined(Object.entries(textMapOf(value)).map(([key, label]) => `${key}=${label}`))
}

function formatSelector(selector: unknown): string {
  return formatLabels(fieldsOf(selector)['matchLabels'])
}
