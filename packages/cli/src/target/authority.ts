/** Asking the authority of the mesh, and giving it orders: through the API, so that the API decides who may. */
import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { delay, HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { CaView } from '@heddle/control-plane'
import { istioNamespace } from '../install/profile.js'
import { askIstiods } from './istiod.js'
import { configMaps } from './resource-types.js'
import type { Target } from './target.js'

/** @throws HEDDLE_CLI_NO_ISTIOD */
export async function askAuthority(target: Target): Promise<CaView> {
  const [first] = await askIstiods<CaView>(target, '/debug/ca', 'first')
  return (first as { readonly answer: CaView }).answer
}

export interface AuthorityOrder {
  readonly do: 'rotate-start' | 'rotate-activate' | 'rotate-abort' | 'revoke' | 'deny' | 'allow' | 'create-join-token'
  readonly revokeWhen?: string
  readonly fingerprint?: string
  readonly spiffeId?: string
  readonly serialHex?: string
  readonly reason?: string
  /** Of a join token, which itself stays with whoever made it. */
  readonly tokenHash?: string
  readonly workload?: { readonly namespace: string; readonly serviceAccount: string }
  readonly ttlSeconds?: number
  readonly force?: boolean
}

const name = 'heddle-ca-orders'
const patienceMs = 15_000

/** What the authority answers. @throws HEDDLE_CLI_ORDER_REFUSED, HEDDLE_CLI_TIMEOUT */
export async function orderAuthority({ client }: Target, order: AuthorityOrder, signal: AbortSignal): Promise<string> {
  const id = randomBytes(12).toString('hex')
  const data = { order: JSON.stringify({ id, actor: userInfo().username, ...order }) }
  const live = await client.get(configMaps, name, istioNamespace)
  if (live) await client.patch(configMaps, name, { data }, istioNamespace)
  else await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: istioNamespace }, data })
  const endMs = systemClock.monotonicMs() + patienceMs
  while (systemClock.monotonicMs() < endMs) {
    const object = await client.get(configMaps, name, istioNamespace)
    const answer = readAnswer((object?.['data'] as Readonly<Record<string, string>> | undefined)?.['answer'])
    if (answer?.id === id && answer.ok) return answer.message
    if (answer?.id === id) throw new HeddleError({ code: 'HEDDLE_CLI_ORDER_REFUSED', message: answer.message, origin: 'user' })
    await delay(systemClock, 100, signal)
  }
  throw new HeddleError({
    code: 'HEDDLE_CLI_TIMEOUT',
    message: `the authority has not answered within ${patienceMs / 1000} s`,
    hint: 'Is istiod running? heddle get pods -n istio-system',
  })
}

function readAnswer(text: string | undefined): { readonly id: string; readonly ok: boolean; readonly message: string } | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as ReturnType<typeof readAnswer>)
}
