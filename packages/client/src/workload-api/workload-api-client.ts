/**
 * Follows the SPIFFE Workload API of whatever agent is there: SPIRE's, or heddle-proxy's. What comes is checked before it is handed
 * on: the chain must carry the id and lead to the bundle, and the key must be the leaf's. A lost stream changes nothing; it is opened
 * again with growing pauses, except where the agent says that asking again is no use.
 */
import { createPrivateKey } from 'node:crypto'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { type Clock, HeddleError, type Logger, messageOf, parseSpiffeId, type Random, silentLogger, type Timer } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import { createTrustBundle, encodePem, publicKeyOf, splitCertificates, verifySvidPath } from '@heddle/x509'
import { fetchX509SvidMethod, type WorkloadSvid, type WorkloadSvids } from '@heddle/xds'
import { createBackOff } from '../ads/back-off.js'
import { endpointVariable, parseWorkloadEndpoint } from './endpoint.js'

export interface X509Svid {
  readonly spiffeId: string
  /** Leaf first, in PEM. */
  readonly chainPem: string
  /** PKCS#8 in PEM: a secret. */
  readonly privateKeyPem: string
  /** The roots of the id's own trust domain, in PEM. */
  readonly rootsPem: string
  readonly notAfterMs: number
}

export interface WorkloadApiClientOptions {
  /** `unix:///path` or `tcp://IP:port`. Default: the environment's SPIFFE_ENDPOINT_SOCKET. */
  readonly endpoint?: string
  /** Called with every set of certificates that is in order, the first of them being the default. */
  readonly onSvids: (svids: readonly X509Svid[]) => void
  /** Called once when the agent says that asking again is no use. */
  readonly onRefused?: (error: HeddleError) => void
}

export interface WorkloadApiClient {
  close(): void
}

/** @throws HEDDLE_WORKLOAD_API_ADDRESS */
export function watchX509Svids(
  options: WorkloadApiClientOptions,
  deps: { readonly clock?: Clock; readonly random?: Random; readonly logger?: Logger } = {},
): WorkloadApiClient {
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = deps
  const address = parseWorkloadEndpoint(options.endpoint ?? process.env[endpointVariable] ?? '')
  const backOff = createBackOff({ baseMs: 500, maxMs: 30_000 }, random)
  const channel = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 })
  const metadata = new Metadata()
  metadata.set('workload.spiffe.io', 'true')
  let retry: Timer | undefined
  let current: { cancel(): void } | undefined
  let isClosed = false

  const open = (): void => {
    const { path, requestSerialize, responseDeserialize } = fetchX509SvidMethod
    const stream = channel.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {}, metadata)
    current = stream
    let isOver = false
    const end = (error?: ServiceError): void => {
      if (isOver || isClosed) return
      isOver = true
      if (error?.code === status.INVALID_ARGUMENT || error?.code === status.UNIMPLEMENTED) {
        options.onRefused?.(refused(error))
        return
      }
      const waitMs = backOff.nextMs()
      logger.info('the Workload API is away; the last certificates stay', {
        reason: error?.details ?? 'the stream ended',
        retryMs: Math.round(waitMs),
      })
      retry = clock.setTimer(waitMs, open, { keepAlive: true })
    }
    stream.on('data', (message: WorkloadSvids) => {
      backOff.reset()
      take(message)
    })
    stream.on('error', end)
    stream.on('end', () => end())
  }
  const take = ({ svids }: WorkloadSvids): void => {
    try {
      options.onSvids(svids.map((svid) => checkSvid(svid, clock.now())))
    } catch (error) {
      logger.error('what the Workload API sent is not used', { reason: messageOf(error) })
    }
  }
  open()
  return {
    close() {
      isClosed = true
      retry?.cancel()
      current?.cancel()
      channel.close()
    },
  }
}

/** @throws Error for anything that a peer would refuse. */
function checkSvid({ spiffeId, chain, privateKey, bundle }: WorkloadSvid, nowMs: number): X509Svid {
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

function refused(cause: ServiceError): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_WORKLOAD_API_REFUSED',
    message: `the Workload API refused: ${cause.details}`,
    origin: 'upstream',
    cause,
  })
}
