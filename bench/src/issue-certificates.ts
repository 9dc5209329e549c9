/**
 * A certificate from a request, P-256: parse the request, prove possession, sign, write PEM. Ours does more than the libraries (it
 * lints what it made, records it and clamps it to its chain), and is measured with all of that. The libraries write the same names
 * and usages; pkijs writes no key identifiers, which it has no help for. Batches are interleaved and the best
 * of each counts, since the machine is rarely quiet; CPU time is the process's own, its thread pool included.
 */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { type Ca, createCa, createMemoryCaStore } from '@heddle/ca'
import { createCsr, generateKey, parsePem } from '@heddle/x509'
import * as peculiar from '@peculiar/x509'
import * as pkijs from 'pkijs'

export interface IssueOptions {
  readonly rounds: number
}

export interface IssueResult {
  readonly contenders: readonly { readonly name: string; readonly microseconds: number; readonly perCpuSecond: number }[]
}

interface Contender {
  readonly name: string
  readonly batch: number
  readonly issue: () => Promise<string>
}

const spiffeId = 'spiffe://cluster.local/ns/default/sa/hello'
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000

export async function benchmarkIssue({ rounds }: IssueOptions): Promise<IssueResult> {
  const csrPem = createCsr({ privateKey: generateKey(), altNames: { uris: [spiffeId] } })
  const ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
  const contenders = [heddle(ca, csrPem), await withPkijs(csrPem), await withPeculiar(csrPem)]
  const best = contenders.map(() => Number.POSITIVE_INFINITY)
  for (const { issue } of contenders) await issue()
  for (let round = 0; round < rounds; round++) {
    for (const [index, { batch, issue }] of contenders.entries()) {
      const before = process.cpuUsage()
      for (let made = 0; made < batch; made++) await issue()
      const { user, system } = process.cpuUsage(before)
      best[index] = Math.min(best[index] as number, (user + system) / batch)
    }
  }
  await ca.close()
  return {
    contenders: contenders.map(({ name }, index) => {
      const microseconds = best[index] as number
      return { name, microseconds, perCpuSecond: 1e6 / microseconds }
    }),
  }
}

export function formatIssueReport({ contenders }: IssueResult): string {
  const own = contenders[0]?.microseconds ?? 1
  const lines = contenders.map(
    ({ name, microseconds, perCpuSecond }) =>
      `${name.padEnd(18)}  ${microseconds.toFixed(0).padStart(10)}  ${perCpuSecond.toFixed(0).padStart(14)}  ${(microseconds / own).toFixed(1).padStart(7)}`,
  )
  return ['contender           CPU us/cert  per CPU second  x heddle', ...lines, ''].join('\n')
}

/** What the authority promises, as far as this run does not hold it. */
export function missedBars({ contenders }: IssueResult): readonly string[] {
  const [own, ...others] = contenders
  const rate = own?.perCpuSecond ?? 0
  const bars: Readonly<Record<string, number>> = { pkijs: 4, '@peculiar/x509': 8 }
  const missed = rate >= 1800 ? [] : [`${rate.toFixed(0)} certificates a CPU second, promised are 1,800`]
  for (const { name, perCpuSecond } of others) {
    const times = rate / perCpuSecond
    if (times < (bars[name] ?? 0)) missed.push(`${times.toFixed(1)} times ${name}, promised are ${bars[name]}`)
  }
  return missed
}

function heddle(ca: Ca, csrPem: string): Contender {
  const caller = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'hello', method: 'operator' } as const
  return { name: 'heddle', batch: 400, issue: async () => (await ca.sign(csrPem, caller)).chain.join('') }
}

async function withPkijs(csrPem: string): Promise<Contender> {
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as never }))
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const issue = async (): Promise<string> => {
    const csr = pkijs.CertificationRequest.fromBER(Uint8Array.from(derOf(csrPem)).buffer)
    if (!(await csr.verify())) throw new Error('no proof of possession')
    const certificate = new pkijs.Certificate({ version: 2 })
    const [serial] = webcrypto.getRandomValues(new Uint32Array(1))
    certificate.serialNumber.valueBlock.valueDec = serial as number
    certificate.notBefore.value = new Date(Date.now() - 120_000)
    certificate.notAfter.value = new Date(Date.now() + dayMs)
    certificate.subjectPublicKeyInfo = csr.subjectPublicKeyInfo
    const names = new pkijs.GeneralNames({ names: [new pkijs.GeneralName({ type: 6, value: spiffeId })] })
    certificate.extensions = [
      new pkijs.Extension({ extnID: '2.5.29.17', critical: true, extnValue: names.toSchema().toBER(false) }),
      new pkijs.Extension({
        extnID: '2.5.29.19',
        critical: true,
        extnValue: new pkijs.BasicConstraints({ cA: false }).toSchema().toBER(false),
      }),
    ]
    await certificate.sign(privateKey as never, 'SHA-256')
    return pemOf(certificate.toSchema().toBER(false))
  }
  return { name: 'pkijs', batch: 100, issue }
}

async function withPeculiar(csrPem: string): Promise<Contender> {
  peculiar.cryptoProvider.set(webcrypto as never)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const issue = async (): Promise<string> => {
    const csr = new peculiar.Pkcs10CertificateRequest(csrPem)
    if (!(await csr.verify())) throw new Error('no proof of possession')
    const certificate = await peculiar.X509CertificateGenerator.create({
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString('hex'),
      issuer: 'O=cluster.local',
      notBefore: new Date(Date.now() - 120_000),
      notAfter: new Date(Date.now() + dayMs),
      signingAlgorithm: algorithm,
      publicKey: csr.publicKey,
      signingKey: keys.privateKey as never,
      extensions: [
        new peculiar.SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId }], true),
        new peculiar.BasicConstraintsExtension(false, undefined, true),
        new peculiar.KeyUsagesExtension(peculiar.KeyUsageFlags.digitalSignature, true),
        new peculiar.ExtendedKeyUsageExtension([peculiar.ExtendedKeyUsage.serverAuth, peculiar.ExtendedKeyUsage.clientAuth]),
        await peculiar.SubjectKeyIdentifierExtension.create(csr.publicKey),
        await peculiar.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return certificate.toString('pem')
  }
  return { name: '@peculiar/x509', batch: 60, issue }
}

function derOf(pem: string): Uint8Array {
  const result = parsePem(pem)
  if (!result.ok) throw new Error(result.reason)
  return result.blocks[0]?.der ?? new Uint8Array(0)
}

function pemOf(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
