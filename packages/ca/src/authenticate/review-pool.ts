/**
 * Token reviews under way. An API server that does not answer may hold up only so many of them, and one workload only a few: a token that
 * is being reviewed is not reviewed twice, each review has a deadline of its own, and where there is no more room the oldest of whoever
 * has the most is given up for the newest. Whose a token is, is what it says itself; that only decides who shares room with whom.
 */
import { createHash } from 'node:crypto'
import type { Clock, Random } from '@heddle/base'

export interface ReviewPool<Answer> {
  /** Rejects with a `ReviewGivenUp` when there is no room or no answer in time, and with what the review rejects with. */
  run(token: string, review: (signal: AbortSignal) => Promise<Answer>): Promise<Answer>
}

/** The caller may come again. */
class ReviewGivenUp extends Error {}

interface Review<Answer> {
  readonly owner: string
  readonly startedMs: number
  readonly answer: Promise<Answer>
  readonly giveUp: (reason: string) => void
}

/** Far fewer than requests may be under way, so that those who need no review are always served. */
const maxReviews = 128
/** Of one claimed identity when half of the room is taken, since claims can be forged; tokens that claim none share one. */
const maxReviewsOfOwner = 8
/** From the first on, so that those who came together do not come again together. */
const minDeadlineMs = 4000
const deadlineSpreadMs = 1000
/** A review that is younger is not given up for another: else a slow API server would never finish one. */
const minReviewMs = 1000

export function createReviewPool<Answer>({ clock, random }: { readonly clock: Clock; readonly random: Random }): ReviewPool<Answer> {
  /** By the hash of the token, oldest first. */
  const underWay = new Map<string, Review<Answer>>()
  const counts = new Map<string, number>()

  const remove = (key: string, review: Review<Answer>): void => {
    if (underWay.get(key) !== review) return
    underWay.delete(key)
    const left = (counts.get(review.owner) ?? 1) - 1
    if (left === 0) counts.delete(review.owner)
    else counts.set(review.owner, left)
  }
  const start = (key: string, owner: string, ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> => {
    const abort = new AbortController()
    const deadlineMs = minDeadlineMs + random.next() * deadlineSpreadMs
    const answer = new Promise<Answer>((resolve, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error), { once: true })
      ask(abort.signal).then(resolve, reject)
    })
    const giveUp = (reason: string): void => {
      remove(key, review)
      abort.abort(new ReviewGivenUp(reason))
    }
    const timer = clock.setTimer(deadlineMs, () => giveUp(`no answer within ${Math.round(deadlineMs)} ms`))
    const review: Review<Answer> = {
      owner,
      startedMs: clock.monotonicMs(),
      giveUp,
      answer: answer.finally(() => {
        timer.cancel()
        remove(key, review)
      }),
    }
    underWay.set(key, review)
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
    return review.answer
  }
  /** @returns whether there is room now. */
  const makeRoom = (owner: string): boolean => {
    const isOwnersLimit = underWay.size >= maxReviews / 2 && (counts.get(owner) ?? 0) >= maxReviewsOfOwner
    if (!isOwnersLimit && underWay.size < maxReviews) return true
    const crowd = isOwnersLimit ? owner : largestOf(counts)
    const oldest = [...underWay.values()].find((review) => review.owner === crowd)
    if (!oldest || clock.monotonicMs() - oldest.startedMs < minReviewMs) return false
    oldest.giveUp('given up for a newer one: the API server is slow')
    return true
  }
  return {
    async run(token, review) {
      const key = createHash('sha256').update(token).digest('base64')
      const same = underWay.get(key)
      if (same) return await same.answer
      const owner = claimedOwner(token)
      if (!makeRoom(owner)) throw new ReviewGivenUp('too many reviews are under way: the API server is slow')
      return await start(key, owner, review)
    },
  }
}

function largestOf(counts: ReadonlyMap<string, number>): string | undefined {
  let largest: string | undefined
  for (const [owner, count] of counts) if (largest === undefined || count > (counts.get(largest) ?? 0)) largest = owner
  return largest
}

/** The subject and Pod of a service account token, as it says itself; empty when it says nothing. */
function claimedOwner(token: string): string {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>
    const bound = claims['kubernetes.io'] as { readonly pod?: { readonly uid?: unknown } } | undefined
    return `${text(claims['sub'])} ${text(bound?.pod?.uid)}`
  } catch {
    return ''
  }
}

function text(claim: unknown): string {
  return typeof claim === 'string' ? claim.slice(0, 256) : ''
}
