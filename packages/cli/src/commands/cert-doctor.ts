/**
 * `heddle cert doctor POD [POD]`: compares the certificates, roots, clocks and policy of two ends, and what the authority says, and tells
 * in words what is wrong. With one Pod its other end is the authority.
 */
import { createHash } from 'node:crypto'
import { systemClock } from '@heddle/base/node'
import type { CaView } from '@heddle/control-plane'
import { parseCertificatePem } from '@heddle/x509'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { askAuthority } from '../target/authority.js'
import { configDumpOf } from '../target/config-dump.js'
import { findProxyPod, podIpOf } from '../target/pods.js'
import { type Target, withTarget } from '../target/target.js'
import { type PolicyEnd, policyMismatches } from '../target/tls-policy.js'
import { type CertificateRow, certificatesOf, type ProxyCertificates } from '../target/workload-certificates.js'

export async function run(invocation: Invocation): Promise<number> {
  const { positionals, streams } = invocation
  return withTarget(invocation, async (target) => {
    const ends = await Promise.all([positionals[0], ...positionals.slice(1, 2)].map((word) => endOf(target, word)))
    const authority = await askAuthority(target)
    const [left, right] = ends
    const between =
      left && right ? [...mismatches(left, right), ...mismatches(right, left), ...(await policyBetween(target, left, right))] : []
    const findings = [...ends.flatMap((end) => findingsOf(end, authority)), ...between]
    for (const end of ends)
      streams.stdout.write(
        `${nameOf(end)}: ${end.leaf?.uris?.join(', ') ?? 'no certificate'}, until ${end.leaf?.not_after ?? '-'}, ${end.roots.length} root(s)\n`,
      )
    if (findings.length === 0)
      streams.stdout.write(
        `Nothing is wrong: certificates are in time, issued by the mesh, and trusted by the other end${right ? ', which takes what is sent to it' : ''}.\n`,
      )
    for (const finding of findings) streams.stdout.write(`wrong: ${finding}\n`)
    return findings.length === 0 ? exitCode.ok : exitCode.failure
  })
}

async function endOf(target: Target, word: string | undefined): Promise<ProxyCertificates> {
  return certificatesOf(target, await findProxyPod(target, word))
}

/** Both ways; nothing of an end that does not answer, which is said already. */
async function policyBetween(target: Target, left: ProxyCertificates, right: ProxyCertificates): Promise<readonly string[]> {
  if (left.fault !== undefined || right.fault !== undefined) return []
  const [one, other] = await Promise.all([left, right].map((end) => policyOf(target, end)))
  return one && other && left.pod !== right.pod ? [...policyMismatches(one, other), ...policyMismatches(other, one)] : []
}

async function policyOf(target: Target, end: ProxyCertificates): Promise<PolicyEnd> {
  return { name: nameOf(end), podIp: podIpOf(end.pod), dump: await configDumpOf(target, end.pod) }
}

type Authority = Pick<CaView, 'trustDomain' | 'bundle' | 'rotation' | 'denied'>

/** What is wrong with one end by itself. */
export function findingsOf(end: ProxyCertificates, authority: Authority, nowMs: number = systemClock.now()): readonly string[] {
  const who = nameOf(end)
  if (end.fault !== undefined) return [`${who} does not answer: ${end.fault}`]
  if (!end.leaf)
    return [`${who} has no certificate: see "heddle logs ${end.pod.metadata.name} -c istio-proxy" for why the authority refused`]
  return [...leafFindings(who, end.leaf, authority, nowMs), ...rootFindings(who, end.roots, authority)]
}

function leafFindings(who: string, leaf: CertificateRow, { trustDomain, denied }: Authority, nowMs: number): readonly string[] {
  const findings: string[] = []
  const { not_after: end = '', not_before: begin = '', uris = [], serial_number: serial } = leaf
  if (Date.parse(end) <= nowMs) findings.push(`the certificate of ${who} ended ${end}: it could not be renewed`)
  if (Date.parse(begin) > nowMs)
    findings.push(`the certificate of ${who} begins ${begin}: the clocks of this machine and of the authority differ`)
  for (const uri of uris) {
    if (!uri.startsWith(`spiffe://${trustDomain}/`)) findings.push(`${who} is "${uri}", and the mesh is "${trustDomain}"`)
    if (denied.some(({ value }) => value === uri)) findings.push(`${who} is denied as "${uri}"`)
  }
  if (denied.some(({ value }) => value === serial)) findings.push(`the certificate of ${who} is denied by its serial number`)
  return findings
}

function rootFindings(who: string, roots: readonly CertificateRow[], authority: Authority): readonly string[] {
  const trusted = roots.map(({ fingerprint }) => fingerprint)
  const published = publishedRoots(authority)
  const fingerprints = published.map(({ fingerprint }) => fingerprint)
  return [
    ...published.flatMap(({ fingerprint, phase }) =>
      trusted.includes(fingerprint) ? [] : [`${who} lacks the ${phase} root ${fingerprint.slice(0, 16)}`],
    ),
    ...trusted.flatMap((fingerprint = '') =>
      fingerprints.includes(fingerprint)
        ? []
        : [`${who} still trusts the root ${fingerprint.slice(0, 16)}, which the authority has given up`],
    ),
  ]
}

/** A plugged-in authority has no phases: its bundle says which roots count. */
function publishedRoots({ rotation, bundle }: Authority): readonly { readonly fingerprint: string; readonly phase: string }[] {
  if (rotation) return rotation.roots
  const parsed = parseCertificatePem(bundle.rootsPem)
  if (!parsed.ok) return []
  return parsed.ders.map((der) => ({ fingerprint: createHash('sha256').update(der).digest('hex'), phase: 'plugged-in' }))
}

/** Whether `right` would believe `left`. */
export function mismatches(left: ProxyCertificates, right: ProxyCertificates): readonly string[] {
  const { leaf } = left
  const signer = leaf?.root_key_id ?? leaf?.authority_key_id
  if (!signer || right.roots.length === 0) return []
  if (right.roots.some(({ subject_key_id: keyId }) => keyId === signer)) return []
  return [`${nameOf(right)} does not trust whoever signed the certificate of ${nameOf(left)}: handshakes between them fail`]
}

function nameOf({ pod: { metadata } }: ProxyCertificates): string {
  return `${metadata.name}.${metadata.namespace ?? ''}`
}
