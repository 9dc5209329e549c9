/** Access records of a worker on their way to the primary: a message between processes for each would cost more than the request. */
import type { Clock, Timer } from '@heddle/base'
import type { AccessEntry } from './worker-messages.js'

const maxBatchEntries = 256
const batchMs = 100
/** Batches that the channel has not taken; more are lost, as records are when nobody takes them. */
const maxWaitingBatches = 16

export interface RecordBatch {
  add(entry: AccessEntry): void
  flush(): void
}

/** @param send resolves when the channel has taken the batch. */
export function createRecordBatch(send: (entries: readonly AccessEntry[]) => Promise<void>, clock: Clock): RecordBatch {
  let entries: AccessEntry[] = []
  let waiting = 0
  let timer: Timer | undefined
  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    if (entries.length === 0) return
    const batch = entries
    entries = []
    if (waiting >= maxWaitingBatches) return
    waiting++
    void send(batch).finally(() => waiting--)
  }
  return {
    add(entry) {
      entries.push(entry)
      if (entries.length >= maxBatchEntries) flush()
      else timer ??= clock.setTimer(batchMs, flush)
    },
    flush,
  }
}
