/**
 * Which rule of which resource every route and filter chain is from, and which rules were left out and why: written down only
 * when somebody asks (`simulate`), since a configuration itself does not say it.
 */
import type { FilterChain, Route } from '@heddle/routing'
import type { ResourceReference } from '../issue/translation-issue.js'

export interface RuleOrigin {
  readonly resource: ResourceReference
  /** Inside the resource: `spec.http[0]`, and `spec.http[0].match[1]` of a rule with conditions. */
  readonly path: string
  /** Names of the rule and the match, as far as they have some. */
  readonly name?: string
}

/** A rule that has no route on a port. */
export interface LeftRule {
  readonly origin: RuleOrigin
  /** Hosts of the VirtualService, resolved. */
  readonly hosts: readonly string[]
  readonly port: number
  readonly reason: string
}

export interface RuleTrace {
  readonly origins: Map<Route | FilterChain, RuleOrigin>
  readonly left: LeftRule[]
}

export function createRuleTrace(): RuleTrace {
  return { origins: new Map(), left: [] }
}
