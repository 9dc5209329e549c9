/** `heddle install --set NAME=VALUE`, as istioctl has it: the settings of the mesh, checked before anything is installed. */
import { validateMeshConfig, formatYaml, parseDocuments } from '@heddle/config-schema'
import { readMeshConfig } from '@heddle/translation'
import { usageError } from '../command/parse.js'

/** MeshConfig, or a part of it. */
export type MeshSettings = Readonly<Record<string, unknown>>

export interface InstallSettings {
  readonly profile?: string
  readonly meshConfig: MeshSettings
}

const example = '--set meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY'

/** @throws HEDDLE_CLI_USAGE for what is no setting of the mesh. */
export function parseSettings(words: readonly string[]): InstallSettings {
  let profile: string | undefined
  let meshConfig: MeshSettings = {}
  for (const word of words) {
    const [, name = '', value] = /^([^=]+)=(.*)$/s.exec(word) ?? []
    if (value === undefined) throw usageError(`--set ${word} is not NAME=VALUE`, `Such as ${example}`)
    const [first, ...path] = name.split('.')
    if (name === 'profile') profile = value
    else if (first === 'meshConfig' && path.length > 0 && path.every((key) => /^[a-z]\w*$/i.test(key)))
      meshConfig = withSetting(meshConfig, path, scalarOf(value))
    else
      throw usageError(
        `--set ${name} sets nothing here: there are profile and meshConfig.NAME`,
        `Such as ${example}; everything else is in the resources that "heddle install --dry-run" prints.`,
      )
  }
  requireMeshConfig(meshConfig)
  return { ...(profile !== undefined && { profile }), meshConfig }
}

/** One over the other, field by field. */
export function mergeSettings(below: MeshSettings, above: MeshSettings): MeshSettings {
  return Object.entries(above).reduce((merged, [key, value]) => {
    const old = merged[key]
    return { ...merged, [key]: isMapping(old) && isMapping(value) ? mergeSettings(old, value) : value }
  }, below)
}

/** The text of the ConfigMap. */
export const meshConfigText = (settings: MeshSettings): string => formatYaml(settings)

function withSetting(settings: MeshSettings, path: readonly string[], value: unknown): MeshSettings {
  return mergeSettings(settings, path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as MeshSettings)
}

/** As YAML reads it: `true` and `3` are no texts. */
function scalarOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function isMapping(value: unknown): value is MeshSettings {
  return typeof value === 'object' && value !== null
}

/** By Istio's schema and rules, then by what the control plane takes. */
function requireMeshConfig(settings: MeshSettings): void {
  const text = meshConfigText(settings)
  const document = parseDocuments(text).documents[0]
  const faults = document === undefined ? [] : validateMeshConfig(document).diagnostics.filter(({ severity }) => severity === 'error')
  const [fault] = faults
  if (fault !== undefined) throw usageError(`--set meshConfig.${fault.path}: ${fault.message}`)
  const { ignored } = readMeshConfig(text)
  const [name] = ignored
  if (name !== undefined)
    throw usageError(
      `--set meshConfig.${name} would have no effect: this mesh does not read it`,
      'docs/compatibility.md says which fields it reads.',
    )
}
