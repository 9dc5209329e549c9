/**
 * Which labels of a reported record become labels of the mesh's metrics. Records come from workloads: their keys are written
 * into Prometheus' text, so only Istio's own are taken, and a workload reports only for its own namespace.
 */

/** Istio's standard labels, in the order they are rendered. */
const labelNames: readonly string[] = [
  'connection_security_policy',
  ...['app', 'canonical_revision', 'canonical_service', 'cluster', 'principal'].map((name) => `destination_${name}`),
  'destination_service',
  'destination_service_name',
  'destination_service_namespace',
  ...['version', 'workload', 'workload_namespace'].map((name) => `destination_${name}`),
  'grpc_response_status',
  'reporter',
  'request_protocol',
  'response_code',
  'response_flags',
  ...['app', 'canonical_revision', 'canonical_service', 'cluster', 'principal', 'version', 'workload', 'workload_namespace'].map(
    (name) => `source_${name}`,
  ),
]

const maxValueLength = 256

/** Labels as Prometheus' text has them between braces. */
export function renderLabels(tags: Readonly<Record<string, string>>): string {
  return labelNames
    .flatMap((name) => (tags[name] === undefined ? [] : [`${name}="${escapeValue(tags[name].slice(0, maxValueLength))}"`]))
    .join(',')
}

/** Prometheus text format: backslash, double quote and line feed. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** @param namespace of the proxy that reported, as it proved it. */
export function isOwnReport(tags: Readonly<Record<string, string>>, namespace: string): boolean {
  const reported = tags['reporter'] === 'destination' ? tags['destination_workload_namespace'] : tags['source_workload_namespace']
  return reported === undefined || reported === 'unknown' || reported === namespace
}
