/** The authority's state in a Kubernetes Secret (`istio-ca-secret`, as Istio's self-signed CA keeps it), written only over the version that was read: of replicas that change it at once, one wins and the others adopt. */
import { HeddleError, messageOf } from '@heddle/base'
import type { CaStore } from '@heddle/ca'
import { type KubernetesObject, type ResourceClient, secrets, statusOf } from '@heddle/client'

const stateSecret = 'istio-ca-secret'
/** What an authority below the root of a mounted `cacerts` keeps. */
export const companionSecret = 'heddle-ca-companion'
const dataKey = 'ca-state'

export function createSecretCaStore(client: ResourceClient, namespace: string, secretName: string = stateSecret): CaStore {
  let live: KubernetesObject | undefined
  const read = async (): Promise<Uint8Array | undefined> => {
    live = await client.get(secrets, secretName, namespace)
    const data = live?.['data'] as Readonly<Record<string, string>> | undefined
    const encoded = data?.[dataKey]
    if (live && encoded === undefined) {
      throw new HeddleError({
        code: 'HEDDLE_CA_STATE_UNREADABLE',
        message: `the Secret ${namespace}/${secretName} is there but has no "${dataKey}": a new root would cut off every workload`,
        hint: data?.['ca-cert.pem'] === undefined ? startOver(namespace, secretName) : goOn(namespace, secretName),
      })
    }
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64')
  }
  return {
    open: read,
    reload: read,
    async save(state) {
      const data = { [dataKey]: Buffer.from(state).toString('base64') }
      try {
        live = live
          ? await client.update(secrets, { ...live, data })
          : await client.create(secrets, {
              apiVersion: 'v1',
              kind: 'Secret',
              metadata: { name: secretName, namespace },
              type: 'istio.io/ca-root',
              data,
            })
      } catch (cause) {
        if (statusOf(cause)?.code === 409) {
          throw new HeddleError({
            code: 'HEDDLE_CA_STATE_CONFLICT',
            message: `another replica changed the Secret ${namespace}/${secretName} first`,
            retryable: true,
            cause,
          })
        }
        throw new HeddleError({
          code: 'HEDDLE_CA_STATE_WRITE_FAILED',
          message: `the authority's state cannot be written to the Secret ${namespace}/${secretName}: ${messageOf(cause)}`,
          retryable: true,
          cause,
        })
      }
    },
    close: () => Promise.resolve(),
  }
}

function startOver(namespace: string, name: string): string {
  return `Restore the Secret from a backup, or delete it to start over with a new root: heddle delete secret ${name} -n ${namespace}`
}

/** Istio's own authority keeps four files in a Secret of this name. */
function goOn(namespace: string, name: string): string {
  return (
    `It is the authority of an Istio: to go on under its root, put its files into a Secret "cacerts" in ${namespace}` +
    ` (ca-cert.pem as root-cert.pem, too, where that one is empty), and delete ${name}.`
  )
}
