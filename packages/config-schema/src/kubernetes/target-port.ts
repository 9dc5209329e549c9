/** Which number a Service's port stands for in a Pod (Kubernetes' endpoint controllers and kube-proxy agree on this rule). */

interface PortedContainer {
  readonly restartPolicy?: string
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
}

/**
 * The target port as a number. Without one it is the Service's own; a name is looked up among the ports of that protocol in
 * the containers and then in native sidecars (init containers that stay), the first one that has it. Undefined: no container does.
 */
export function targetPortNumber(
  pod: { readonly containers?: readonly PortedContainer[]; readonly initContainers?: readonly PortedContainer[] } | undefined,
  {
    port,
    targetPort = port,
    protocol = 'TCP',
  }: { readonly port: number; readonly targetPort?: number | string; readonly protocol?: string },
): number | undefined {
  if (typeof targetPort === 'number') return targetPort
  if (/^\d+$/.test(targetPort)) return Number(targetPort)
  const sidecars = (pod?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...(pod?.containers ?? []), ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .find((candidate) => candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol)?.containerPort
}
