/** The `scale` subresource: replicas of a workload as an autoscaling/v1 Scale, which is what kubectl scale reads and writes. */
import type { KubernetesObject } from '@heddle/client'
import { type Fields, fieldsOf, numberOf, textMapOf } from '../json-fields.js'

export function scaleOf(object: KubernetesObject): KubernetesObject {
  const spec = fieldsOf(object['spec'])
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const labels = textMapOf(fieldsOf(spec['selector'])['matchLabels'])
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as KubernetesObject['metadata']
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata,
    spec: { replicas: numberOf(spec['replicas']) ?? 0 },
    status: {
      replicas: numberOf(fieldsOf(object['status'])['replicas']) ?? 0,
      selector: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    },
  }
}

/** The workload with the replicas of a Scale, whole or as a merge patch; its resourceVersion, when given, is checked by the update. */
export function applyScale(object: KubernetesObject, scale: Fields): KubernetesObject {
  const replicas = numberOf(fieldsOf(scale['spec'])['replicas'])
  const { resourceVersion } = fieldsOf(scale['metadata'])
  return {
    ...object,
    metadata: { ...object.metadata, ...(typeof resourceVersion === 'string' && { resourceVersion }) },
    spec: { ...fieldsOf(object['spec']), ...(replicas !== undefined && { replicas }) },
  }
}
