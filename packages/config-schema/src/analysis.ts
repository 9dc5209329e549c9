/** Analysis of many resources together (`@heddle/config-schema/analysis`). */
export {
  analyze,
  analyzeJudged,
  findingOf,
  judgeResource,
  resourceNamed,
  type AnalysisInput,
  type AnalyzeOptions,
} from './analysis/analyze.js'
export { applyFixes } from './analysis/apply-fixes.js'
export { codes, explainCommand, isCode, type Code } from './analysis/codes.js'
export { diagnosticFix } from './analysis/diagnostic-fix.js'
export { createDirectory, type Directory, type NamePlace, type NameUses, type Reference } from './analysis/directory/directory.js'
export { referenceKindAt, type ReferenceKind } from './analysis/directory/reference-fields.js'
export {
  formatFinding,
  originOf,
  type Finding,
  type FindingResource,
  type FindingSeverity,
  type Fix,
  type TextEdit,
} from './analysis/finding.js'
export type { JudgedResource } from './analysis/judged-resource.js'
export { parseSuppression, type Suppression } from './analysis/suppression.js'
