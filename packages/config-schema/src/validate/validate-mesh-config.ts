/** Checks MeshConfig, the settings of the mesh in the ConfigMap `istio`; it has no apiVersion and no kind. */
import type { MeshConfig } from '../gen/types.js'
import { meshConfigType } from '../istio/mesh-config.js'
import { checkMeshConfig } from '../rules/mesh-config.js'
import type { ParsedDocument } from '../yaml/parse-documents.js'
import { checkValue, isObject, type Walk } from './check-value.js'
import { withoutConsequences, type FaultList } from './fault.js'
import type { ValidateResult } from './options.js'
import { resultOf } from './result.js'

/** @param document the text under the key `mesh`, as `parseDocuments` reads it. */
export function validateMeshConfig(document: ParsedDocument): ValidateResult<MeshConfig> {
  const { value } = document
  const walk: Walk = { faults: [], path: [], around: [], depths: [], wrong: [], hasNull: false, compileRegex: undefined, regexStates: 0 }
  checkValue(meshConfigType, value, walk)
  const rules: FaultList = { faults: [], path: [] }
  if (walk.wrong.length === 0 && !walk.hasNull && isObject(value)) checkMeshConfig(value, rules)
  return resultOf(value, withoutConsequences([...walk.faults, ...rules.faults]), document)
}
