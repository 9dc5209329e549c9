/** Typed Istio and Kubernetes resources: parsing with positions, validation, kinds, defaults, custom resource definitions. */
export type { Draft } from './builders/define.js'
export {
  defineAuthorizationPolicy,
  defineDestinationRule,
  defineEnvoyFilter,
  defineGateway,
  defineIstioOperator,
  definePeerAuthentication,
  defineProxyConfig,
  defineRequestAuthentication,
  defineServiceEntry,
  defineSidecar,
  defineTelemetry,
  defineTrafficExtension,
  defineVirtualService,
  defineWasmPlugin,
  defineWorkloadEntry,
  defineWorkloadGroup,
} from './builders/istio.js'
export type { ConversionIssue, ConversionOptions } from './convert/conversion-options.js'
export { virtualServiceToHttpRoute, type HttpRouteConversion } from './convert/virtual-service-to-http-route.js'
export { customResourceDefinitions, type DefinitionOptions } from './crd/custom-resource-definitions.js'
export { openApiComponents, type OpenApiComponent } from './crd/open-api-components.js'
export { defaultObject } from './defaults/default-object.js'
export {
  formatDiagnostic,
  fullMessage,
  hasErrors,
  type Diagnostic,
  type RelatedPlace,
  type Severity,
  type SourceRange,
} from './diagnostic.js'
export { parseApiVersion, type GroupVersion } from './kinds/api-version.js'
export { kindExecution, type KindExecution } from './kinds/kind-execution.js'
export { isKnownKind, kindInfo, kindsInCategory, preferredApiVersion, resolveResourceName } from './kinds/kind-info.js'
export { kindTable, type KindInfo } from './kinds/kind-table.js'
export { formatPath, type FieldPath, type PathSegment } from './path.js'
export { listMergeKeys, type MergeKeys } from './kubernetes/merge-keys.js'
export { targetPortNumber } from './kubernetes/target-port.js'
export { jsonSchema, type JsonSchema } from './json-schema.js'
export { jsonSchemaFiles, type JsonSchemaFile } from './json-schema-files.js'
export { isOfKind, type KubernetesObject, type ResourceByKind } from './resource.js'
export { loadRegexCompiler } from './regex-compiler.js'
export type { RegexCompiler, ValidateOptions, ValidateResult } from './validate/options.js'
export { validateMeshConfig } from './validate/validate-mesh-config.js'
export { validate, validateObject } from './validate/validate.js'
export { editYaml, rewriteVersion, syncYaml, type EditOptions, type YamlChange } from './yaml/edit-yaml.js'
export { formatYaml } from './yaml/format-yaml.js'
export { parseDocuments, type ParsedDocument, type ParseOptions, type ParseResult } from './yaml/parse-documents.js'
export type { FieldPart } from './yaml/positions.js'

/** The types of all kinds and of their parts: the generated file is their list. */
export type * from './gen/types.js'
