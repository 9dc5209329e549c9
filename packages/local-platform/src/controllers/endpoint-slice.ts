/** Keeps EndpointSlices, and the older Endpoints that some clients still read, in step with Services and Pods. */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, listOf, sameJson, textMapOf } from '../json-fields.js'
import { type Controller, type ControllerContext, keyOf, ownerKey, splitKey, startController } from './controller.js'
import { endpoints, endpointSlices, pods, services } from './resource-types.js'
import { planSlices, serviceNameLabel } from './slice-plan.js'

export function startEndpointSliceController(context: ControllerContext): Controller {
  return startController(
    'endpointslice',
    [
      { type: services, keysOf: (service) => [keyOf(service)] },
      { type: pods, keysOf: (pod) => servicesOfNamespace(pod, context) },
      { type: endpointSlices, keysOf: (slice, isDeleted) => (isDeleted ? ownerKey(slice, 'Service') : []) },
    ],
    (key) => reconcile(key, context),
    context,
  )
}

/** Every Service with a selector: a Pod that stopped matching must leave the slice it was in. */
async function servicesOfNamespace(pod: KubernetesObject, { client }: ControllerContext): Promise<readonly string[]> {
  const { items } = await client.list(services, { namespace: pod.metadata.namespace ?? '' })
  return items.filter(hasSelector).map(keyOf)
}

function hasSelector(service: KubernetesObject): boolean {
  const spec = fieldsOf(service['spec'])
  return spec['type'] !== 'ExternalName' && Object.keys(textMapOf(spec['selector'])).length > 0
}

async function reconcile(key: string, context: ControllerContext): Promise<void> {
  const { namespace, name } = splitKey(key)
  const { client } = context
  const service = await client.get(services, name, namespace)
  // Slices of a deleted Service are collected as its dependents; without a selector they are the user's own.
  if (!service || service.metadata.deletionTimestamp !== undefined || !hasSelector(service)) return
  const selector = Object.entries(textMapOf(fieldsOf(service['spec'])['selector']))
    .map(([label, value]) => `${label}=${value}`)
    .join(',')
  const { items: selected } = await client.list(pods, { namespace, labelSelector: selector })
  const wanted = planSlices(service, selected)
  const { items: present } = await client.list(endpointSlices, { namespace, labelSelector: `${serviceNameLabel}=${name}` })
  const own = present.filter((slice) => slice.metadata.ownerReferences?.some((owner) => owner.uid === service.metadata.uid))
  for (const slice of wanted) await putSlice(slice, own, context)
  for (const slice of own)
    if (!wanted.some((kept) => kept.metadata.name === slice.metadata.name))
      await client.delete(endpointSlices, slice.metadata.name, namespace)
  await putEndpoints(service, wanted, context)
}

async function putSlice(slice: KubernetesObject, present: readonly KubernetesObject[], { client }: ControllerContext): Promise<void> {
  const old = present.find((candidate) => candidate.metadata.name === slice.metadata.name)
  if (!old) await client.create(endpointSlices, slice)
  else if (!sameJson(old['endpoints'], slice['endpoints']) || !sameJson(old.metadata.labels, slice.metadata.labels))
    await client.update(endpointSlices, {
      ...old,
      metadata: { ...old.metadata, ...labelsOf(slice) },
      endpoints: slice['endpoints'],
      ports: slice['ports'],
    })
}

function labelsOf({ metadata }: KubernetesObject): Pick<KubernetesObject['metadata'], 'labels'> {
  return metadata.labels ? { labels: metadata.labels } : {}
}

/** `kubectl describe service` of older clients and `get endpoints` show these. */
async function putEndpoints(service: KubernetesObject, slices: readonly KubernetesObject[], { client }: ControllerContext): Promise<void> {
  const { name, namespace = '' } = service.metadata
  const subsets = slices.map(subsetOf).filter((subset) => subset !== undefined)
  const old = await client.get(endpoints, name, namespace)
  if (!old) {
    const metadata = { name, namespace, ...labelsOf(service), ownerReferences: [{ ...ownerOf(service) }] }
    await client.create(endpoints, { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets })
  } else if (!sameJson(old['subsets'], subsets)) await client.update(endpoints, { ...old, subsets })
}

function ownerOf({ apiVersion, kind, metadata }: KubernetesObject): { apiVersion: string; kind: string; name: string; uid: string } {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }
}

function subsetOf(slice: KubernetesObject): Fields | undefined {
  const address = (endpoint: Fields): Fields => ({
    ip: (endpoint['addresses'] as readonly string[])[0],
    ...(endpoint['nodeName'] !== undefined && { nodeName: endpoint['nodeName'] }),
    targetRef: endpoint['targetRef'],
  })
  const known = listOf(slice['endpoints']).filter((endpoint) => fieldsOf(endpoint['conditions'])['terminating'] !== true)
  const ready = known.filter((endpoint) => fieldsOf(endpoint['conditions'])['ready'] === true).map(address)
  const notReady = known.filter((endpoint) => fieldsOf(endpoint['conditions'])['ready'] !== true).map(address)
  if (ready.length + notReady.length === 0) return undefined
  return {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ports: slice['ports'],
  }
}
