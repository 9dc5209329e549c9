/** The certificates of running proxies, as their admin pages tell them. */
import { messageOf } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { getFromPod } from './pod-http.js'
import { pods } from './resource-types.js'
import type { Target } from './target.js'

/** A row of heddle-proxy's `/certs`. */
export interface CertificateRow {
  readonly name: string
  readonly status: string
  readonly valid?: string
  readonly serial_number?: string
  readonly not_before?: string
  readonly not_after?: string
  readonly uris?: readonly string[]
  readonly fingerprint?: string
  readonly authority_key_id?: string
  readonly subject_key_id?: string
  /** Only where there are intermediates. */
  readonly root_key_id?: string
}

export interface ProxyCertificates {
  readonly pod: KubernetesObject
  readonly leaf: CertificateRow | undefined
  readonly roots: readonly CertificateRow[]
  /** Why nothing is known; undefined when something is. */
  readonly fault: string | undefined
}

const adminPort = 15000

export async function certificatesOf(target: Target, pod: KubernetesObject): Promise<ProxyCertificates> {
  try {
    const { certificates } = JSON.parse(await getFromPod(target, pod, adminPort, '/certs')) as {
      readonly certificates: readonly CertificateRow[]
    }
    const leaf = certificates.find(({ name, status }) => name === 'default' && status === 'ACTIVE')
    return { pod, leaf, roots: certificates.filter(({ name, status }) => name === 'ROOTCA' && status === 'ACTIVE'), fault: undefined }
  } catch (error) {
    return { pod, leaf: undefined, roots: [], fault: messageOf(error) }
  }
}

/** Of every running Pod with a proxy, in all namespaces or in one. */
export async function allCertificates(target: Target, namespace: string | undefined): Promise<readonly ProxyCertificates[]> {
  const { items } = await target.client.list(pods, namespace === undefined ? {} : { namespace })
  return Promise.all(items.filter(hasProxy).map((pod) => certificatesOf(target, pod)))
}

function hasProxy(pod: KubernetesObject): boolean {
  const { status, spec } = pod as { status?: { phase?: string }; spec?: { containers?: Named[]; initContainers?: Named[] } }
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  return status?.phase === 'Running' && containers.some(({ name }) => name === 'istio-proxy')
}

interface Named {
  readonly name: string
}
