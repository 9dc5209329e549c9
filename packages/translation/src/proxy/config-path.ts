/** The resource that a part of the configuration comes from, as Istio writes it into metadata. */
import type { Metadata } from '@heddle/routing'
import type { ObjectMeta } from '../resources/kubernetes.js'

export function configPath(kind: 'virtual-service' | 'destination-rule', meta: ObjectMeta): string {
  return `/apis/networking.istio.io/v1/namespaces/${meta.namespace ?? 'default'}/${kind}/${meta.name ?? ''}`
}

export function virtualServiceMetadata(meta: ObjectMeta): Metadata {
  return { istio: { config: configPath('virtual-service', meta) } }
}
