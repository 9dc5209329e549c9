/** Typed Istio and Kubernetes resources: parsing with positions, validation, kinds, defaults, custom resource definitions. */
export { formatDiagnostic, hasErrors, type Diagnostic, type Severity, type SourceRange } from './diagnostic.js'
export { nearest } from './did-you-mean.js'
export {
  isKnownKind,
  kindInfo,
  kindsInCategory,
  parseApiVersion,
  preferredApiVersion,
  resolveResourceName,
  type GroupVersion,
} from './kinds/kind-info.js'
export { kindTable, type KindInfo } from './kinds/kind-table.js'
export { formatPath, type FieldPath, type PathSegment } from './path.js'
export type { KubernetesObject } from './resource.js'
export { validate, validateObject, type ValidateOptions, type ValidateResult } from './validate/validate.js'
export { parseDocuments, type ParsedDocument, type ParseOptions, type ParseResult } from './yaml/parse-documents.js'
export type { FieldPart } from './yaml/positions.js'
