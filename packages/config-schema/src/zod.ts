/** Zod schemas of the modelled kinds (`@heddle/config-schema/zod`), apart so that nobody else loads zod. */
import type { z } from 'zod'
import type { DestinationRule, Gateway, PeerAuthentication, VirtualService } from './gen/types.js'
import { istioKindType, kindType } from './kinds/kind-type.js'
import type { ResourceByKind } from './resource.js'
import { zodType } from './zod/zod-type.js'

export const virtualServiceSchema: z.ZodType<VirtualService> = zodType(istioKindType('VirtualService')) as z.ZodType<VirtualService>
export const destinationRuleSchema: z.ZodType<DestinationRule> = zodType(istioKindType('DestinationRule')) as z.ZodType<DestinationRule>
export const gatewaySchema: z.ZodType<Gateway> = zodType(istioKindType('Gateway')) as z.ZodType<Gateway>
export const peerAuthenticationSchema: z.ZodType<PeerAuthentication> = zodType(
  istioKindType('PeerAuthentication'),
) as z.ZodType<PeerAuthentication>

/** The schema of any modelled kind, such as (`apps/v1`, `Deployment`); undefined for others. */
export function resourceSchema<Kind extends keyof ResourceByKind>(
  apiVersion: string,
  kind: Kind,
): z.ZodType<ResourceByKind[Kind]> | undefined {
  const type = kindType(apiVersion, kind)
  return type === undefined ? undefined : (zodType(type) as z.ZodType<ResourceByKind[Kind]>)
}
