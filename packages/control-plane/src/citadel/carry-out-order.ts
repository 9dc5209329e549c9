/** Does what an order says, and says what was done, or why not. */
import { messageOf } from '@heddle/base'
import type { AuthorityOrder, Ca, GivenOrder, JoinTokens, OrderSubject, Rotation } from '@heddle/ca'

export interface OrderedAuthority {
  readonly ca: Ca
  /** Default: none can be made. */
  readonly joinTokens?: JoinTokens
}

export interface CarriedOut {
  readonly ok: boolean
  readonly message: string
}

const maxNamed = 20

/** Never throws: a refusal is an answer too. */
export async function carryOut(authority: OrderedAuthority, given: GivenOrder): Promise<CarriedOut> {
  try {
    // What another replica has done since must not make this one refuse.
    await authority.ca.refresh()
    return { ok: true, message: await act(authority, given) }
  } catch (error) {
    return { ok: false, message: messageOf(error) }
  }
}

async function act({ ca, joinTokens }: OrderedAuthority, { order, claimedActor }: GivenOrder): Promise<string> {
  const by = claimedActor === undefined ? {} : { claimedActor }
  switch (order.do) {
    case 'deny': {
      const { do: _deny, ...whom } = order
      await ca.denied.add({ ...whom, ...by })
      return `denied ${nameOf(order)}: proxies close its connections within seconds`
    }
    case 'allow': {
      const wasDenied = await ca.denied.remove('spiffeId' in order ? 'spiffe-id' : 'serial', nameOf(order))
      return wasDenied ? `${nameOf(order)} is denied no more` : `${nameOf(order)} was not denied`
    }
    case 'create-join-token':
      return await registerJoinToken(joinTokens, order, by)
    case 'rotate-start':
    case 'rotate-activate':
    case 'rotate-abort':
      return await rotate(rotationOf(ca), order, by)
    case 'revoke':
      await (ca.handover ?? rotationOf(ca)).revoke(order.fingerprint, order.force)
      return `root ${order.fingerprint} is trusted no more`
  }
}

function nameOf(subject: OrderSubject): string {
  return 'spiffeId' in subject ? subject.spiffeId : subject.serialHex
}

type By = Pick<GivenOrder, 'claimedActor'>
type TokenOrder = Extract<AuthorityOrder, { do: 'create-join-token' }>
type RotationOrder = Extract<AuthorityOrder, { do: 'rotate-start' | 'rotate-activate' | 'rotate-abort' }>

async function registerJoinToken(joinTokens: JoinTokens | undefined, order: TokenOrder, by: By): Promise<string> {
  if (!joinTokens) throw new Error('this authority takes no join tokens')
  const { tokenHash, workload, ttlSeconds } = order
  const { notAfterMs } = await joinTokens.register(tokenHash, { ...workload, ...(ttlSeconds !== undefined && { ttlSeconds }), ...by })
  return `the join token for ${workload.namespace}/${workload.serviceAccount} can be used once, until ${new Date(notAfterMs).toISOString()}`
}

function rotationOf({ rotation }: Ca): Rotation {
  if (!rotation) throw new Error("the root is somebody else's: change the plugged-in certificates instead")
  return rotation
}

async function rotate(rotation: Rotation, order: RotationOrder, by: By): Promise<string> {
  switch (order.do) {
    case 'rotate-start':
      await rotation.start({ revokeWhen: order.revokeWhen, ...by })
      return 'the rotation has begun: the next root is published beside the active one'
    case 'rotate-activate':
      return await activate(rotation, order.force)
    case 'rotate-abort':
      await rotation.abort()
      return 'the rotation was aborted'
  }
}

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
