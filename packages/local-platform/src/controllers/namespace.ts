/** Namespaces: the account and root certificate every one has, and the removal of all it holds when it goes. */
import { statusOf } from '@heddle/client'
import type { Registry } from '../api/registry.js'
import { type Controller, type ControllerContext, keyOf, startController } from './controller.js'
import { configMaps, namespaces, pods, serviceAccounts } from './resource-types.js'

const rootCertificateName = 'kube-root-ca.crt'
/** Pods end at their own pace; what is left is looked at again after this. */
const againMs = 500

export function startNamespaceController(context: ControllerContext, registry: Registry, certificateAuthority: string): Controller {
  return startController(
    'namespace',
    [
      { type: namespaces, keysOf: (namespace, isDeleted) => (isDeleted ? [] : [keyOf(namespace)]) },
      { type: pods, keysOf: (pod, isDeleted) => (isDeleted ? [pod.metadata.namespace ?? ''] : []) },
      { type: serviceAccounts, keysOf: (account, isDeleted) => (isDeleted ? [account.metadata.namespace ?? ''] : []) },
      { type: configMaps, keysOf: (map, isDeleted) => (isDeleted ? [map.metadata.namespace ?? ''] : []) },
    ],
    async (name) => {
      const namespace = await context.client.get(namespaces, name)
      if (!namespace) return undefined
      if (namespace.metadata.deletionTimestamp !== undefined) return empty(name, context, registry)
      await fill(name, context, certificateAuthority)
      return undefined
    },
    context,
  )
}

async function fill(namespace: string, { client }: ControllerContext, certificateAuthority: string): Promise<void> {
  if (!(await client.get(serviceAccounts, 'default', namespace)))
    await client.create(serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } })
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: rootCertificateName, namespace },
    data: { 'ca.crt': certificateAuthority },
  }
  if (await client.get(configMaps, rootCertificateName, namespace)) await client.update(configMaps, map)
  else await client.create(configMaps, map)
}

async function empty(namespace: string, { client }: ControllerContext, registry: Registry): Promise<number | void> {
  let left = 0
  for (const kind of registry.catalog.all()) {
    if (!kind.isNamespaced || kind.isReview) continue
    for (const object of registry.list(kind, { namespace }).items) {
      try {
        const { isGone } = await registry.delete(kind, namespace, object.metadata.name, { propagationPolicy: 'Background' })
        if (!isGone) left++
      } catch (error) {
        // Gone in between, as a dependent of something else.
        if (statusOf(error)?.code !== 404) throw error
      }
    }
  }
  if (left > 0) return againMs
  await client.patch(namespaces, namespace, { spec: { finalizers: [] } }, undefined, 'finalize')
  return undefined
}
