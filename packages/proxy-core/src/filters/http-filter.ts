/** The embedder's filters of one proxy, run one after the other; the engine's own duties are not among them, since they are not optional. */
import type { Logger } from '@heddle/base'
import { containPromise } from '../guard/guarded-deps.js'
import type { HeaderBlock } from '../message/header-block.js'
import { wireText, wireToken } from '../message/wire-text.js'
import type { RequestRecord } from '../decision-record.js'
import type { LocalReply } from '../router/local-reply.js'
import type { HeaderEdits } from '../telemetry.js'
import type { ProxyFilter } from './proxy-filter.js'

export interface HttpFilterSet {
  /** @returns the answer of a filter that stops the request. */
  onRequest(record: RequestRecord, headers: HeaderBlock): LocalReply | undefined
  /** @returns false when one of them threw. */
  onResponse(record: RequestRecord, headers: HeaderBlock): boolean
}

/** For a request whose filter threw; the engine goes on. */
export const filterFailedReply: LocalReply = { status: 500, body: '', flags: 0, details: 'filter_failed' }

export function createFilterSet(filters: readonly ProxyFilter[], logger: Logger): HttpFilterSet {
  const failed = (filter: ProxyFilter, error: unknown): void => logger.error('a filter failed', { filter: filter.name, error })
  return {
    onRequest(record, headers) {
      for (const filter of filters) {
        try {
          const reply = filter.onRequest?.({ record, headers: editsOf(headers) })
          refusePromise(reply)
          if (reply !== undefined)
            return { status: reply.status, body: reply.body ?? '', flags: 0, details: reply.details ?? 'filter_reply' }
        } catch (error) {
          failed(filter, error)
          return filterFailedReply
        }
      }
      return undefined
    },
    onResponse(record, headers) {
      for (const filter of filters) {
        try {
          refusePromise(filter.onResponse?.({ record, headers: editsOf(headers) }))
        } catch (error) {
          failed(filter, error)
          return false
        }
      }
      return true
    },
  }
}

/** An async filter would be passed before it has decided: its requests fail instead. */
function refusePromise(result: unknown): void {
  if (containPromise(result, () => {})) throw new TypeError('filters are synchronous, this one returned a promise')
}

/** What a filter writes is checked: it may well come from a stranger. */
function editsOf(headers: HeaderBlock): HeaderEdits {
  return {
    get: (name) => headers.get(name),
    remove: (name) => headers.remove(name),
    set: (name, value) => headers.set(wireToken(name), wireText(value)),
  }
}
