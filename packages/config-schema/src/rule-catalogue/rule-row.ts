/** One rule: its id, the kind of the example, the example, and why the rule is there where its message does not say it. */

/** The kind is a kind of Istio, `gw:KIND` of the Gateway API, `heddle:KIND` judged for Heddle's own mesh, or `text` for whole documents. */
export type RuleRow = readonly [ruleId: string, kind: string, example: string, why: string]
