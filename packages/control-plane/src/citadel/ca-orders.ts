/**
 * What an operator orders the authority to do, through the API: whoever may change the ConfigMap `heddle-ca-orders` of the control
 * plane's namespace may rotate roots and deny workloads, and nobody else. Each order has an id and is carried out once; the answer
 * stands beside it.
 */
import { type Logger, messageOf } from '@heddle/base'
import type { Ca, JoinTokens, Rotation } from '@heddle/ca'
import type { Informer, KubernetesObject, ResourceClient } from '@heddle/client'

export interface CaOrdersOptions {
  readonly client: ResourceClient
  readonly namespace: string
  readonly ca: Ca
  /** Default: none can be made. */
  readonly joinTokens?: JoinTokens
  readonly logger: Logger
}

export interface CaOrders {
  close(): Promise<void>
}

export const ordersConfigMap = 'heddle-ca-orders'

interface Order {
  readonly id: string
  readonly do: string
  readonly actor?: string
  readonly revokeWhen?: string
  readonly fingerprint?: string
  readonly spiffeId?: string
  readonly serialHex?: string
  readonly reason?: string
  /** Of a join token: its hash, since whoever may read the orders must not have the token. */
  readonly tokenHash?: string
  readonly workload?: { readonly namespace: string; readonly serviceAccount: string }
  readonly ttlSeconds?: number
  /** In words that leave no doubt: `revoke` although leaves live. */
  readonly force?: boolean
}

const configMaps = { group: '', version: 'v1', plural: 'configmaps' }

export function followCaOrders(options: CaOrdersOptions): CaOrders {
  const { client, namespace, logger } = options
  let lastId: string | undefined
  const take = async (object: KubernetesObject): Promise<void> => {
    const data = object['data'] as Readonly<Record<string, string>> | undefined
    const order = readOrder(data?.['order'])
    if (!order || order.id === lastId || answeredId(data?.['answer']) === order.id) return
    lastId = order.id
    const answer = await carryOut(options, order)
    logger.info('carried out an order to the authority', { order: order.do, actor: order.actor, ok: answer.ok, message: answer.message })
    const text = JSON.stringify({ id: order.id, ...answer })
    await client.patch(configMaps, ordersConfigMap, { data: { answer: text } }, namespace)
  }
  const informer: Informer = client.watch(configMaps, {
    namespace,
    fieldSelector: `metadata.name=${ordersConfigMap}`,
    onEvent(event) {
      if (event.type !== 'applied' || event.object.metadata.name !== ordersConfigMap) return
      take(event.object).catch((error: unknown) => logger.error('an order to the authority failed', { error: messageOf(error) }))
    },
  })
  return { close: () => informer.close() }
}

const maxNamed = 20

/** By hand it waits for the same as by itself; by force it says whom that hurts. */
async function activate(rotation: Rotation, isForced: boolean): Promise<string> {
  const { next, lacking, observed } = rotation.plan()
  if (next.step !== 'activate') throw new Error('no root is prepared: start a rotation first')
  const named = lacking.slice(0, maxNamed).map(({ id, spiffeId }) => (spiffeId === undefined ? id : `${id} (${spiffeId})`))
  const more = lacking.length > maxNamed ? ` and ${lacking.length - maxNamed} more` : ''
  const who = lacking.length === 0 ? '' : `: ${named.join(', ')}${more}`
  if (!next.isReady && !isForced) {
    const hurt = observed === undefined ? 'nobody can say yet who lacks it' : `${lacking.length} of ${observed} workloads lack it${who}`
    throw new Error(
      `the prepared root cannot sign yet, ${hurt}. It waits for ${next.waitsFor}. With --unsafe-force they lose their connections`,
    )
  }
  const { fingerprint } = await rotation.activate()
  const signs = `root ${fingerprint.slice(0, 16)} signs from now on`
  return lacking.length === 0 ? signs : `${signs}, and ${lacking.length} workloads do not trust it yet${who}`
}

function readOrder(text: string | undefined): Order | undefined {
  try {
    const order = JSON.parse(text ?? '') as Partial<Order> | null
    return typeof order?.id === 'string' && typeof order.do === 'string' ? (order as Order) : undefined
  } catch {
    return undefined
  }
}

function answeredId(text: string | undefined): string | undefined {
  try {
    return (JSON.parse(text ?? '') as { readonly id?: string } | null)?.id
  } catch {
    return undefined
  }
}

interface Answer {
  readonly ok: boolean
  readonly message: string
}

async function carryOut(options: CaOrdersOptions, order: Order): Promise<Answer> {
  try {
    return { ok: true, message: await act(options, order) }
  } catch (error) {
    return { ok: false, message: messageOf(error) }
  }
}

async function act({ ca, joinTokens }: CaOrdersOptions, order: Order): Promise<string> {
  const { actor, spiffeId, serialHex, reason } = order
  switch (order.do) {
    case 'deny':
      await ca.denied.add({
        ...(spiffeId !== undefined && { spiffeId }),
        ...(serialHex !== undefined && { serialHex }),
        ...(reason !== undefined && { reason }),
        ...(actor !== undefined && { actor }),
      })
      return `denied ${spiffeId ?? serialHex}: proxies close its connections within seconds`
    case 'allow': {
      const wasDenied = await ca.denied.remove(spiffeId === undefined ? 'serial' : 'spiffe-id', spiffeId ?? serialHex ?? '')
      return wasDenied ? `${spiffeId ?? serialHex} is denied no more` : `${spiffeId ?? serialHex} was not denied`
    }
    case 'create-join-token':
      return await registerJoinToken(joinTokens, order)
    default:
      return await rotate(ca.rotation, order)
  }
}

async function registerJoinToken(joinTokens: JoinTokens | undefined, { tokenHash, workload, ttlSeconds, actor }: Order): Promise<string> {
  if (!joinTokens) throw new Error('this authority takes no join tokens')
  if (tokenHash === undefined || typeof workload?.namespace !== 'string' || typeof workload.serviceAccount !== 'string')
    throw new Error('a join token needs its hash and the workload that it is for')
  const asked = { ...workload, ...(ttlSeconds !== undefined && { ttlSeconds }), ...(actor !== undefined && { actor }) }
  const { notAfterMs } = await joinTokens.register(tokenHash, asked)
  return `the join token for ${workload.namespace}/${workload.serviceAccount} can be used once, until ${new Date(notAfterMs).toISOString()}`
}

async function rotate(rotation: Rotation | undefined, { do: step, actor, revokeWhen, fingerprint, force }: Order): Promise<string> {
  if (!rotation) throw new Error("the root is somebody else's: change the plugged-in certificates instead")
  switch (step) {
    case 'rotate-start':
      await rotation.start({
        revokeWhen: revokeWhen === 'acknowledged' ? 'acknowledged' : 'leaves-ended',
        ...(actor !== undefined && { actor }),
      })
      return 'the rotation has begun: the next root is published beside the active one'
    case 'rotate-activate':
      return await activate(rotation, force === true)
    case 'rotate-abort':
      await rotation.abort()
      return 'the rotation was aborted'
    case 'revoke':
      await rotation.revoke(fingerprint ?? '', force === true)
      return `root ${fingerprint} is trusted no more`
    default:
      throw new Error(`"${step}" is not an order that this version knows`)
  }
}
