/** envoy.type.matcher.v3.StringMatcher. Regular expressions are RE2 and match the whole string. */
export interface StringMatcher {
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains' | 'regex'
  readonly value: string
  /** Not for `regex`. Default: `false`. */
  readonly ignoreCase?: boolean
}

/** envoy.config.route.v3.HeaderMatcher. Pseudo headers are `:method`, `:path`, `:authority`, `:scheme`. */
export interface HeaderMatcher {
  readonly name: string
  /** What the value must be; absent asks only for presence. */
  readonly match?: StringMatcher
  /** With no `match`: whether the header must be there. Default: `true`. */
  readonly present?: boolean
  readonly invert?: boolean
  readonly treatMissingAsEmpty?: boolean
}

/** envoy.config.route.v3.QueryParameterMatcher. */
export interface QueryParameterMatcher {
  readonly name: string
  readonly match?: StringMatcher
  readonly present?: boolean
}
