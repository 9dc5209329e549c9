/**
 * Follows the certificates of the SPIFFE Workload API of whatever agent is there: SPIRE's, or heddle-proxy's. What comes is checked
 * before it is handed on: the chain must carry the id and lead to the bundle, and the key must be the leaf's.
 */
import { createPrivateKey } from 'node:crypto'
import { parseSpiffeId } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { createTrustBundle, encodePem, parseCrl, publicKeyOf, splitCertificates, verifySvidPath } from '@heddle/x509'
import { fetchX509SvidMethod, type WorkloadSvid, type WorkloadSvids } from '@heddle/xds'
import { followWorkloadStream, type WorkloadApiClient, type WorkloadStreamDeps, type WorkloadStreamOptions } from './workload-stream.js'

export interface X509Svid {
  readonly spiffeId: string
  /** Leaf first, in PEM. */
  readonly chainPem: string
  /** PKCS#8 in PEM: a secret. */
  readonly privateKeyPem: string
  /** The roots of the id's own trust domain, in PEM. */
  readonly rootsPem: string
  /** Revocation lists that the agent knows, in PEM: hold peers to them. Empty when there are none. */
  readonly crlPem: string
  readonly notAfterMs: number
}

export interface WorkloadApiClientOptions extends WorkloadStreamOptions {
  /** Called with every set of certificates that is in order, the first of them being the default. */
  readonly onSvids: (svids: readonly X509Svid[]) => void
}

/** @throws HEDDLE_WORKLOAD_API_ADDRESS */
export function watchX509Svids(options: WorkloadApiClientOptions, deps: Partial<WorkloadStreamDeps> = {}): WorkloadApiClient {
  const { clock = systemClock } = deps
  const take = ({ svids, crls }: WorkloadSvids): void => {
    const crlPem = crls.map(pemOfCrl).join('')
    options.onSvids(svids.map((svid) => ({ ...checkSvid(svid, clock.now()), crlPem })))
  }
  return followWorkloadStream(fetchX509SvidMethod, { ...options, onMessage: take }, deps)
}

/** @throws Error for what is no revocation list. */
function pemOfCrl(der: Uint8Array): string {
  const parsed = parseCrl(der)
  if (!parsed.ok) throw new Error(parsed.reason)
  return encodePem('X509 CRL', der)
}

/** @throws Error for anything that a peer would refuse. */
function checkSvid({ spiffeId, chain, privateKey, bundle }: WorkloadSvid, nowMs: number): Omit<X509Svid, 'crlPem'> {
  const id = parseSpiffeId(spiffeId)
  if (!id.ok) throw new Error(id.reason)
  const [ders, roots] = [splitCertificates(chain), splitCertificates(bundle)]
  if (!ders.ok) throw new Error(ders.reason)
  if (!roots.ok) throw new Error(roots.reason)
  const rootsPem = roots.ders.map((der) => encodePem('CERTIFICATE', der)).join('')
  const verified = verifySvidPath({
    chain: ders.ders,
    bundle: createTrustBundle({ roots: { [id.id.trustDomain]: rootsPem } }),
    nowMs,
    expected: [spiffeId],
  })
  if (!verified.ok) throw new Error(verified.message)
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  if (Buffer.compare(publicKeyOf(key), verified.leaf.publicKey.spki) !== 0) throw new Error('the key is not that of the certificate')
  return {
    spiffeId,
    chainPem: ders.ders.map((der) => encodePem('CERTIFICATE', der)).join(''),
    privateKeyPem: encodePem('PRIVATE KEY', privateKey),
    rootsPem,
    notAfterMs: verified.notAfterMs,
  }
}
