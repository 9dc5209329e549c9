/**
 * `heddle cert issue --as NAMESPACE/ACCOUNT`: a mesh certificate for a person. There is no back door in the authority: the
 * platform's admin asks the API for a token of that account, as a Pod would get one, and the authority logs the issue.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HeddleError, parseDuration } from '@heddle/base'
import { makeFolder, readIfPresent, replaceFile, writeDurably } from '@heddle/base/node'
import { requestWorkloadCertificate } from '@heddle/client'
import { parseCertificate, parseCertificatePem } from '@heddle/x509'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { withAuthority } from '../target/authority-address.js'
import { serviceAccounts } from '../target/resource-types.js'
import { type Target, withTarget } from '../target/target.js'
import { givenJoinToken } from './given-join-token.js'
import { workloadNamed, type WorkloadName } from './workload-name.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd, signal } = invocation
  if (flags.string('as') !== undefined && (flags.string('join-token') ?? flags.string('join-token-file')) !== undefined)
    throw usageError('a join token says itself whose identity it is: leave --as away')
  const joinToken = await givenJoinToken(invocation)
  if (joinToken === undefined && flags.string('as') === undefined)
    throw usageError('say whose identity with --as NAMESPACE/ACCOUNT, or prove it with --join-token -')
  const workload = joinToken === undefined ? workloadNamed(flags.string('as'), 'as') : undefined
  const ttl = parseDuration(flags.string('ttl') ?? '1h')
  if (!ttl.ok) throw usageError(`--ttl: ${ttl.reason}`)
  const folder = resolve(cwd, flags.string('out') ?? '.')
  if (!flags.boolean('force')) refuseStrangersFiles(folder)
  return withTarget(invocation, async (target) => {
    const token = joinToken ?? (await requestToken(target, workload as WorkloadName))
    const ttlSeconds = Math.ceil(ttl.ms / 1000)
    const issued = await withAuthority(target, (place) => requestWorkloadCertificate({ ...place, token, ttlSeconds, signal }))
    const paths = writeCertificate(folder, issued)
    const validUntil = new Date(issued.notAfterMs).toISOString()
    streams.stdout.write(`issued a certificate for ${spiffeIdIn(issued.chainPem) ?? 'nobody'}, valid until ${validUntil}\n`)
    for (const path of paths) streams.stdout.write(`  ${path}\n`)
    return exitCode.ok
  })
}

/** Files of an earlier call are replaced, a key of something else never is. @throws HEDDLE_CLI_FILE */
export function refuseStrangersFiles(folder: string): void {
  const there = ['key.pem', 'cert.pem', 'ca.pem'].find((name) => existsSync(join(folder, name)))
  if (there === undefined || spiffeIdIn(readIfPresent(join(folder, 'cert.pem'))?.toString('latin1') ?? '') !== undefined) return
  throw new HeddleError({
    code: 'HEDDLE_CLI_FILE',
    message: `${join(folder, there)} is there already, and not from an earlier call: cert.pem beside it is no certificate of a mesh`,
    hint: 'Choose another folder with --out, or replace the files with --force.',
    origin: 'user',
  })
}

function spiffeIdIn(chainPem: string): string | undefined {
  const chain = parseCertificatePem(chainPem)
  const leaf = chain.ok && chain.ders[0] ? parseCertificate(chain.ders[0]) : undefined
  return leaf?.ok === true ? leaf.certificate.extensions.subjectAltNames?.uris.find((uri) => uri.startsWith('spiffe://')) : undefined
}

/** The key is replaced, not written over: a file that others may read keeps that right. @returns the paths. */
export function writeCertificate(
  folder: string,
  issued: { readonly chainPem: string; readonly privateKeyPem: string; readonly rootsPem: string },
): readonly string[] {
  const [certificate, key, roots] = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => join(folder, name)) as [string, string, string]
  makeFolder(folder)
  replaceFile(roots, issued.rootsPem)
  replaceFile(certificate, issued.chainPem)
  writeDurably(key, issued.privateKeyPem)
  return [certificate, key, roots]
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
