/**
 * Sends what one turn of the event loop wrote together, at the turn's end. A socket write wakes the peer; with the
 * writes of a turn back to back, the peer is still awake for all but the first, and the code of reading and that of
 * writing each stay in the cache. Measured on the HTTP/1.1 benchmark: 16 % less CPU a request with mesh features on.
 */
interface Batched {
  /** Must not throw: the others of the turn come after it. */
  turnEnded(): void
}

let waiting: Batched[] = []
let spare: Batched[] = []

/** Each member asks once a turn, so the batch is never longer than the number of open channels. */
export function flushAtTurnEnd(channel: Batched): void {
  if (waiting.length === 0) setImmediate(flushWaiting)
  waiting.push(channel)
}

function flushWaiting(): void {
  const batch = waiting
  waiting = spare
  for (let at = 0; at < batch.length; at += 1) batch[at]!.turnEnded()
  batch.length = 0
  spare = batch
}
