/**
 * `heddle cert issue --as NAMESPACE/ACCOUNT`: a mesh certificate for a person. There is no back door in the authority: the
 * platform's admin asks the API for a token of that account, as a Pod would get one, and the authority logs the issue.
 */
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HeddleError, parseDuration } from '@heddle/base'
import { makeFolder, writeDurably } from '@heddle/base/node'
import { requestWorkloadCertificate } from '@heddle/client'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { withAuthority } from '../target/authority-address.js'
import { serviceAccounts } from '../target/resource-types.js'
import { type Target, withTarget } from '../target/target.js'
import { workloadNamed, type WorkloadName } from './workload-name.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd, signal } = invocation
  const joinToken = await joinTokenOf(invocation)
  if (joinToken !== undefined && flags.string('as') !== undefined)
    throw usageError('a join token says itself whose identity it is: leave --as away')
  const workload = joinToken === undefined ? workloadNamed(flags.string('as'), 'as') : undefined
  const ttl = parseDuration(flags.string('ttl') ?? '1h')
  if (!ttl.ok) throw usageError(`--ttl: ${ttl.reason}`)
  const folder = resolve(cwd, flags.string('out') ?? '.')
  return withTarget(invocation, async (target) => {
    const token = joinToken ?? (await requestToken(target, workload as WorkloadName))
    const ttlSeconds = Math.ceil(ttl.ms / 1000)
    const issued = await withAuthority(target, (place) => requestWorkloadCertificate({ ...place, token, ttlSeconds, signal }))
    const paths = await writeCertificate(folder, issued)
    const validUntil = new Date(issued.notAfterMs).toISOString()
    const whose = workload ? `${workload.namespace}/${workload.serviceAccount}` : 'whom the join token names'
    streams.stdout.write(`issued a certificate for ${whose}, valid until ${validUntil}\n`)
    for (const path of paths) streams.stdout.write(`  ${path}\n`)
    return exitCode.ok
  })
}

/** The key is replaced, not written over: a file that others may read keeps that right. @returns the paths. */
export async function writeCertificate(
  folder: string,
  issued: { readonly chainPem: string; readonly privateKeyPem: string; readonly rootsPem: string },
): Promise<readonly string[]> {
  const [certificate, key, roots] = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => join(folder, name)) as [string, string, string]
  makeFolder(folder)
  writeDurably(key, issued.privateKeyPem)
  await writeFile(certificate, issued.chainPem)
  await writeFile(roots, issued.rootsPem)
  return [certificate, key, roots]
}

async function joinTokenOf({ flags, streams }: Invocation): Promise<string | undefined> {
  const given = flags.string('join-token')
  if (given !== '-') return given
  let text = ''
  for await (const chunk of streams.stdin) text += Buffer.from(chunk).toString('utf8')
  return text.trim()
}

/** A token of the account, as a Pod would get one. */
export async function requestToken({ client }: Target, { namespace, serviceAccount: account }: WorkloadName): Promise<string> {
  if (!(await client.get(serviceAccounts, account, namespace))) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_NOT_FOUND',
      message: `there is no service account "${account}" in namespace "${namespace}"`,
      origin: 'user',
      hint: `List them with "heddle get serviceaccounts -n ${namespace}".`,
    })
  }
  const answer = await client.createSubresource(
    serviceAccounts,
    account,
    'token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['istio-ca'], expirationSeconds: 600 } },
    namespace,
  )
  return (answer['status'] as { readonly token: string }).token
}
