/** HTTP to a port of a Pod: straight to its address on the local mesh, through the API server's proxy on a cluster. */
import { request } from 'node:http'
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { readText } from './response.js'
import { objectPath } from './paths.js'
import { podIpOf } from './pods.js'
import { pods } from './resource-types.js'
import type { Target } from './target.js'

/** The body of a page. @throws HEDDLE_CLI_POD_UNREACHABLE */
export async function getFromPod({ client, stateFolder }: Target, pod: KubernetesObject, port: number, path: string): Promise<string> {
  const { name, namespace } = pod.metadata
  const page = stateFolder === undefined ? await throughApi(client, pod, port, path) : await direct(podIpOf(pod), port, path)
  if (page.status >= 200 && page.status < 400) return page.body
  throw new HeddleError({
    code: 'HEDDLE_CLI_POD_UNREACHABLE',
    message: `${path} on port ${port} of Pod ${namespace}/${name} answered ${page.status === 0 ? page.body : `${page.status}: ${page.body.slice(0, 200)}`}`,
    hint: `Is it running? heddle get pod ${name} -n ${namespace}`,
  })
}

interface PageAnswer {
  /** 0: no answer. */
  readonly status: number
  readonly body: string
}

async function throughApi(client: Target['client'], pod: KubernetesObject, port: number, path: string): Promise<PageAnswer> {
  const response = await client.request({
    path: `${objectPath(pods, `${pod.metadata.name}:${port}`, pod.metadata.namespace)}/proxy${path}`,
  })
  return { status: response.status, body: await readText(response.body) }
}

function direct(address: string | undefined, port: number, path: string): Promise<PageAnswer> {
  if (address === undefined) return Promise.resolve({ status: 0, body: 'nothing: it has no address yet' })
  return new Promise((resolve) => {
    const outgoing = request({ host: address, port, path, headers: { connection: 'close' }, timeout: 10_000 }, (response) => {
      readText(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body }),
        (error: Error) => resolve({ status: 0, body: error.message }),
      )
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer within 10 s')))
    outgoing.once('error', (error) => resolve({ status: 0, body: error.message }))
    outgoing.end()
  })
}
