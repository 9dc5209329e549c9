/** Rules of AuthorizationPolicy: what each action may ask for, and values that can be matched. */
import type { AuthorizationPolicy, AuthorizationPolicySpec, AuthorizationRule } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { asksHttpOfAllPorts, checkCondition, checkOperation, checkSource } from './authorization-rule.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkTargets } from './targets.js'

export function checkAuthorizationPolicy({ spec = {} }: AuthorizationPolicy, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkTargets(spec, faults)
    checkAction(spec, faults)
    eachOf(faults, 'rules', spec.rules, (rule) => checkRule(rule, spec, faults))
  })
}

function checkAction({ action = 'ALLOW', rules, provider }: AuthorizationPolicySpec, faults: FaultList): void {
  const hasRules = (rules ?? []).length > 0
  if ((action === 'DENY' || action === 'CUSTOM') && !hasRules)
    error(faults, 'authorization-policy/rules-required', ['rules'], `Action ${action} without rules never matches.`, {
      part: 'key',
      expected: 'at least one rule',
    })
  if (action === 'CUSTOM' && !provider?.name)
    error(faults, 'authorization-policy/provider-required', ['provider'], 'Action CUSTOM needs provider.name: who is asked.', {
      part: 'key',
      expected: 'provider.name',
    })
  if (action !== 'CUSTOM' && provider !== undefined)
    error(faults, 'authorization-policy/provider-action', ['provider'], `Action ${action} asks nobody; a provider is for CUSTOM only.`, {
      part: 'key',
    })
}

function checkRule(rule: AuthorizationRule, { action = 'ALLOW' }: AuthorizationPolicySpec, faults: FaultList): void {
  for (const name of ['from', 'to'] as const) {
    if (rule[name]?.length === 0)
      error(faults, 'authorization-policy/empty', [name], `"${name}" is empty and would match nothing; remove it to match everything.`, {
        part: 'key',
      })
  }
  const isCustom = action === 'CUSTOM'
  eachOf(faults, 'from', rule.from, ({ source }) => {
    if (isEmpty(source)) reportEmpty(faults, 'source')
    else within(faults, ['source'], () => checkSource(source ?? {}, isCustom, faults))
  })
  eachOf(faults, 'to', rule.to, ({ operation }) => {
    if (isEmpty(operation)) reportEmpty(faults, 'operation')
    else within(faults, ['operation'], () => checkOperation(operation ?? {}, faults))
  })
  eachOf(faults, 'when', rule.when, (condition) => checkCondition(condition, isCustom, faults))
  if (action === 'DENY' && asksHttpOfAllPorts(rule))
    warning(
      faults,
      'authorization-policy/deny-http',
      [],
      'On ports that are not HTTP some of these fields cannot be read, and the rule denies there whatever the others match; name ports, too.',
    )
}

/** Not even one field: an empty mapping would match everything, which nobody means. */
function isEmpty(value: object | undefined): boolean {
  return value === undefined || Object.keys(value).length === 0
}

function reportEmpty(faults: FaultList, name: string): void {
  error(faults, 'authorization-policy/empty', [name], `"${name}" is empty; say something in it, or remove the entry.`, { part: 'key' })
}
