/**
 * Who is not believed any more, by SPIFFE id or by serial number: nothing is issued to them, renewal is refused, and proxies that
 * get the list close what is open. Kept in the authority's state where it has one.
 */
import type { Clock } from '@heddle/base'
import { type DenyList, createDenyList } from '@heddle/x509'
import { parseSpiffeId } from '@heddle/base'
import type { DeniedEntry } from '../authority/ca-state.js'
import { caError } from '../ca-error.js'

export interface DenyRequest {
  /** Such as `spiffe://cluster.local/ns/default/sa/hello`. Exactly one of this and `serialHex` is given. */
  readonly spiffeId?: string
  /** The serial number of one certificate, hexadecimal. */
  readonly serialHex?: string
  /** Milliseconds since the Unix epoch; give a certificate's end for its serial number. Default: until it is removed. */
  readonly untilMs?: number
  readonly reason?: string
  /** Who asked, in their own words, for the record: nobody has proved it. */
  readonly claimedActor?: string
}

export interface DenyBook {
  /** In the order in which they were added, without those that have ended. */
  entries(): readonly DeniedEntry[]
  /** The same for `verifySvidPath`. */
  list(): DenyList
  /** Denies from now on; saved before it is announced. @throws HeddleError `HEDDLE_CA_DENIAL_INVALID` */
  add(request: DenyRequest): Promise<DeniedEntry>
  /**
   * Whether there was such an entry.
   * @param value spelled as {@link add} takes it: a serial number with capitals or colons will do.
   */
  remove(kind: DeniedEntry['kind'], value: string): Promise<boolean>
  /** Calls back after each change; returns what ends it. */
  onChange(listener: () => void): () => void
}

/** Where the entries are kept. */
export interface DenyKeeper {
  entries(): readonly DeniedEntry[]
  /** Saves, then resolves. */
  replace(change: (entries: readonly DeniedEntry[]) => readonly DeniedEntry[]): Promise<void>
}

/** Every proxy holds the list. */
const maxDenied = 10_000

/** @param trustDomains names of one domain, the present one and its aliases: who is denied under one is denied under all. */
export function createDenyBook(keeper: DenyKeeper, clock: Clock, trustDomains: readonly string[] = []): DenyBook & { changed(): void } {
  const listeners = new Set<() => void>()
  let compiledFrom: readonly DeniedEntry[] | undefined
  let compiled = createDenyList()
  const current = (): readonly DeniedEntry[] => liveOf(keeper.entries(), clock.now())
  return {
    entries: current,
    list() {
      const entries = current()
      const isSame = compiledFrom?.length === entries.length && entries.every((entry, index) => entry === compiledFrom?.[index])
      if (isSame) return compiled
      compiledFrom = entries
      compiled = createDenyList({ spiffeIds: valuesOf(entries, 'spiffe-id'), serials: valuesOf(entries, 'serial') })
      return compiled
    },
    async add(request) {
      const entry = readEntry(request, clock.now())
      const values = valuesLike(entry, trustDomains)
      await keeper.replace((all) => {
        const others = liveOf(all, clock.now()).filter(({ kind, value }) => kind !== entry.kind || !values.includes(value))
        if (others.length + values.length > maxDenied) throw denialInvalid(`the list has ${maxDenied} entries already`)
        return [...others, ...values.map((value) => ({ ...entry, value }))]
      })
      return entry
    },
    async remove(kind, value) {
      let wasThere = false
      await keeper.replace((all) => {
        const values = valuesLike({ kind, value: kind === 'serial' ? spellSerial(value) : value }, trustDomains)
        const left = all.filter((entry) => entry.kind !== kind || !values.includes(entry.value))
        wasThere = left.length < all.length
        return wasThere ? left : all
      })
      return wasThere
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    changed: () => {
      for (const listener of listeners) listener()
    },
  }
}

function liveOf(entries: readonly DeniedEntry[], nowMs: number): readonly DeniedEntry[] {
  return entries.some((entry) => isOver(entry, nowMs)) ? entries.filter((entry) => !isOver(entry, nowMs)) : entries
}

/** The same workload under each name of its trust domain, as asked for first. */
function valuesLike({ kind, value }: Pick<DeniedEntry, 'kind' | 'value'>, trustDomains: readonly string[]): readonly string[] {
  const parsed = kind === 'spiffe-id' ? parseSpiffeId(value) : undefined
  if (!parsed?.ok || !trustDomains.includes(parsed.id.trustDomain)) return [value]
  const { path } = parsed.id
  return [...new Set([value, ...trustDomains.map((name) => `spiffe://${name}${path}`)])]
}

function isOver({ untilMs }: DeniedEntry, nowMs: number): boolean {
  return untilMs !== undefined && nowMs >= untilMs
}

function valuesOf(entries: readonly DeniedEntry[], kind: DeniedEntry['kind']): readonly string[] {
  return entries.flatMap((entry) => (entry.kind === kind ? [entry.value] : []))
}

function readEntry({ spiffeId, serialHex, untilMs, reason, claimedActor }: DenyRequest, sinceMs: number): DeniedEntry {
  if ((spiffeId === undefined) === (serialHex === undefined)) throw denialInvalid('give either a SPIFFE id or a serial number')
  const subject = spiffeId === undefined ? readSerial(serialHex ?? '') : readId(spiffeId)
  return {
    ...subject,
    sinceMs,
    ...(untilMs !== undefined && { untilMs }),
    ...(reason !== undefined && { reason: reason.slice(0, 200) }),
    ...(claimedActor !== undefined && { claimedActor: claimedActor.slice(0, 200) }),
  }
}

function readId(value: string): Pick<DeniedEntry, 'kind' | 'value'> {
  const parsed = parseSpiffeId(value)
  if (!parsed.ok) throw denialInvalid(parsed.reason)
  if (parsed.id.path === '') throw denialInvalid(`"${value}" names a trust domain, not a workload`)
  return { kind: 'spiffe-id', value }
}

/** People paste serial numbers as openssl and browsers show them. */
function readSerial(text: string): Pick<DeniedEntry, 'kind' | 'value'> {
  const value = spellSerial(text)
  if (!/^(?:[0-9a-f]{2}){1,20}$/.test(value)) throw denialInvalid(`"${text}" is not a serial number in hexadecimal`)
  return { kind: 'serial', value }
}

function spellSerial(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(':', '')
    .replace(/^(?:00)+(?=.)/, '')
}

function denialInvalid(reason: string): Error {
  return caError('HEDDLE_CA_DENIAL_INVALID', `cannot deny this: ${reason}`, { origin: 'user' })
}
