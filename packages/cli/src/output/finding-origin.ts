/** The resource that a finding is about, by the name that istioctl gives it. */
import type { Finding } from '@heddle/config-schema/analysis'

/** `VirtualService default/web` */
export function originOf({ resource: { kind, name, namespace } }: Finding): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`
}
