/** What validation can be asked for, and what it answers. */
import type { Diagnostic } from '../diagnostic.js'
import type { KubernetesObject } from '../resource.js'

/** Compiles RE2 and throws on a bad expression, as `loadRegexCompiler()` gives it. */
export type RegexCompiler = (expression: string) => unknown

export interface KindOptions {
  /** Compiles an RE2 expression and throws on a bad one; without it only what JavaScript can tell is checked. */
  readonly compileRegex?: RegexCompiler
  /** `prune` leaves unknown fields out, as an API server does, instead of refusing them. Default: `refuse`. */
  readonly unknownFields?: 'refuse' | 'prune'
}

export interface ValidateOptions extends KindOptions {
  /** `heddle` also warns of what Heddle's own mesh does not execute, and refuses what it does not enforce. Default: `istio`. */
  readonly target?: 'istio' | 'heddle'
  /** With the target `heddle`: `warn` makes what it does not enforce a warning too, for who asks on behalf of both. Default: `refuse`. */
  readonly notEnforced?: 'refuse' | 'warn'
}

export interface ValidateResult<Resource = KubernetesObject> {
  /** Present when there is no error: what was judged, without fields that are null. */
  readonly resource?: Resource
  /** Errors and warnings in the order of the document. */
  readonly diagnostics: readonly Diagnostic[]
}
