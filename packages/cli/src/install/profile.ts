/** What the parts of a profile share. */
import type { KubernetesObject } from '@heddle/client/resources'

export interface ProfileOptions {
  /** Version of the images. */
  readonly version: string
  readonly trustDomain: string
  /** Settings of the mesh over those of the profile. Default: none. */
  readonly meshConfig?: Readonly<Record<string, unknown>>
  /** Where the gateway listens. Default: Istio's target ports. */
  readonly gatewayPorts?: GatewayPorts
}

/** Target ports of the gateway's Service. */
export interface GatewayPorts {
  readonly http: number
  readonly https: number
  readonly tcp: number
  readonly tls: number
}

export const istioGatewayPorts: GatewayPorts = { http: 8080, https: 8443, tcp: 31_400, tls: 15_443 }

/** On the gateway's Service when its ports were chosen by the system. */
export const chosenPortsAnnotation = 'heddle.dev/chosen-ports'

export const istioNamespace = 'istio-system'

/** Metadata of an object in the mesh's own namespace. */
export function inIstioSystem(name: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject['metadata'] {
  return { name, namespace: istioNamespace, labels }
}
