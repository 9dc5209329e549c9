/** Analysis of many resources together (`@heddle/config-schema/analysis`). */
export { analyze, type AnalysisInput, type AnalyzeOptions } from './analysis/analyze.js'
export { codePage, codes, isCode, type Code } from './analysis/codes.js'
export { formatFinding, type Finding, type FindingResource, type FindingSeverity, type Fix, type TextEdit } from './analysis/finding.js'
export { parseSuppression, type Suppression } from './analysis/suppression.js'
