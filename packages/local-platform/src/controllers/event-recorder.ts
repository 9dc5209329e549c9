/** Events about objects (core/v1 Event): repeated ones are counted, old ones removed after an hour as in Kubernetes. */
import { type Clock, type Logger, messageOf, type Random } from '@heddle/base'
import type { KubernetesObject, ResourceClient } from '@heddle/client'
import { timestamp } from '../api/object-metadata.js'
import { numberOf, textOf } from '../json-fields.js'
import { events } from './resource-types.js'

export interface EventRecorder {
  /** Never throws: an event that cannot be written is logged and dropped. */
  record(object: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>
  /** Removes events whose last occurrence is over an hour old. */
  expire(): Promise<void>
}

const lifeMs = 3600 * 1000

export function createEventRecorder(
  client: ResourceClient,
  component: string,
  { clock, random, logger }: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): EventRecorder {
  const write = async (object: KubernetesObject, type: string, reason: string, message: string): Promise<void> => {
    const namespace = object.metadata.namespace ?? 'default'
    const now = timestamp(clock.now())
    const selector = `involvedObject.uid=${object.metadata.uid ?? ''},reason=${reason}`
    const { items } = await client.list(events, { namespace, fieldSelector: selector })
    const same = items.find((event) => event['message'] === message)
    if (same) {
      await client.patch(events, same.metadata.name, { count: (numberOf(same['count']) ?? 1) + 1, lastTimestamp: now }, namespace)
      return
    }
    const { apiVersion, kind, metadata } = object
    await client.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${metadata.name}.${Buffer.from(random.bytes(8)).toString('hex')}`, namespace },
      involvedObject: { apiVersion, kind, name: metadata.name, namespace, uid: metadata.uid, resourceVersion: metadata.resourceVersion },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
    })
  }
  return {
    record: (object, type, reason, message) =>
      write(object, type, reason, message).catch((error: unknown) =>
        logger.debug('an event was not written', { reason, object: object.metadata.name, error: messageOf(error) }),
      ),
    async expire() {
      const { items } = await client.list(events)
      for (const event of items) {
        const lastMs = Date.parse(textOf(event['lastTimestamp']) ?? event.metadata.creationTimestamp ?? '')
        if (clock.now() - lastMs > lifeMs) await client.delete(events, event.metadata.name, event.metadata.namespace)
      }
    },
  }
}
