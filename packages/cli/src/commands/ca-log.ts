/** `heddle ca log`: what was issued, to whom and when; who held an identity at a time; whether the log's chain holds. */
import type { AuditRecord, AuditVerification } from '@heddle/ca'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { renderTable } from '../output/table.js'
import { askIstiods } from '../target/istiod.js'
import { withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  const query = queryOf(invocation)
  return withTarget(invocation, async (target) => {
    if (flags.boolean('verify')) {
      const answers = await askIstiods<AuditVerification>(target, '/debug/ca/log?verify=1')
      for (const { pod, answer } of answers) streams.stdout.write(`${pod.metadata.name}: ${verdictOf(answer)}\n`)
      return answers.every(({ answer }) => answer.ok) ? exitCode.ok : exitCode.failure
    }
    const answers = await askIstiods<readonly AuditRecord[]>(target, `/debug/ca/log?${query.toString()}`)
    const records = once(answers.flatMap(({ answer }) => answer)).toSorted((left, right) => left.atMs - right.atMs)
    if (flags.string('output') === 'json') streams.stdout.write(`${JSON.stringify(records, null, 2)}\n`)
    else
      streams.stdout.write(
        renderTable({ header: ['AT', 'IDENTITY', 'SERIAL', 'UNTIL', 'PROVED BY', 'POD OR CLAIMED ACTOR'], rows: records.map(rowOf) }),
      )
    return exitCode.ok
  })
}

function queryOf({ flags }: Invocation): URLSearchParams {
  const query = new URLSearchParams()
  const [id, at, tail] = [flags.string('id'), flags.string('at'), flags.string('tail')]
  if (at !== undefined && id === undefined) throw usageError('--at needs --id: whose certificates')
  const atMs = at === undefined ? undefined : Date.parse(at)
  if (atMs !== undefined && !Number.isFinite(atMs)) throw usageError(`--at ${at} is no time, such as 2026-01-31T12:03:00Z`)
  if (tail !== undefined && !/^[1-9]\d*$/.test(tail)) throw usageError(`--tail ${tail} is not a number of entries`)
  if (id !== undefined) query.set('id', id)
  if (atMs !== undefined) query.set('at', String(atMs))
  if (tail !== undefined) query.set('limit', tail)
  return query
}

/** Two istiods may know of the same log. */
function once(records: readonly AuditRecord[]): readonly AuditRecord[] {
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()]
}

function rowOf({ atMs, spiffeId, dnsNames, serialHex, notAfterMs, method, pod, claimedActor }: AuditRecord): readonly string[] {
  return [isoOf(atMs), spiffeId ?? dnsNames?.join(',') ?? '-', serialHex, isoOf(notAfterMs), method, pod?.name ?? claimedActor ?? '-']
}

function verdictOf(result: AuditVerification): string {
  return result.ok
    ? `${result.head.sequence} entries, the chain holds; last hash ${result.head.hash}`
    : `the chain is broken at entry ${result.sequence}: ${result.reason}`
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
