/** Names what crashes while a mesh starts, with the last words of its log: who waits for it would see nothing else. */
import type { KubernetesObject, ResourceClient } from '@heddle/client/resources'
import { objectPath } from '../target/paths.js'
import { pods } from '../target/resource-types.js'
import { readText } from '../target/response.js'

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly waiting?: { readonly reason?: string } }
}

/** Reports each container in CrashLoopBackOff once. @returns what ends the watch, and waits for reports under way. */
export function watchCrashes(client: ResourceClient, namespace: string, report: (text: string) => void): () => Promise<void> {
  const seen = new Map<string, Promise<void>>()
  const informer = client.watch(pods, {
    namespace,
    onEvent: (event) => {
      if (event.type !== 'applied') return
      const { metadata } = event.object
      for (const container of crashingIn(event.object)) {
        const key = `${metadata.name}/${container}`
        if (seen.has(key)) continue
        const told = lastLogLine(client, metadata.name, namespace, container).then((line) =>
          report(`container ${container} of ${metadata.name} crashes again and again${line === '' ? '' : `: ${line}`}`),
        )
        seen.set(key, told)
      }
    },
  })
  return async () => {
    await informer.close()
    await Promise.all(seen.values())
  }
}

function crashingIn(pod: KubernetesObject): readonly string[] {
  const status = pod['status'] as Readonly<Record<string, readonly ContainerStatus[] | undefined>> | undefined
  return [...(status?.['initContainerStatuses'] ?? []), ...(status?.['containerStatuses'] ?? [])]
    .filter(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff')
    .map(({ name }) => name)
}

/** Empty when there is none or it cannot be had; the crash is worth telling without. */
async function lastLogLine(client: ResourceClient, pod: string, namespace: string, container: string): Promise<string> {
  const query = new URLSearchParams({ container, tailLines: '1' })
  try {
    const response = await client.request({ path: `${objectPath(pods, pod, namespace)}/log?${query.toString()}` })
    const text = await readText(response.body)
    return response.status >= 400 ? '' : text.trim()
  } catch {
    return ''
  }
}
