/** Injects one Kubernetes object: finds the Pod template in it, decides, and returns a changed copy. `List` is injected item by item. */
import { annotation } from './annotations.js'
import { decide, type SkipReason } from './decision.js'
import { objectError, type InjectWarning, type ObjectIssue, type ObjectRef } from './issue.js'
import { cloneJson, describeType, isJsonObject, type JsonObject, type JsonPath, type JsonValue } from './json.js'
import { injectPod } from './pod.js'
import type { Metadata, Pod, PodSpec } from './pod-spec.js'
import { resolveSettings, type InjectSettings, type ResolvedSettings } from './settings.js'
import { checkMetadata, checkPod } from './shape-check.js'
import { refOf, workloadKindOf, workloadOf } from './workload.js'

/** A workload that was left alone, and why. */
export interface SkippedObject {
  readonly object: ObjectRef
  readonly reason: SkipReason
}

export interface InjectObjectResult {
  /** The object with its sidecar; the very object given when nothing was injected. */
  readonly object: JsonObject
  readonly injected: readonly ObjectRef[]
  readonly skipped: readonly SkippedObject[]
  readonly warnings: readonly InjectWarning[]
}

/** What happened to one object, faults included. */
export interface ObjectOutcome extends InjectObjectResult {
  readonly issues: readonly ObjectIssue[]
}

/**
 * Injects the sidecar into one object, for example the Pod of an admission review. Kinds without a Pod template come back as they are.
 * @throws HEDDLE_INJECT_INVALID_OBJECT when the object cannot be a workload of its kind; HEDDLE_INJECT_INVALID_SETTINGS.
 */
export function injectObject(object: JsonObject, settings: InjectSettings = {}): InjectObjectResult {
  const { issues, ...result } = transformObject(object, resolveSettings(settings))
  if (issues.length > 0) throw objectError(refOf(object), issues)
  return result
}

export function transformObject(object: JsonValue, settings: ResolvedSettings, path: JsonPath = []): ObjectOutcome {
  if (!isJsonObject(object)) return failed({}, [{ path, message: `expected a Kubernetes object, found ${describeType(object)}` }])
  const faults = ['apiVersion', 'kind'].flatMap((field): ObjectIssue[] => {
    const value = object[field]
    if (typeof value === 'string' && value !== '') return []
    return [
      {
        path: [...path, field],
        message: value === undefined || value === null ? 'is required' : `expected a text, found ${describeType(value)}`,
      },
    ]
  })
  if (faults.length > 0) return failed(object, faults)
  const ref = refOf(object)
  if (ref.kind === 'List' && ref.apiVersion === 'v1') return transformList(object, settings, path)
  const kind = workloadKindOf(ref)
  return kind === undefined ? unchanged(object) : transformWorkload(object, ref, kind, settings, path)
}

function transformList(list: JsonObject, settings: ResolvedSettings, path: JsonPath): ObjectOutcome {
  const { items } = list
  if (items === undefined || items === null) return unchanged(list)
  if (!Array.isArray(items)) return failed(list, [{ path: [...path, 'items'], message: `expected a list, found ${describeType(items)}` }])
  const outcomes = items.map((item, index) => transformObject(item, settings, [...path, 'items', index]))
  const injected = outcomes.flatMap((outcome) => outcome.injected)
  return {
    object: injected.length === 0 ? list : { ...list, items: outcomes.map((outcome) => outcome.object) },
    injected,
    skipped: outcomes.flatMap((outcome) => outcome.skipped),
    warnings: outcomes.flatMap((outcome) => outcome.warnings),
    issues: outcomes.flatMap((outcome) => outcome.issues),
  }
}

type Kind = NonNullable<ReturnType<typeof workloadKindOf>>

function transformWorkload(object: JsonObject, ref: ObjectRef, kind: Kind, settings: ResolvedSettings, path: JsonPath): ObjectOutcome {
  const reached = reach(object, kind.podPath, path)
  if (!reached.ok) return failed(object, [reached.issue])
  const podPath = [...path, ...kind.podPath]
  const metadataPath = [...path, 'metadata']
  const twin = kind.twinMetadataPath && valueAt(object, kind.twinMetadataPath)
  const issues = [
    ...(kind.podPath.length > 0 ? checkMetadata(object['metadata'], metadataPath) : []),
    ...(kind.twinMetadataPath ? checkMetadata(twin, [...path, ...kind.twinMetadataPath]) : []),
    ...checkPod(reached.value, podPath),
  ]
  if (issues.length > 0) return failed(object, issues)
  const own = podOf(reached.value)
  const pod: Pod = { metadata: withTwin(own.metadata, twin), spec: own.spec }
  const namespace = ref.namespace ?? settings.namespace
  const decision = decide(pod, namespace, settings)
  if (decision.kind === 'skip') return skipped(object, ref, decision.reason)
  const workload = workloadOf(ref, pod.metadata, namespace)
  const result = injectPod({ pod, ref, workload, settings, path: podPath })
  if (!result.ok) return failed(object, result.issues)
  const copy = cloneJson(object)
  write(copy, kind, own.metadata, pod.metadata, result.pod)
  return { object: copy, injected: [ref], skipped: [], warnings: result.warnings, issues: [] }
}

type Reached = { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly issue: ObjectIssue }

function reach(object: JsonObject, steps: readonly string[], path: JsonPath): Reached {
  let value = object
  for (const [index, step] of steps.entries()) {
    const next = value[step]
    const at = [...path, ...steps.slice(0, index + 1)]
    if (next === undefined || next === null) return { ok: false, issue: { path: at, message: 'is required' } }
    if (!isJsonObject(next)) return { ok: false, issue: { path: at, message: `expected a map, found ${describeType(next)}` } }
    value = next
  }
  return { ok: true, value }
}

function valueAt(object: JsonObject, steps: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object
  for (const step of steps) value = isJsonObject(value) ? value[step] : undefined
  return value
}

/** A view of a checked Pod in which `null` is absent. */
function podOf(value: JsonObject): Pod {
  const spec = withoutNulls(value['spec'] as JsonObject) as PodSpec
  return { metadata: withoutNulls((value['metadata'] ?? {}) as JsonObject) as Metadata, spec }
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null)) as JsonObject
}

/** What the template says of itself beats what the CronJob's job template says. */
function withTwin(metadata: Metadata, twin: JsonValue | undefined): Metadata {
  if (!isJsonObject(twin)) return metadata
  const outer = withoutNulls(twin) as Metadata
  return { ...metadata, labels: { ...outer.labels, ...metadata.labels }, annotations: { ...outer.annotations, ...metadata.annotations } }
}

/** Writes the injected Pod into a copy of its object. */
function write(copy: JsonObject, kind: Kind, own: Metadata, seen: Metadata, pod: Pod): void {
  const target = valueAt(copy, kind.podPath) as JsonObject
  const metadata = changed(own, seen, pod.metadata)
  // metadata comes first where the template had none
  const ordered: JsonObject = 'metadata' in target ? { ...target, metadata, spec: pod.spec } : { metadata, ...target, spec: pod.spec }
  for (const key of Object.keys(target)) delete target[key]
  Object.assign(target, ordered)
  if (!kind.twinMetadataPath) return
  const parent = valueAt(copy, kind.twinMetadataPath.slice(0, -1)) as JsonObject
  const outer = isJsonObject(parent['metadata']) ? (withoutNulls(parent['metadata']) as Metadata) : {}
  const { spec, ...rest } = parent
  for (const key of Object.keys(parent)) delete parent[key]
  Object.assign(parent, rest, { metadata: changed(outer, seen, pod.metadata), spec })
}

/** `metadata` with the change from `before` to `after` in labels and annotations. */
function changed(metadata: Metadata, before: Metadata, after: Metadata): Metadata {
  return {
    ...metadata,
    labels: withChange(metadata.labels ?? {}, before.labels ?? {}, after.labels ?? {}),
    annotations: withChange(metadata.annotations ?? {}, before.annotations ?? {}, after.annotations ?? {}),
  }
}

function withChange(own: Record<string, string>, before: Record<string, string>, after: Record<string, string>): Record<string, string> {
  const result = { ...own }
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) delete result[key]
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) result[key] = value
  return result
}

function skipped(object: JsonObject, ref: ObjectRef, reason: SkipReason): ObjectOutcome {
  const message = `the Pod uses the host's network, whose traffic cannot be redirected: not injected (label ${annotation.inject}: "false" says so on purpose)`
  const warnings: InjectWarning[] = reason === 'host-network' ? [{ code: 'host-network', message, object: ref }] : []
  return { object, injected: [], skipped: [{ object: ref, reason }], warnings, issues: [] }
}

function unchanged(object: JsonObject): ObjectOutcome {
  return { object, injected: [], skipped: [], warnings: [], issues: [] }
}

function failed(object: JsonObject, issues: readonly ObjectIssue[]): ObjectOutcome {
  return { object, injected: [], skipped: [], warnings: [], issues }
}
