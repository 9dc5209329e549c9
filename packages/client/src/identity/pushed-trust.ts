/**
 * The roots that the control plane pushed and those that came with the certificate: which of them count, which are tainted, and
 * whether our own certificate stands under a tainted one and has to be replaced.
 */
import type { Secret } from '@heddle/routing'
import { createTrustBundle, parseCertificatePem, verifySvidPath } from '@heddle/x509'
import type { PushedDenials, PushedTrust } from '@heddle/xds'
import type { WorkloadCertificate } from './workload-certificate.js'

export const noDenials: PushedDenials = { spiffeIds: [], serials: [] }

/** @throws what a root that cannot be used throws: it is refused before it is trusted. */
export function checkTrust({ trustDomain, roots, federated }: PushedTrust, ownTrustDomain: string): void {
  if (trustDomain !== ownTrustDomain) throw new Error(`the roots are those of "${trustDomain}", not of "${ownTrustDomain}"`)
  if (roots.length === 0) throw new Error('there is no root')
  createTrustBundle({ roots: { ...federatedRootsOf(federated), [trustDomain]: pemOf(roots) } })
}

/** What is pushed counts, unless our own certificate, which may be newer, is not under it. */
export function rootsOf(certificate: WorkloadCertificate, pushed: PushedTrust | undefined, nowMs: number): string {
  return pushed && isUnder(certificate, pushed, pemOf(pushed.roots), nowMs) ? pemOf(pushed.roots) : certificate.rootsPem
}

export function isUnderTaintedRoot(certificate: WorkloadCertificate, pushed: PushedTrust, nowMs: number): boolean {
  const clean = pushed.roots.filter(({ isTainted }) => !isTainted)
  if (clean.length === pushed.roots.length || clean.length === 0) return false
  return !isUnder(certificate, pushed, pemOf(clean), nowMs)
}

/**
 * Whether the pushed roots are another authority's: our certificate is under none of them, and we were given none of them with it.
 * Roots of one authority overlap from one bundle to the next, so a replica that is behind always has one that we know; the order number
 * says nothing here, since another authority counts from the beginning.
 */
export function isOfAnotherAuthority(certificate: WorkloadCertificate, pushed: PushedTrust, nowMs: number): boolean {
  if (isUnder(certificate, pushed, pemOf(pushed.roots), nowMs)) return false
  const known = dersOf(certificate.rootsPem)
  return !dersOf(pemOf(pushed.roots)).some((der) => known.some((other) => Buffer.compare(der, other) === 0))
}

/** The secret by which peers are judged. */
export function validationOf(
  name: string,
  rootsPem: string,
  pushed: PushedTrust | undefined,
  trustDomain: string,
  denied: PushedDenials,
): Secret {
  const taintedRootsPem = pemOf(pushed?.roots.filter(({ isTainted, pem }) => isTainted && rootsPem.includes(pem)) ?? [])
  const hasDenials = denied.spiffeIds.length + denied.serials.length > 0
  return {
    kind: 'validation',
    name,
    rootsPem,
    trustDomain,
    ...(taintedRootsPem !== '' && { taintedRootsPem }),
    ...(pushed?.federated?.length && { federatedRootsPem: federatedRootsOf(pushed.federated) }),
    ...(hasDenials && { denied: { spiffeIds: denied.spiffeIds, serials: denied.serials } }),
    ...(denied.crlPem !== undefined && { crlPem: denied.crlPem }),
  }
}

function federatedRootsOf(federated: PushedTrust['federated'] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(federated.map(({ trustDomain, rootsPem }) => [trustDomain, rootsPem]))
}

function isUnder({ chainPem, notBeforeMs }: WorkloadCertificate, { trustDomain }: PushedTrust, rootsPem: string, nowMs: number): boolean {
  const chain = parseCertificatePem(chainPem)
  if (!chain.ok) return false
  const bundle = createTrustBundle({ roots: { [trustDomain]: rootsPem } })
  return verifySvidPath({ chain: chain.ders, bundle, nowMs: Math.max(nowMs, notBeforeMs) }).ok
}

function dersOf(pem: string): readonly Uint8Array[] {
  const parsed = parseCertificatePem(pem)
  return parsed.ok ? parsed.ders : []
}

function pemOf(roots: PushedTrust['roots']): string {
  return roots.map(({ pem }) => pem).join('')
}
