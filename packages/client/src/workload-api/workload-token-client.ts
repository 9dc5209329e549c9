/** Tokens of the SPIFFE Workload API of whatever agent is there: asked for, judged by it, or judged by the keys that it gives. */
import type { ServiceError } from '@grpc/grpc-js'
import { parseSpiffeId } from '@heddle/base'
import { type JwtKeySet, parseJwtKeySet } from '@heddle/base/node'
import {
  fetchJwtBundlesMethod,
  fetchJwtSvidMethod,
  type GrpcMethod,
  type ValidatedToken,
  validateJwtSvidMethod,
  type WorkloadBundles,
  type WorkloadToken,
} from '@heddle/xds'
import {
  followWorkloadStream,
  openWorkloadChannel,
  type WorkloadApiClient,
  workloadMetadata,
  workloadRefusal,
  type WorkloadStreamDeps,
  type WorkloadStreamOptions,
} from './workload-stream.js'

export interface WorkloadTokenRequest extends Pick<WorkloadStreamOptions, 'endpoint'> {
  /** Whom the token is for: at least one. */
  readonly audiences: readonly string[]
  /** Default: every id of the workload, the first being the default. */
  readonly spiffeId?: string
}

/** @throws HEDDLE_WORKLOAD_API_ADDRESS, HEDDLE_WORKLOAD_API_REFUSED, whose `retryable` says whether asking again is of use */
export async function fetchJwtSvids({ audiences, spiffeId = '', endpoint }: WorkloadTokenRequest): Promise<readonly WorkloadToken[]> {
  const { svids } = await askOnce(fetchJwtSvidMethod, { audiences, spiffeId }, endpoint)
  return svids
}

/** Has the agent judge a token. @throws HEDDLE_WORKLOAD_API_ADDRESS, HEDDLE_WORKLOAD_API_REFUSED when it is not good */
export function validateWithWorkloadApi(
  token: string,
  audience: string,
  { endpoint }: Pick<WorkloadStreamOptions, 'endpoint'> = {},
): Promise<ValidatedToken> {
  return askOnce(validateJwtSvidMethod, { audience, token }, endpoint)
}

export interface JwtBundleOptions extends WorkloadStreamOptions {
  /** Called with the keys of every trusted domain by its name, such as `cluster.local`; each time complete. */
  readonly onBundles: (bundles: ReadonlyMap<string, JwtKeySet>) => void
}

/** Follows the keys by which `validateJwtSvid` judges. @throws HEDDLE_WORKLOAD_API_ADDRESS */
export function watchJwtBundles(options: JwtBundleOptions, deps: Partial<WorkloadStreamDeps> = {}): WorkloadApiClient {
  const onMessage = (bundles: WorkloadBundles): void => options.onBundles(new Map(Object.entries(bundles).map(readBundle)))
  return followWorkloadStream(fetchJwtBundlesMethod, { ...options, onMessage }, deps)
}

/** @throws Error for a document that cannot be used: the last ones stay. */
function readBundle([id, document]: readonly [string, Uint8Array]): readonly [string, JwtKeySet] {
  const domain = parseSpiffeId(id)
  if (!domain.ok) throw new Error(domain.reason)
  const parsed = parseJwtKeySet(Buffer.from(document).toString('utf8'))
  if (!parsed.ok) throw new Error(`the keys of ${id}: ${parsed.reason}`)
  return [domain.id.trustDomain, parsed.keys]
}

function askOnce<Request, Response>(
  { path, requestSerialize, responseDeserialize }: GrpcMethod<Request, Response>,
  request: Request,
  endpoint: string | undefined,
): Promise<Response> {
  const channel = openWorkloadChannel(endpoint)
  return new Promise<Response>((resolve, reject) => {
    const onAnswer = (error: ServiceError | null, answer?: Response): void => {
      if (error) reject(workloadRefusal(error))
      else resolve(answer as Response)
    }
    channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, workloadMetadata(), onAnswer)
  }).finally(() => channel.close())
}
