/** The issuance log on 15014: the last entries, who held an identity at a time, or whether the chain holds. */
import files from 'node:fs/promises'
import { join } from 'node:path'
import { type AuditRecord, type AuditVerification, holdersOf, readAuditLog, verifyAuditLog } from '@heddle/ca'
import { json, type Page, text } from './monitoring-server.js'

const defaultEntries = 50
const maxEntries = 10_000

/** @param folder holds a log itself, or the folders of several: each istiod writes one, and those before it stay. */
export async function issuancePage(folder: string | undefined, query: URLSearchParams): Promise<Page> {
  if (folder === undefined) return text('this istiod keeps no issuance log\n', 404)
  const logs = await logFoldersIn(folder)
  if (query.has('verify')) return json(await verifyAll(logs))
  const spiffeId = query.get('id')
  const atMs = query.get('at')
  if (spiffeId !== null && atMs !== null) {
    if (!Number.isFinite(Number(atMs))) return text('at must be milliseconds since 1970\n', 400)
    const holders = await Promise.all(logs.map((directory) => holdersOf({ directory }, { spiffeId, atMs: Number(atMs) })))
    return json(inOrder(holders.flat()))
  }
  const limit = Number(query.get('limit') ?? defaultEntries)
  if (!Number.isInteger(limit) || limit < 1 || limit > maxEntries) return text(`limit must be 1 to ${maxEntries}\n`, 400)
  const last = await Promise.all(logs.map((directory) => lastOf(directory, limit, spiffeId)))
  return json(inOrder(last.flat()).slice(-limit))
}

async function lastOf(directory: string, limit: number, spiffeId: string | null): Promise<readonly AuditRecord[]> {
  const last: AuditRecord[] = []
  for await (const { record } of readAuditLog({ directory })) {
    if (spiffeId !== null && record.spiffeId !== spiffeId) continue
    last.push(record)
    if (last.length > limit) last.shift()
  }
  return last
}

/** All of them are to hold; the head is that of the newest entry. */
async function verifyAll(logs: readonly string[]): Promise<AuditVerification> {
  const results = await Promise.all(logs.map((directory) => verifyAuditLog({ directory })))
  const broken = results.find(({ ok }) => !ok)
  return broken ?? (results.at(-1) as AuditVerification)
}

function inOrder(records: readonly AuditRecord[]): readonly AuditRecord[] {
  return records.toSorted((left, right) => left.atMs - right.atMs)
}

/** The one that was written to last at the end. */
async function logFoldersIn(folder: string): Promise<readonly string[]> {
  const inside = (await files.readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const paths = [folder, ...inside.map(({ name }) => join(folder, name))]
  const times = await Promise.all(paths.map(async (path) => [path, await lastWrite(path)] as const))
  return times.toSorted(([, left], [, right]) => left - right).map(([path]) => path)
}

async function lastWrite(folder: string): Promise<number> {
  const names = (await files.readdir(folder)).filter((name) => name.endsWith('.jsonl'))
  const times = await Promise.all(names.map(async (name) => (await files.stat(join(folder, name))).mtimeMs))
  return Math.max(0, ...times)
}
