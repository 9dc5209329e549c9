/** Rules of TLSRoute, TCPRoute and UDPRoute. */
import type { TCPRoute, TLSRoute, UDPRoute } from '../../gen/gateway-api-types.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, within } from '../reporter.js'
import { checkBackends, checkHostnames, checkParents, checkRuleNames } from './parents.js'

export function checkTlsRoute(resource: TLSRoute, faults: FaultList): void {
  checkStreamRoute(resource, faults)
  within(faults, ['spec'], () => checkHostnames(resource.spec.hostnames, faults))
}

export function checkStreamRoute({ spec }: TCPRoute | UDPRoute | TLSRoute, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkParents(spec.parentRefs, faults)
    checkRuleNames(spec.rules, faults)
    eachOf(faults, 'rules', spec.rules, ({ backendRefs }) => checkBackends(backendRefs, faults))
  })
}
