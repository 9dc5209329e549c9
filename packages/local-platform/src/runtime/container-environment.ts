/** A container's environment as Kubernetes makes it: declared values, references, `$(NAME)` expansion, and the Pod contract's own variables. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import { fieldValue, type PodPlace } from './field-reference.js'
import type { Container, EnvironmentSource, EnvironmentVariable, KeyReference, Pod } from './pod.js'
import { resourceValue } from './quantity.js'

export interface EnvironmentSources {
  readonly pod: Pod
  readonly place: PodPlace
  configMap(name: string): KubernetesObject | undefined
  secret(name: string): KubernetesObject | undefined
}

/**
 * The declared variables of a container.
 * @throws HEDDLE_RUNTIME_CONFIG when a config map, secret or key that is not optional is missing.
 */
export function declaredEnvironment(container: Container, sources: EnvironmentSources): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const source of container.envFrom ?? []) Object.assign(environment, wholeSource(source, sources))
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? referencedValue(container, variable, sources) : expandReferences(variable.value ?? '', environment)
    if (value !== undefined) environment[variable.name] = value
  }
  return environment
}

/** `$(NAME)` becomes the variable's value, `$$(NAME)` a literal `$(NAME)`; what is not defined stays as it is. */
export function expandReferences(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (found, name: string | undefined) => {
    if (found === '$$') return '$'
    return name === undefined ? found : (environment[name] ?? found)
  })
}

/** The bytes of a config map's or secret's keys. */
export function objectData(object: KubernetesObject): Readonly<Record<string, Buffer>> {
  const decode = (field: string, encoding: BufferEncoding): [string, Buffer][] =>
    Object.entries((object[field] ?? {}) as Record<string, string>).map(([key, value]) => [key, Buffer.from(value, encoding)])
  const isSecret = object.kind === 'Secret'
  return Object.fromEntries([
    ...decode('data', isSecret ? 'base64' : 'utf8'),
    ...decode('binaryData', 'base64'),
    ...decode('stringData', 'utf8'),
  ])
}

function referencedValue(container: Container, variable: EnvironmentVariable, sources: EnvironmentSources): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {}
  if (fieldRef) {
    const value = fieldValue(sources.pod, sources.place, fieldRef.fieldPath)
    if (value === undefined) throw missing(`fieldPath "${fieldRef.fieldPath}" is not supported`)
    return value
  }
  if (resourceFieldRef) {
    const name = resourceFieldRef.containerName
    const owner = name === undefined ? container : (sources.pod.spec.containers.find((other) => other.name === name) ?? container)
    return resourceValue(owner, resourceFieldRef)
  }
  if (configMapKeyRef) return keyValue('configmap', sources.configMap(configMapKeyRef.name), configMapKeyRef)
  if (secretKeyRef) return keyValue('secret', sources.secret(secretKeyRef.name), secretKeyRef)
  return ''
}

function keyValue(kind: string, object: KubernetesObject | undefined, reference: KeyReference): string | undefined {
  const value = object && objectData(object)[reference.key]
  if (value) return value.toString('utf8')
  if (reference.optional) return undefined
  throw missing(object ? `couldn't find key ${reference.key} in ${kind} ${reference.name}` : `${kind} "${reference.name}" not found`)
}

function wholeSource(source: EnvironmentSource, sources: EnvironmentSources): Record<string, string> {
  const reference = source.configMapRef ?? source.secretRef
  if (!reference) return {}
  const object = source.configMapRef ? sources.configMap(reference.name) : sources.secret(reference.name)
  if (!object) {
    if (reference.optional) return {}
    throw missing(`${source.configMapRef ? 'configmap' : 'secret'} "${reference.name}" not found`)
  }
  const entries = Object.entries(objectData(object)).map(([key, value]) => [`${source.prefix ?? ''}${key}`, value.toString('utf8')])
  return Object.fromEntries(entries) as Record<string, string>
}

function missing(message: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_RUNTIME_CONFIG', message, origin: 'user', retryable: true })
}
