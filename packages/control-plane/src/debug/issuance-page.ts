/** The issuance log on 15014: the last entries, who held an identity at a time, or whether the chain holds. */
import { type AuditRecord, holdersOf, readAuditLog, verifyAuditLog } from '@heddle/ca'
import { json, type Page, text } from './monitoring-server.js'

const defaultEntries = 50
const maxEntries = 10_000

export async function issuancePage(directory: string | undefined, query: URLSearchParams): Promise<Page> {
  if (directory === undefined) return text('this istiod keeps no issuance log\n', 404)
  if (query.has('verify')) return json(await verifyAuditLog({ directory }))
  const spiffeId = query.get('id')
  const atMs = query.get('at')
  if (spiffeId !== null && atMs !== null) {
    return Number.isFinite(Number(atMs))
      ? json(await holdersOf({ directory }, { spiffeId, atMs: Number(atMs) }))
      : text('at must be milliseconds since 1970\n', 400)
  }
  const limit = Number(query.get('limit') ?? defaultEntries)
  if (!Number.isInteger(limit) || limit < 1 || limit > maxEntries) return text(`limit must be 1 to ${maxEntries}\n`, 400)
  const last: AuditRecord[] = []
  for await (const { record } of readAuditLog({ directory })) {
    if (spiffeId !== null && record.spiffeId !== spiffeId) continue
    last.push(record)
    if (last.length > limit) last.shift()
  }
  return json(last)
}
