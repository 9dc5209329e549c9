/** Keeps the API's status of one Pod equal to the newest one computed here: one write at a time, repeated until it succeeds. */
import { type Clock, type Logger, messageOf } from '@heddle/base'
import { type ResourceClient, statusOf } from '@heddle/client'
import { type Fields, fieldsOf, listOf, sameJson } from '../json-fields.js'
import { type Pod, podName } from './pod.js'
import { podType } from './pod-type.js'

export interface StatusWriter {
  /** The status changed; it is computed when it can be written. */
  changed(): void
  /** The Pod's status as the API has it: another writer (the scheduler) may have put an older one back. */
  observed(status: unknown): void
  /** Resolves when the newest status is stored, or the Pod is gone. */
  flushed(): Promise<void>
  /** As `flushed` and `close`, but what fails from now on is not tried again: a store without room must not keep the runtime. */
  end(): Promise<void>
  close(): void
}

export interface StatusWriterDeps {
  readonly client: ResourceClient
  readonly clock: Clock
  readonly logger: Logger
}

const retryMs = 200

export function createStatusWriter(pod: Pod, compute: () => object, deps: StatusWriterDeps): StatusWriter {
  let isDirty = false
  let isEnding = false
  let isClosed = false
  let stored: object | undefined
  let writing: Promise<void> | undefined

  const write = async (): Promise<void> => {
    while (isDirty && !isClosed) {
      isDirty = false
      const status = compute()
      if (stored && sameJson(stored, status)) continue
      try {
        await deps.client.patch(
          podType,
          pod.metadata.name,
          { metadata: { uid: pod.metadata.uid }, status },
          pod.metadata.namespace,
          'status',
        )
        stored = status
      } catch (error) {
        if (isGone(error)) return
        deps.logger.debug('a Pod status was not written', { pod: podName(pod), error: messageOf(error) })
        if (isEnding) return
        isDirty = true
        await new Promise<void>((resolve) => void deps.clock.setTimer(retryMs, resolve))
      }
    }
  }
  return {
    changed() {
      isDirty = true
      writing ??= write().finally(() => (writing = undefined))
    },
    observed(status) {
      if (writing || !stored || isSameStatus(fieldsOf(status), fieldsOf(stored))) return
      stored = undefined
      this.changed()
    },
    async flushed() {
      await writing
    },
    async end() {
      isEnding = true
      await writing
      isClosed = true
    },
    close() {
      isClosed = true
    },
  }
}

/** What others look at; times and the scheduler's own condition may differ. */
function isSameStatus(seen: Fields, written: Fields): boolean {
  const ready = (status: Fields): unknown => listOf(status['conditions']).find((condition) => condition['type'] === 'Ready')?.['status']
  return seen['phase'] === written['phase'] && seen['podIP'] === written['podIP'] && ready(seen) === ready(written)
}

/** No such object (any more). */
export function isGone(error: unknown): boolean {
  return statusOf(error)?.code === 404
}
