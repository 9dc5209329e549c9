/** Events (core/v1) about Pods. The same event again within a Pod's life is counted, not repeated. */
import { type Clock, type Logger, messageOf, type Random } from '@heddle/base'
import type { KubernetesObject, ResourceClient, ResourceType } from '@heddle/client'
import { podName } from './pod.js'

export interface EventRecorder {
  /** Tells what happened; a failure to store it is logged and nothing else. */
  record(pod: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void
  forget(pod: KubernetesObject): void
}

export interface EventRecorderDeps {
  readonly client: ResourceClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly nodeName: string
}

const events: ResourceType = { group: '', version: 'v1', plural: 'events' }

const maxKnownEvents = 256

export function createEventRecorder(deps: EventRecorderDeps): EventRecorder {
  const known = new Map<string, Map<string, { count: number; stored: Promise<string | undefined> }>>()

  const store = async (event: KubernetesObject): Promise<string | undefined> => {
    try {
      return (await deps.client.create(events, event)).metadata.name
    } catch (error) {
      deps.logger.debug('an event was not stored', { event: event['message'], error: messageOf(error) })
      return undefined
    }
  }
  const count = async (stored: Promise<string | undefined>, namespace: string, times: number): Promise<void> => {
    const name = await stored
    if (name === undefined) return
    try {
      await deps.client.patch(events, name, { count: times, lastTimestamp: eventTime(deps.clock) }, namespace)
    } catch (error) {
      deps.logger.debug('an event was not counted', { event: name, error: messageOf(error) })
    }
  }

  return {
    record(pod, type, reason, message, container) {
      const uid = pod.metadata.uid ?? podName(pod)
      const ofPod = known.get(uid) ?? new Map<string, { count: number; stored: Promise<string | undefined> }>()
      known.set(uid, ofPod)
      const key = `${type} ${reason} ${container ?? ''} ${message}`
      const earlier = ofPod.get(key)
      if (earlier) {
        earlier.count++
        void count(earlier.stored, pod.metadata.namespace ?? 'default', earlier.count)
        return
      }
      deps.logger[type === 'Warning' ? 'warn' : 'debug'](message, {
        pod: podName(pod),
        reason,
        ...(container !== undefined && { container }),
      })
      // A message that is new each time, such as one with a port number, must not fill memory.
      if (ofPod.size >= maxKnownEvents) ofPod.clear()
      ofPod.set(key, { count: 1, stored: store(newEvent(deps, pod, { type, reason, message, container })) })
    },
    forget: (pod) => void known.delete(pod.metadata.uid ?? podName(pod)),
  }
}

interface EventContent {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly container: string | undefined
}

function newEvent({ clock, random, nodeName }: EventRecorderDeps, pod: KubernetesObject, content: EventContent): KubernetesObject {
  const time = eventTime(clock)
  const namespace = pod.metadata.namespace ?? 'default'
  const { type, reason, message, container } = content
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${pod.metadata.name}.${Buffer.from(random.bytes(8)).toString('hex')}`, namespace },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      ...(container !== undefined && { fieldPath: `spec.containers{${container}}` }),
    },
    type,
    reason,
    message,
    source: { component: 'kubelet', host: nodeName },
    reportingComponent: 'kubelet',
    reportingInstance: nodeName,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}

function eventTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
