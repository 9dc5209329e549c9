/** What `apply` would refuse in the workloads that `kube-inject` changes, in apply's words: a faulty workload does not come out with a sidecar. */
import { type Diagnostic, isKnownKind, parseDocuments, validate } from '@heddle/config-schema'
import { isWorkloadKind } from '@heddle/inject'

export interface WorkloadFault {
  readonly diagnostic: Diagnostic
  /** Lines of the workload it is in. */
  readonly firstLine: number
  readonly lastLine: number
}

/** Faults of the workloads in a manifest, as they stand in it; kinds that are not modelled pass. */
export function workloadFaults(file: string, text: string): readonly WorkloadFault[] {
  const { documents, damaged } = parseDocuments(text, { file })
  const faults = [...documents, ...damaged].flatMap((document): WorkloadFault[] => {
    if (!isModelledWorkload(document.value)) return []
    const { line, endLine } = document.rangeOf([])
    const errors = validate(document).diagnostics.filter(({ severity }) => severity === 'error')
    return errors.map((diagnostic) => ({ diagnostic, firstLine: line, lastLine: endLine }))
  })
  return faults.sort((a, b) => byPlace(a.diagnostic, b.diagnostic))
}

/** The injector's own faults beside these, in order; what the injector says of a mapping with a fault of these follows from it. */
export function beside(found: readonly WorkloadFault[], injection: readonly Diagnostic[]): readonly Diagnostic[] {
  const own = injection.filter(({ path, line = 0 }) => {
    const holder = holderOf(path)
    return !found.some(({ diagnostic, firstLine, lastLine }) => {
      return line >= firstLine && line <= lastLine && (holderOf(diagnostic.path) === holder || diagnostic.path === holder)
    })
  })
  return [...found.map(({ diagnostic }) => diagnostic), ...own].sort(byPlace)
}

/** Without the last segment, and without the place in a `List`. */
function holderOf(path: string): string {
  return path.replace(/^(?:items\[\d+\]\.)+/, '').replace(/(?:^|\.)[^.[\]]*$|\[(?:"(?:[^"\\]|\\.)*"|\d+)\]$/, '')
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

function isModelledWorkload(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { apiVersion, kind } = value as { readonly apiVersion?: unknown; readonly kind?: unknown }
  return typeof apiVersion === 'string' && typeof kind === 'string' && isWorkloadKind(apiVersion, kind) && isKnownKind(apiVersion, kind)
}
