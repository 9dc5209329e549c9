/** Checks, before anything is changed, the shape of every field of a Pod that injection reads. Fields it does not read are config-schema's business. */
import { checkAnnotations } from './annotations.js'
import type { ObjectIssue } from './issue.js'
import { describeType, isJsonObject, type JsonPath, type JsonValue } from './json.js'

type Value = JsonValue | undefined
type Shape = (value: Value, path: JsonPath, issues: ObjectIssue[]) => void

const action = map({ httpGet: map({ port: port }), tcpSocket: map({ port: port }), grpc: map({}) })

const container = map(
  {
    name: name,
    image: text,
    args: list(anything),
    env: list(map({ name: name }, ['name'])),
    ports: list(map({ containerPort: port })),
    volumeMounts: list(map({})),
    readinessProbe: action,
    livenessProbe: action,
    startupProbe: action,
    lifecycle: map({ preStop: action, postStart: action }),
    securityContext: map({}),
  },
  ['name'],
)

const named = list(map({ name: name }, ['name']))

const podSpec = map(
  {
    containers: list(container),
    initContainers: list(container),
    volumes: named,
    imagePullSecrets: list(map({})),
    hostNetwork: flag,
    dnsPolicy: text,
    securityContext: map({}),
  },
  ['containers'],
)

const metadata = map({ name: text, generateName: text, namespace: text, labels: texts, annotations: texts })

/** The faults of a Pod or Pod template, each with its path below `path`. */
export function checkPod(pod: Value, path: JsonPath): ObjectIssue[] {
  const issues: ObjectIssue[] = []
  map({ spec: podSpec }, ['spec'])(pod, path, issues)
  if (!isJsonObject(pod)) return issues
  issues.push(...checkMetadata(pod['metadata'], [...path, 'metadata']))
  const containers = isJsonObject(pod['spec']) ? pod['spec']['containers'] : undefined
  if (Array.isArray(containers) && containers.length === 0)
    issues.push({ path: [...path, 'spec', 'containers'], message: 'expected at least one container' })
  return issues
}

export function checkMetadata(value: Value, path: JsonPath): ObjectIssue[] {
  const issues: ObjectIssue[] = []
  metadata(value, path, issues)
  if (issues.length > 0 || !isJsonObject(value) || !isJsonObject(value['annotations'])) return issues
  return checkAnnotations(value['annotations'] as Record<string, string>, [...path, 'annotations'])
}

/** A map whose listed fields have a shape; `null` counts as absent. */
function map(fields: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  return (value, path, issues) => {
    if (value === null || value === undefined) {
      if (required.length > 0) issues.push({ path, message: 'expected a map, found nothing' })
      return
    }
    if (!isJsonObject(value)) {
      issues.push({ path, message: `expected a map, found ${describeType(value)}` })
      return
    }
    for (const field of required) {
      if (value[field] === undefined || value[field] === null) issues.push({ path: [...path, field], message: 'is required' })
    }
    for (const [field, shape] of Object.entries(fields)) {
      if (value[field] !== undefined && value[field] !== null) shape(value[field], [...path, field], issues)
    }
  }
}

function list(item: Shape): Shape {
  return (value, path, issues) => {
    if (!Array.isArray(value)) {
      issues.push({ path, message: `expected a list, found ${describeType(value)}` })
      return
    }
    for (const [index, entry] of value.entries()) {
      if (entry === null) issues.push({ path: [...path, index], message: 'expected an item, found nothing' })
      else item(entry, [...path, index], issues)
    }
  }
}

function text(value: Value, path: JsonPath, issues: ObjectIssue[]): void {
  if (typeof value !== 'string') issues.push({ path, message: `expected a text, found ${describeType(value)}` })
}

function name(value: Value, path: JsonPath, issues: ObjectIssue[]): void {
  if (typeof value !== 'string' || value === '') issues.push({ path, message: `expected a name, found ${describeType(value)}` })
}

function texts(value: Value, path: JsonPath, issues: ObjectIssue[]): void {
  if (!isJsonObject(value)) {
    issues.push({ path, message: `expected a map, found ${describeType(value)}` })
    return
  }
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === 'string') continue
    const found = describeType(entry)
    issues.push({ path: [...path, key], message: `expected a text, found ${found}; put numbers and true or false in quotes` })
  }
}

function flag(value: Value, path: JsonPath, issues: ObjectIssue[]): void {
  if (typeof value !== 'boolean') issues.push({ path, message: `expected true or false, found ${describeType(value)}` })
}

function port(value: Value, path: JsonPath, issues: ObjectIssue[]): void {
  const isNumber = Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
  if (!isNumber && (typeof value !== 'string' || value === ''))
    issues.push({ path, message: `expected a port, found ${describeType(value)}` })
}

function anything(): void {}
