/**
 * The mesh's own settings: the ConfigMap `istio`, key `mesh`, in Istio's MeshConfig YAML. Fields that nothing here reads are
 * said once; text that is no MeshConfig changes nothing, and that is said too.
 */
import { HeddleError, parseDuration, parseSpiffeId } from '@heddle/base'
import { parseDocuments } from '@heddle/config-schema'
import { defaultMeshConfig, type MeshConfig } from './mesh-config.js'

export const meshConfigMap = 'istio'
export const meshConfigKey = 'mesh'

export interface MeshConfigReading {
  readonly config: Partial<MeshConfig>
  /** Fields that have no effect here. */
  readonly ignored: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

/** Fields that are read, and those that other parts of the mesh read from the Pod's own environment. */
const knownFields = new Set([
  'accessLogFile',
  'connectTimeout',
  'defaultConfig',
  'enableAutoMtls',
  'enableTracing',
  'outboundTrafficPolicy',
  'rootNamespace',
  'trustDomain',
  'trustDomainAliases',
])
const knownDefaults = new Set(['discoveryAddress', 'meshId', 'tracing'])

/** @throws HEDDLE_CONTROL_PLANE_MESH_CONFIG with the line of the first fault. */
export function readMeshConfig(text: string): MeshConfigReading {
  const { documents, diagnostics } = parseDocuments(text, { file: `ConfigMap ${meshConfigMap}, key ${meshConfigKey}` })
  const [fault] = diagnostics.filter(({ severity }) => severity === 'error')
  if (fault) throw invalid(fault.message)
  const fields = fieldsOf(documents[0]?.value ?? {}, 'the document')
  const proxyDefaults = fieldsOf(fields['defaultConfig'] ?? {}, 'defaultConfig')
  const tracing = fieldsOf(proxyDefaults['tracing'] ?? {}, 'defaultConfig.tracing')
  const policy = fieldsOf(fields['outboundTrafficPolicy'] ?? {}, 'outboundTrafficPolicy')
  const config: Partial<MeshConfig> = {
    // Istio's own default is no access log; ours, without a ConfigMap, is the demo profile's.
    accessLogFile: textOf(fields, 'accessLogFile') ?? '',
    ...defined('trustDomain', textOf(fields, 'trustDomain')),
    ...defined('trustDomainAliases', trustDomainsOf(fields, 'trustDomainAliases')),
    ...defined('rootNamespace', textOf(fields, 'rootNamespace')),
    ...defined('enableAutoMtls', booleanOf(fields, 'enableAutoMtls')),
    ...defined('enableTracing', booleanOf(fields, 'enableTracing')),
    ...defined('connectTimeoutMs', durationOf(fields, 'connectTimeout')),
    ...defined('outboundTrafficPolicy', policyOf(policy['mode'])),
    ...defined('meshId', textOf(proxyDefaults, 'meshId')),
    ...defined('traceSamplingPercent', numberOf(tracing, 'sampling')),
  }
  const ignored = [
    ...Object.keys(fields).filter((name) => !knownFields.has(name)),
    ...Object.keys(proxyDefaults).flatMap((name) => (knownDefaults.has(name) ? [] : [`defaultConfig.${name}`])),
    ...Object.keys(tracing).flatMap((name) => (name === 'sampling' ? [] : [`defaultConfig.tracing.${name}`])),
  ]
  return { config, ignored }
}

function policyOf(mode: unknown): MeshConfig['outboundTrafficPolicy'] | undefined {
  if (mode === undefined) return undefined
  if (mode === 'ALLOW_ANY' || mode === 'REGISTRY_ONLY') return mode
  throw invalid(`outboundTrafficPolicy.mode must be ALLOW_ANY or REGISTRY_ONLY, not ${JSON.stringify(mode)}`)
}

function durationOf(fields: Fields, name: string): number | undefined {
  const text = textOf(fields, name)
  if (text === undefined) return undefined
  const duration = parseDuration(text)
  if (!duration.ok) throw invalid(`${name}: ${duration.reason}`)
  return duration.ms > 0 ? duration.ms : defaultMeshConfig.connectTimeoutMs
}

function trustDomainsOf(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  const isTrustDomain = (one: unknown): boolean => typeof one === 'string' && !one.includes('/') && parseSpiffeId(`spiffe://${one}`).ok
  if (!Array.isArray(value) || !value.every(isTrustDomain)) throw invalid(`${name} must be a list of trust domains`)
  return value as readonly string[]
}

const textOf = (fields: Fields, name: string): string | undefined => typed<string>(fields, name, 'string')
const booleanOf = (fields: Fields, name: string): boolean | undefined => typed<boolean>(fields, name, 'boolean')

function numberOf(fields: Fields, name: string): number | undefined {
  const value = typed<number>(fields, name, 'number')
  if (value !== undefined && !(value >= 0 && value <= 100)) throw invalid(`${name} must be a percentage from 0 to 100, not ${value}`)
  return value
}

function typed<Value>(fields: Fields, name: string, type: 'string' | 'boolean' | 'number'): Value | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  // oxlint-disable-next-line valid-typeof -- the three types are named in the parameter
  if (typeof value !== type) throw invalid(`${name} must be a ${type}, not ${JSON.stringify(value)}`)
  return value as Value
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw invalid(`${what} must be a mapping`)
}

function defined<Key extends keyof MeshConfig>(key: Key, value: MeshConfig[Key] | undefined): Partial<MeshConfig> {
  return value === undefined ? {} : { [key]: value }
}

function invalid(reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CONTROL_PLANE_MESH_CONFIG',
    message: `the ConfigMap ${meshConfigMap} is no MeshConfig: ${reason}`,
    origin: 'user',
  })
}
