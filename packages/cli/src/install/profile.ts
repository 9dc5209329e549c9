/** What the parts of a profile share. */
import type { KubernetesObject } from '@heddle/client/resources'

export interface ProfileOptions {
  /** Version of the images. */
  readonly version: string
  readonly trustDomain: string
}

export const istioNamespace = 'istio-system'

/** Metadata of an object in the mesh's own namespace. */
export function inIstioSystem(name: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject['metadata'] {
  return { name, namespace: istioNamespace, labels }
}
