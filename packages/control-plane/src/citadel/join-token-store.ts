/**
 * Join tokens in a Kubernetes Secret (`heddle-join-tokens`), by the hash of each. The Secret is written only over the version that was
 * read, so of many that bring one token, here and at other replicas, exactly one takes it, and a token that was used stays used over
 * restarts.
 */
import type { Clock } from '@heddle/base'
import { HeddleError } from '@heddle/base'
import type { JoinTokenGrant, JoinTokenStore } from '@heddle/ca'
import { type KubernetesObject, type ResourceClient, secrets, statusOf } from '@heddle/client'

const secretName = 'heddle-join-tokens'
const dataKey = 'grants'
/** Not yet used; a Secret holds 1 MiB. */
const maxJoinTokens = 1000
/** Each lost race means that another replica got further. */
const maxTries = 20

type Grants = Readonly<Record<string, JoinTokenGrant>>

export function createSecretJoinTokenStore(client: ResourceClient, namespace: string, clock: Clock): JoinTokenStore {
  /** One change at a time in this process, so that only other replicas are raced. */
  let tail: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(step: () => Promise<Result>): Promise<Result> => {
    const done = tail.then(step)
    tail = done.catch(() => undefined)
    return done
  }
  /** @param change undefined changes nothing. */
  const replace = async (change: (grants: Grants) => Grants | undefined): Promise<void> => {
    for (let tries = 0; tries < maxTries; tries++) {
      const live = await client.get(secrets, secretName, namespace)
      const next = change(grantsIn(live))
      if (next === undefined || (await isSaved(client, namespace, live, next))) return
    }
    throw new HeddleError({
      code: 'HEDDLE_CA_STATE_CONFLICT',
      message: `the Secret ${namespace}/${secretName} changes all the time`,
      retryable: true,
    })
  }
  return {
    add: (tokenHash, grant) =>
      inTurn(() =>
        replace((grants) => {
          const nowMs = clock.now()
          const live = Object.entries(grants).filter(([, { notAfterMs }]) => nowMs < notAfterMs)
          if (live.length >= maxJoinTokens) throw tooMany(namespace)
          return { ...Object.fromEntries(live), [tokenHash]: grant }
        }),
      ),
    get: async (tokenHash) => grantsIn(await client.get(secrets, secretName, namespace))[tokenHash],
    take: (tokenHash) =>
      inTurn(async () => {
        let taken: JoinTokenGrant | undefined
        await replace((grants) => {
          const { [tokenHash]: found, ...others } = grants
          taken = found
          return found && others
        })
        return taken
      }),
  }
}

async function isSaved(client: ResourceClient, namespace: string, live: KubernetesObject | undefined, grants: Grants): Promise<boolean> {
  const data = { [dataKey]: Buffer.from(JSON.stringify(grants)).toString('base64') }
  const first = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secretName, namespace }, type: 'heddle.dev/join-tokens', data }
  try {
    await (live ? client.update(secrets, { ...live, data }) : client.create(secrets, first))
    return true
  } catch (error) {
    if (statusOf(error)?.code === 409) return false
    throw error
  }
}

/** What cannot be read lets nobody in. @throws HEDDLE_CA_STATE_UNREADABLE */
function grantsIn(object: KubernetesObject | undefined): Grants {
  const encoded = (object?.['data'] as Readonly<Record<string, string>> | undefined)?.[dataKey]
  if (encoded === undefined) return {}
  try {
    const grants: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
    if (typeof grants === 'object' && grants !== null && !Array.isArray(grants)) return grants as Grants
  } catch {
    // Said below, without the text.
  }
  const namespace = object?.metadata.namespace
  throw new HeddleError({
    code: 'HEDDLE_CA_STATE_UNREADABLE',
    message: `the Secret ${namespace}/${secretName} cannot be read: "${dataKey}" is no list of join tokens`,
    hint: `Delete it, unused tokens are lost: heddle delete secret ${secretName} -n ${namespace}`,
  })
}

function tooMany(namespace: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CA_JOIN_TOKEN_REFUSED',
    message: `the join token cannot be made: there are ${maxJoinTokens} unused ones already`,
    hint: `Let them expire, which takes a day at most, or give all of them up: heddle delete secret ${secretName} -n ${namespace}`,
    origin: 'user',
  })
}
