/** Judges requests and issues leaves: whose identity, which key, how long, denied or not, recorded before released. */
import type { Clock, Logger, Random } from '@heddle/base'
import { isHeddleError } from '@heddle/base'
import { type AltNameFields, type Csr, type KeyAlgorithm, encodePrivateKey, parseCsr, publicKeyOf } from '@heddle/x509'
import type { AuditRecord, AuditSink } from '../audit/audit-record.js'
import { newKey } from '../authority/new-key.js'
import type { SigningSource } from '../authority/signing-source.js'
import type { CaBundle } from '../bundle/ca-bundle.js'
import type { Ca, IssuedIdentity, IssuedServerCertificate, SignedCertificate } from '../ca.js'
import { caError, callerInvalid } from '../ca-error.js'
import { type Caller, workloadUriOf } from '../caller.js'
import type { DenyBook } from '../deny/deny-book.js'
import { type CaCounters, countFailure } from '../metrics/ca-metrics.js'
import { type Explanation, explainRefusal } from './explain.js'
import { type IssuedCertificate, type Validity, issueLeaf, validityOf } from './leaf.js'
import { resolveTtlSeconds } from './ttl.js'

export interface IssuerOptions {
  readonly trustDomain: string
  readonly aliases: readonly string[]
  readonly keyAlgorithms: readonly KeyAlgorithm[]
  readonly defaultTtlSeconds: number
  readonly maxTtlSeconds: number
  readonly audit: AuditSink
}

export interface IssuerDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly source: SigningSource
  readonly deny: DenyBook
  readonly counters: CaCounters
  readonly bundle: () => CaBundle
}

export interface Issuer extends Pick<Ca, 'sign' | 'issueFor' | 'issueServer' | 'explain'> {
  /** The id of a caller that may be certified. @throws HeddleError `HEDDLE_CA_CALLER_INVALID`, `HEDDLE_CA_CALLER_DENIED` */
  idOf(caller: Caller): string
  close(): void
}

type RecordFields = Omit<AuditRecord, 'atMs' | 'serialHex' | 'notBeforeMs' | 'notAfterMs' | 'issuerFingerprint'>

interface Judged {
  readonly spiffeId: string
  readonly csr: Csr
  readonly ttlSeconds: number
  readonly validity: Validity
}

export function createIssuer(options: IssuerOptions, deps: IssuerDeps): Issuer {
  return new LeafIssuer(options, deps)
}

class LeafIssuer implements Issuer {
  readonly #options: IssuerOptions
  readonly #deps: IssuerDeps
  #isClosed = false

  constructor(options: IssuerOptions, deps: IssuerDeps) {
    this.#options = options
    this.#deps = deps
  }

  async sign(csrPem: string, caller: Caller, ttlSeconds?: number | bigint): Promise<SignedCertificate> {
    const { counters } = this.#deps
    counters.csrCount++
    try {
      const { spiffeId, csr, ttlSeconds: ttl } = this.#judge(csrPem, caller, ttlSeconds)
      counters.ignoredWishes += wishesOf(csr).length
      const issued = await this.#issue(csr.publicKey, csr.keyAlgorithm, { uris: [spiffeId] }, ttl)
      const { method, pod, claimedActor } = caller
      await this.#record(issued, {
        action: 'sign',
        spiffeId,
        method,
        ...(pod && { pod }),
        ...(claimedActor !== undefined && { claimedActor }),
      })
      // Signing and recording may have taken a while, in which an operator denied the workload.
      this.idOf(caller)
      return { ...issued, spiffeId }
    } catch (error) {
      countFailure(counters, isHeddleError(error) ? error.code : undefined)
      throw error
    }
  }

  explain({ csrPem, caller, ttlSeconds }: Parameters<Ca['explain']>[0]): Explanation {
    try {
      const { spiffeId, csr, ttlSeconds: ttl, validity } = this.#judge(csrPem, caller, ttlSeconds)
      return {
        ok: true,
        spiffeId,
        keyAlgorithm: csr.keyAlgorithm,
        ...validity,
        issuerFingerprint: this.#deps.source.signer().fingerprint,
        notes: this.#notesOn(csr, ttlSeconds, ttl, validity),
      }
    } catch (error) {
      return explainRefusal(error)
    }
  }

  async issueFor(...[workload, asked = {}]: Parameters<Ca['issueFor']>): Promise<IssuedIdentity> {
    const caller = { trustDomain: this.#options.trustDomain, ...workload, method: 'operator' } as const
    const spiffeId = this.idOf(caller)
    this.#checkTaken()
    const key = newKey(this.#deps.random)
    const issued = await this.#issue(publicKeyOf(key), 'ec-p256', { uris: [spiffeId] }, this.#ttlOf(asked.ttlSeconds))
    await this.#record(issued, {
      action: 'issue-for',
      spiffeId,
      method: 'operator',
      ...(asked.claimedActor !== undefined && { claimedActor: asked.claimedActor }),
    })
    this.idOf(caller)
    return { ...issued, spiffeId, privateKeyPem: encodePrivateKey(key) }
  }

  async issueServer({
    dnsNames,
    ipAddresses = [],
    workload,
    ttlSeconds,
  }: Parameters<Ca['issueServer']>[0]): Promise<IssuedServerCertificate> {
    const { trustDomain, maxTtlSeconds } = this.#options
    const spiffeId = workload && this.idOf({ trustDomain, ...workload, method: 'operator' })
    const key = newKey(this.#deps.random)
    const altNames = { uris: spiffeId === undefined ? [] : [spiffeId], dnsNames, ipAddresses }
    const issued = await this.#issue(publicKeyOf(key), 'ec-p256', altNames, this.#ttlOf(ttlSeconds ?? maxTtlSeconds))
    await this.#record(issued, { action: 'issue-server', dnsNames, method: 'operator', ...(spiffeId !== undefined && { spiffeId }) })
    return { ...issued, privateKeyPem: encodePrivateKey(key) }
  }

  /** A caller of an alias of the trust domain is certified under the domain's own name. */
  idOf(caller: Caller): string {
    const { trustDomain, aliases } = this.#options
    if (caller.trustDomain !== trustDomain && !aliases.includes(caller.trustDomain))
      throw callerInvalid(`it belongs to "${caller.trustDomain}", this authority to "${trustDomain}"`)
    const uri = workloadUriOf({ ...caller, trustDomain })
    if (this.#isDenied(uri)) throw caError('HEDDLE_CA_CALLER_DENIED', `"${uri}" is on the deny-list`, { origin: 'downstream' })
    return uri
  }

  close(): void {
    this.#isClosed = true
  }

  #isDenied(uri: string): boolean {
    return this.#deps.deny.entries().some(({ kind, value }) => kind === 'spiffe-id' && value === uri)
  }

  #judge(csrPem: string, caller: Caller, asked: number | bigint | undefined): Judged {
    const { source, clock } = this.#deps
    const spiffeId = this.idOf(caller)
    const csr = this.#readCsr(csrPem)
    this.#checkTaken()
    const ttlSeconds = Math.min(this.#ttlOf(asked), Math.max(1, caller.maxTtlSeconds ?? this.#options.maxTtlSeconds))
    return { spiffeId, csr, ttlSeconds, validity: validityOf(clock.now(), ttlSeconds, source.signer()) }
  }

  #readCsr(csrPem: string): Csr {
    const result = parseCsr(csrPem, { keyAlgorithms: this.#options.keyAlgorithms })
    if (!result.ok) throw csrInvalid(result.reason)
    if (this.#deps.source.isAuthorityKey(result.csr.publicKey)) throw csrInvalid("the key is the authority's own")
    return result.csr
  }

  #notesOn(csr: Csr, asked: number | bigint | undefined, ttlSeconds: number, { notAfterMs }: Validity): readonly string[] {
    const notes = wishesOf(csr).map((wish) => `${wish} is ignored: the identity is the caller's`)
    if (asked !== undefined && asked > ttlSeconds) notes.push(`the lifetime is ${ttlSeconds} s, not ${asked} s`)
    const endsEarly = notAfterMs < this.#deps.clock.now() + ttlSeconds * 1000
    if (endsEarly) notes.push("the lifetime is cut to the end of the authority's own certificate")
    return notes
  }

  async #issue(publicKey: Uint8Array, keyAlgorithm: KeyAlgorithm, altNames: AltNameFields, ttlSeconds: number): Promise<IssuedCertificate> {
    const { source, clock, bundle, random } = this.#deps
    this.#checkOpen()
    // Another root may become active while the state is saved; the loop ends with the one that will sign.
    while (!source.knowsLeaf(ttlSeconds)) await source.allowLeaf(ttlSeconds)
    this.#checkOpen()
    const request = { publicKey, keyAlgorithm, altNames, ttlSeconds, nowMs: clock.now() }
    return issueLeaf(request, source.signer(), bundle().rootsPem, random)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw caError('HEDDLE_CA_CLOSED', 'the certificate authority is closed')
  }

  /** Leaves that some would not trust yet stay unissued; who holds one under the former authority does not need one. */
  #checkTaken(): void {
    if (this.#deps.source.handover?.status()?.phase !== 'waiting') return
    throw caError(
      'HEDDLE_CA_HANDOVER',
      'no certificate is issued until every workload trusts the roots of the authority that was plugged in',
      {
        hint: 'Try again: it takes some ten seconds, and a minute at most.',
        retryable: true,
      },
    )
  }

  #ttlOf(asked: number | bigint | undefined): number {
    return resolveTtlSeconds(asked, { defaultSeconds: this.#options.defaultTtlSeconds, maxSeconds: this.#options.maxTtlSeconds })
  }

  async #record(issued: IssuedCertificate, what: RecordFields): Promise<void> {
    const { clock, logger, counters } = this.#deps
    const { serialHex, notBeforeMs, notAfterMs, issuerFingerprint } = issued
    const entry: AuditRecord = { atMs: clock.now(), serialHex, notBeforeMs, notAfterMs, issuerFingerprint, ...what }
    try {
      await this.#options.audit(entry)
    } catch (cause) {
      throw caError('HEDDLE_CA_AUDIT_FAILED', 'the certificate was not released: its issue could not be recorded', {
        retryable: true,
        cause,
      })
    }
    counters.issued++
    logger.debug('issued a certificate', { ...entry })
  }
}

/** What a request asks for besides a certificate of its key. */
function wishesOf({ subject, requested }: Csr): readonly string[] {
  const { subjectAltNames: names, basicConstraints, keyUsage, extendedKeyUsage, unhandled } = requested
  const wishes: string[] = []
  if (subject.text !== '') wishes.push(`the subject ${JSON.stringify(subject.text.slice(0, 100))}`)
  if (names) wishes.push(`the name ${JSON.stringify([...names.uris, ...names.dnsNames].join(' ').slice(0, 200))}`)
  if (basicConstraints?.isCa) wishes.push('the wish to be a CA')
  if (keyUsage) wishes.push(`the key usage ${keyUsage.usages.join(' ')}`)
  if (extendedKeyUsage) wishes.push(`the extended key usage ${extendedKeyUsage.purposes.join(' ').slice(0, 200)}`)
  for (const name of unhandled) wishes.push(`the extension ${name}`)
  return wishes
}

function csrInvalid(reason: string): Error {
  return caError('HEDDLE_CA_CSR_INVALID', `the certificate request is refused: ${reason}`, { origin: 'downstream' })
}
