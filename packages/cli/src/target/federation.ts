/** The other trust domains that the mesh believes: the key `federation` of the ConfigMap `heddle-ca`, which istiod follows. */
import { configMaps, statusOf } from '@heddle/client/resources'
import type { FederationEntry } from '@heddle/control-plane'
import { usageError } from '../command/parse.js'
import { istioNamespace } from '../install/profile.js'
import type { Target } from './target.js'

const name = 'heddle-ca'
const key = 'federation'
/** Each lost race means that another operator got further. */
const changeTries = 10

/** Written only over the version that was read, so that nobody's change is lost. */
export async function changeFederation(
  { client }: Pick<Target, 'client'>,
  change: (entries: readonly FederationEntry[]) => readonly FederationEntry[],
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const live = await client.get(configMaps, name, istioNamespace)
    const before = (live?.['data'] ?? {}) as Readonly<Record<string, string>>
    const data = { ...before, [key]: JSON.stringify(change(entriesIn(before[key]))) }
    try {
      if (live) await client.update(configMaps, { ...live, data })
      else await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: istioNamespace }, data })
      return
    } catch (error) {
      if (statusOf(error)?.code !== 409 || tries >= changeTries) throw error
    }
  }
}

function entriesIn(text: string | undefined): readonly FederationEntry[] {
  try {
    const entries: unknown = text === undefined ? [] : JSON.parse(text)
    if (Array.isArray(entries)) return entries as readonly FederationEntry[]
  } catch {
    // Said below.
  }
  throw usageError(
    `the key "${key}" of the ConfigMap ${istioNamespace}/${name} is no JSON list`,
    `Mend it by hand: heddle get configmap ${name} -n ${istioNamespace} -o yaml`,
  )
}
