/**
 * Keeps the record of one Pod on disk equal to the newest. A write that fails is told and tried again: without it no more is
 * lost than the adoption of the Pod's processes by the next platform, which ends them as strays instead.
 */
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
import type { PodRecord, PodRecords } from './pod-record.js'

export interface RecordWriter {
  write(record: PodRecord): void
  /** Nothing is written any more. */
  close(): void
}

export interface RecordWriterDeps {
  readonly records: PodRecords
  readonly clock: Clock
  readonly logger: Logger
  /** Called with every write that failed. */
  readonly onWriteFailure: (error: unknown) => void
}

const retryMs = 2000

export function createRecordWriter({ records, clock, logger, onWriteFailure }: RecordWriterDeps): RecordWriter {
  let newest: PodRecord
  let retry: Timer | undefined
  let isClosed = false

  const tryToWrite = (): void => {
    try {
      records.write(newest)
    } catch (error) {
      logger.error('the record of a Pod was not written', { pod: `${newest.namespace}/${newest.name}`, error: messageOf(error) })
      onWriteFailure(error)
      retry = clock.setTimer(retryMs, tryToWrite)
    }
  }
  return {
    write(record) {
      if (isClosed) return
      newest = record
      retry?.cancel()
      tryToWrite()
    },
    close() {
      isClosed = true
      retry?.cancel()
    },
  }
}
