/**
 * `heddle ca token create`: a one-time join token for a workload that nobody else vouches for. It is made here and shown once; the
 * authority gets its hash alone, so nobody who reads the orders or the authority's Secret can use it.
 */
import { makeJoinToken } from '@heddle/ca'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { secondsOf } from '../command/seconds.js'
import { askAuthority, orderAuthority } from '../target/authority.js'
import { withTarget } from '../target/target.js'
import { workloadNamed } from './workload-name.js'

export async function runCreate(invocation: Invocation): Promise<number> {
  const { flags, streams, signal } = invocation
  const { trustDomain, namespace, serviceAccount } = workloadNamed(flags.string('identity'), 'identity')
  const ttlSeconds = secondsOf(flags, 'ttl')
  return withTarget(invocation, async (target) => {
    const mesh = (await askAuthority(target)).trustDomain
    if (trustDomain !== undefined && trustDomain !== mesh)
      throw usageError(`the identity is one of "${trustDomain}", the mesh is "${mesh}"`)
    const { token, tokenHash } = makeJoinToken()
    const workload = { namespace, serviceAccount }
    const order = { do: 'create-join-token', tokenHash, workload, ...(ttlSeconds !== undefined && { ttlSeconds }) } as const
    streams.stderr.write(`${await orderAuthority(target, order, { signal })}\n`)
    streams.stdout.write(`${token}\n`)
    return exitCode.ok
  })
}
