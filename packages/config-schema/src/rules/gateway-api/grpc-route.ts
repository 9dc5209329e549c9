/** Rules of GRPCRoute. */
import type { GRPCMethodMatch, GRPCRoute, GRPCRouteRule } from '../../gen/gateway-api-types.js'
import { clip } from '../../model/clip.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, error, within } from '../reporter.js'
import { checkFilters, checkUnique } from './filters.js'
import { checkBackends, checkHostnames, checkMatchCount, checkParents, checkRuleNames } from './parents.js'

export function checkGrpcRoute({ spec }: GRPCRoute, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkParents(spec.parentRefs, faults)
    checkHostnames(spec.hostnames, faults)
    checkRuleNames(spec.rules, faults)
    eachOf(faults, 'rules', spec.rules, (rule) => checkRule(rule, faults))
    checkMatchCount(
      (spec.rules ?? []).map(({ matches }) => matches?.length ?? 0),
      faults,
    )
  })
}

function checkRule(rule: GRPCRouteRule, faults: FaultList): void {
  eachOf(faults, 'matches', rule.matches, ({ method, headers }) => {
    if (method) within(faults, ['method'], () => checkMethod(method, faults))
    checkUnique(headers, 'headers', faults)
  })
  checkFilters(rule.filters, faults)
  checkBackends(rule.backendRefs, faults, (backend) => checkFilters(backend.filters, faults))
}

const serviceName = /^\.?[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)*$/i
const methodName = /^[A-Za-z_][A-Za-z_0-9]*$/

function checkMethod({ type = 'Exact', service = '', method = '' }: GRPCMethodMatch, faults: FaultList): void {
  if (service === '' && method === '')
    error(faults, 'grpc-route/method', [], 'A match of a method needs service, method, or both.', { expected: 'service or method' })
  if (type !== 'Exact') return
  if (service !== '' && !serviceName.test(service))
    error(faults, 'grpc-route/method', ['service'], `"${clip(service)}" is not the name of a gRPC service.`, {
      expected: 'a name such as helloworld.Greeter',
    })
  if (method !== '' && !methodName.test(method))
    error(faults, 'grpc-route/method', ['method'], `"${clip(method)}" is not the name of a gRPC method.`, {
      expected: 'a name such as SayHello',
    })
}
