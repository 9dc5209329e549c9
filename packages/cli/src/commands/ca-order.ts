/** `heddle ca rotate start|activate|abort`, `heddle ca revoke`, `heddle ca deny|allow`: orders to the authority, given through the API. */
import type { AuthorityOrder, OrderSubject } from '@heddle/ca'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { askAuthority, orderAuthority } from '../target/authority.js'
import { type Target, withTarget } from '../target/target.js'

export async function runStart(invocation: Invocation): Promise<number> {
  const revokeWhen = invocation.flags.string('revoke-when') ?? 'leaves-ended'
  if (revokeWhen !== 'leaves-ended' && revokeWhen !== 'acknowledged')
    throw usageError(`--revoke-when ${revokeWhen} is neither leaves-ended nor acknowledged`)
  const code = await give(invocation, { do: 'rotate-start', revokeWhen })
  invocation.streams.stdout.write('Follow it with: heddle ca rotate plan\n')
  return code
}

export function runActivate(invocation: Invocation): Promise<number> {
  return give(invocation, { do: 'rotate-activate', force: invocation.flags.boolean('unsafe-force') })
}

export function runAbort(invocation: Invocation): Promise<number> {
  return give(invocation, { do: 'rotate-abort' })
}

export async function runRevoke(invocation: Invocation): Promise<number> {
  const { positionals, flags } = invocation
  const [wanted] = positionals
  if (wanted === undefined || wanted.length < 8)
    throw usageError('say which root: at least 8 characters of its fingerprint, as "heddle ca status" shows it')
  return withTarget(invocation, async (target) => {
    const fingerprint = await rootOf(target, wanted)
    return give(invocation, { do: 'revoke', fingerprint, force: flags.boolean('unsafe-force') }, target)
  })
}

export function runDeny(invocation: Invocation): Promise<number> {
  const reason = invocation.flags.string('reason')
  return give(invocation, { do: 'deny', ...subjectOf(invocation), ...(reason !== undefined && { reason }) })
}

export function runAllow(invocation: Invocation): Promise<number> {
  return give(invocation, { do: 'allow', ...subjectOf(invocation) })
}

function subjectOf({ positionals }: Invocation): OrderSubject {
  const [word] = positionals
  if (!word) throw usageError('say whom: a SPIFFE id (spiffe://...) or the serial number of a certificate')
  return word.startsWith('spiffe:') ? { spiffeId: word } : { serialHex: word }
}

async function rootOf(target: Target, start: string): Promise<string> {
  const { rotation, handover } = await askAuthority(target)
  const fingerprints = rotation?.roots.map(({ fingerprint }) => fingerprint) ?? handover?.formerRoots ?? []
  const found = fingerprints.filter((fingerprint) => fingerprint.startsWith(start))
  const [only] = found
  if (only === undefined || found.length > 1)
    throw usageError(
      `${only === undefined ? 'no root has' : `${found.length} roots have`} a fingerprint that begins with ${start}`,
      'They are in "heddle ca status".',
    )
  return only
}

async function give(invocation: Invocation, order: AuthorityOrder, known?: Target): Promise<number> {
  const send = async (target: Target): Promise<number> => {
    invocation.streams.stdout.write(`${await orderAuthority(target, order, invocation)}\n`)
    return exitCode.ok
  }
  return known ? send(known) : withTarget(invocation, send)
}
