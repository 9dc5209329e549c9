/** Joins apiVersion and kind to the declarative type that describes the whole resource. */
import { destinationRuleSpec } from '../istio/destination-rule.js'
import { gatewaySpec } from '../istio/gateway.js'
import { peerAuthenticationSpec } from '../istio/peer-authentication.js'
import { virtualServiceSpec } from '../istio/virtual-service.js'
import { kubernetesKindType, kubernetesType } from '../kubernetes/kubernetes-types.js'
import { anything, object, required, text, type ObjectType } from '../model/field-type.js'
import { kindInfo } from './kind-info.js'

export type IstioKind = 'VirtualService' | 'DestinationRule' | 'Gateway' | 'PeerAuthentication'

export const istioSpecs: Readonly<Record<IstioKind, ObjectType>> = {
  VirtualService: virtualServiceSpec,
  DestinationRule: destinationRuleSpec,
  Gateway: gatewaySpec,
  PeerAuthentication: peerAuthenticationSpec,
}

const istioTypes = new Map<string, ObjectType>()

/** @returns undefined for a kind that is not modelled or a version that is not served. */
export function kindType(apiVersion: string, kind: string): ObjectType | undefined {
  const info = kindInfo(apiVersion, kind)
  if (!info?.isModelled) return undefined
  return info.group.endsWith('.istio.io') ? istioKindType(kind as IstioKind) : kubernetesKindType(apiVersion, kind)
}

export function istioKindType(kind: IstioKind): ObjectType {
  const known = istioTypes.get(kind)
  if (known) return known
  const spec = istioSpecs[kind]
  const type = object(kind, {
    apiVersion: required(text()),
    kind: required(text()),
    metadata: required(kubernetesType('ObjectMeta')),
    spec: kind === 'PeerAuthentication' ? spec : required(spec),
    status: anything,
  })
  istioTypes.set(kind, type)
  return type
}
