/** References to gateways, in a VirtualService and in its matches: `mesh`, a name, or NAMESPACE/NAME. */
import { clip } from '../model/clip.js'
import { isDnsLabel } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import type { FaultList } from '../validate/fault.js'
import { error, eachOf, warning } from './reporter.js'

export function checkGatewayNames(gateways: readonly string[] | undefined, faults: FaultList): void {
  eachOf(faults, 'gateways', gateways, (gateway) => checkGatewayName(gateway, faults))
}

function checkGatewayName(gateway: string, faults: FaultList): void {
  const parts = gateway.split('/')
  if (parts.length === 2) {
    if (parts.every(isDnsLabel)) return
    const namespace = parts[0] === '.' ? ' "." cannot stand for the namespace; leave it out.' : ''
    error(faults, 'bad-gateway-name', [], `"${clip(gateway)}" is not a gateway; expected NAME or NAMESPACE/NAME.${namespace}`)
  } else if (parts.length > 2 || gateway.includes('*') || formatRules['wildcard-host'].check(gateway) !== undefined) {
    error(faults, 'bad-gateway-name', [], `"${clip(gateway)}" is not a gateway; expected NAME or NAMESPACE/NAME.`)
  } else if (gateway.includes('.')) {
    const [name, namespace] = gateway.split('.')
    warning(faults, 'dotted-gateway-name', [], `"${clip(gateway)}" is the old form of a gateway name.`, {
      suggestion: `${namespace}/${name}`,
    })
  }
}

/** Whether routes of these gateways also hold in the sidecars. */
export function isMeshBound(gateways: readonly string[] | undefined): boolean {
  return gateways === undefined || gateways.length === 0 || gateways.includes('mesh')
}
