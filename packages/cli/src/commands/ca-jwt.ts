/** `heddle ca jwt issue|validate`: JWT-SVIDs for a person, given as to a Pod of the account, and what the mesh's keys say of one. */
import { parseJwtKeySet, validateJwtSvid } from '@heddle/base/node'
import { HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { requestJwtSvid } from '@heddle/client'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { secondsOf } from '../command/seconds.js'
import { askAuthority } from '../target/authority.js'
import { withAuthority } from '../target/authority-address.js'
import { withTarget } from '../target/target.js'
import { requestToken } from './cert-issue.js'
import { workloadNamed } from './workload-name.js'

export async function runIssue(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  const workload = workloadNamed(flags.string('as'), 'as')
  const audiences = flags.strings('audience')
  if (audiences.length === 0) throw usageError('say whom the token is for with --audience')
  const ttlSeconds = secondsOf(flags, 'ttl')
  return withTarget(invocation, async (target) => {
    const token = await requestToken(target, workload)
    const svid = await withAuthority(target, (place) =>
      requestJwtSvid({ ...place, token, audiences, ...(ttlSeconds !== undefined && { ttlSeconds }) }),
    )
    streams.stderr.write(`issued a token for ${svid.spiffeId}, valid until ${new Date(svid.notAfterMs).toISOString()}\n`)
    streams.stdout.write(`${svid.token}\n`)
    return exitCode.ok
  })
}

export async function runValidate(invocation: Invocation): Promise<number> {
  const { flags, streams, positionals } = invocation
  const audience = flags.string('audience')
  const [given] = positionals
  if (audience === undefined || given === undefined) throw usageError('give a token, or - for standard input, and --audience')
  const token = given === '-' ? await readAll(streams.stdin) : given
  return withTarget(invocation, async (target) => {
    const { trustDomain, bundle, federated } = await askAuthority(target)
    const documents = new Map([
      [trustDomain, bundle.spiffe],
      ...federated.flatMap((other) => (other.spiffe ? [[other.trustDomain, other.spiffe] as const] : [])),
    ])
    const result = validateJwtSvid({ token, audience, nowMs: systemClock.now(), bundleOf: (domain) => keysOf(documents.get(domain)) })
    if (!result.ok)
      throw new HeddleError({ code: 'HEDDLE_CLI_TOKEN_REFUSED', message: `the token is not good: ${result.message}`, origin: 'user' })
    streams.stdout.write(`${JSON.stringify(result.claims, null, 2)}\n`)
    return exitCode.ok
  })
}

function keysOf(document: string | undefined): ReturnType<Parameters<typeof validateJwtSvid>[0]['bundleOf']> {
  const parsed = document === undefined ? undefined : parseJwtKeySet(document)
  return parsed?.ok ? parsed.keys : undefined
}

async function readAll(stdin: Invocation['streams']['stdin']): Promise<string> {
  let text = ''
  for await (const chunk of stdin) text += Buffer.from(chunk).toString('utf8')
  return text.trim()
}
