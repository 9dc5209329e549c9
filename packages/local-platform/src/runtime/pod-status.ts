/** A Pod's status from the states of its containers: phase, conditions and container statuses as the kubelet derives them. */
import { containerStatus, type ContainerView } from './container-state.js'
import type { Pod, PodCondition } from './pod.js'

export interface PodStatusInput {
  readonly pod: Pod
  readonly containers: readonly ContainerView[]
  readonly initContainers: readonly ContainerView[]
  readonly addresses: { readonly podIp: string; readonly hostIp: string } | undefined
  readonly startTime: string
  readonly nowTime: string
  /** Set when the Pod failed as a whole. */
  readonly failure?: { readonly reason: string; readonly message: string }
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export function podStatus(input: PodStatusInput): Record<string, unknown> {
  const { pod, containers, initContainers, addresses, failure } = input
  const uid = pod.metadata.uid ?? ''
  const phase = failure ? 'Failed' : podPhase(pod, containers, initContainers)
  return {
    phase,
    conditions: conditions(input, phase),
    hostIP: addresses?.hostIp,
    hostIPs: addresses && [{ ip: addresses.hostIp }],
    podIP: addresses?.podIp,
    podIPs: addresses && [{ ip: addresses.podIp }],
    startTime: input.startTime,
    qosClass: pod.status?.['qosClass'] ?? 'BestEffort',
    containerStatuses: containers.map((view) => containerStatus(view, uid)),
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers.map((view) => containerStatus(view, uid)) }),
    ...(failure && { reason: failure.reason, message: failure.message }),
  }
}

/** Kubernetes' rules: Pending until every container was started once; then by how the containers ended and the restart policy. */
export function podPhase(pod: Pod, containers: readonly ContainerView[], initContainers: readonly ContainerView[]): PodPhase {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const hasFailedInit = initContainers.some((view) => view.role === 'init' && view.state.kind === 'terminated' && view.state.exitCode !== 0)
  if (hasFailedInit && policy === 'Never') return 'Failed'
  const wasNeverStarted = (view: ContainerView): boolean => view.state.kind === 'waiting' && !view.lastState
  if (containers.some(wasNeverStarted) || !isInitialized(initContainers)) return 'Pending'
  const ended = containers.map((view) => (view.state.kind === 'terminated' ? view.state : undefined))
  if (policy === 'Always' || ended.some((state) => state === undefined)) return 'Running'
  const allSucceeded = ended.every((state) => state?.exitCode === 0)
  if (allSucceeded) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

export function isInitialized(initContainers: readonly ContainerView[]): boolean {
  return initContainers.every((view) =>
    view.role === 'sidecar'
      ? view.isStarted || view.lastState !== undefined
      : view.state.kind === 'terminated' && view.state.exitCode === 0,
  )
}

function conditions(input: PodStatusInput, phase: PodPhase): readonly PodCondition[] {
  const sidecars = input.initContainers.filter((view) => view.role === 'sidecar')
  const unready = [...sidecars, ...input.containers].filter((view) => !view.isReady).map((view) => view.name)
  const isDone = phase === 'Succeeded'
  const readiness = isDone
    ? { status: 'False' as const, reason: 'PodCompleted' }
    : unready.length === 0
      ? { status: 'True' as const }
      : { status: 'False' as const, reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
  const initialized = isInitialized(input.initContainers)
  const incomplete = input.initContainers.filter(
    (view) => view.role === 'init' && !(view.state.kind === 'terminated' && view.state.exitCode === 0),
  )
  const list: PodCondition[] = [
    { type: 'PodScheduled', status: 'True' },
    initialized
      ? { type: 'Initialized', status: 'True' }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${incomplete.map((view) => view.name).join(' ')}]`,
        },
    { type: 'ContainersReady', ...readiness },
    { type: 'Ready', ...readiness },
  ]
  return list.map((condition) => withTransition(condition, input))
}

/** The time stands for the last change of `status`, so an unchanged condition keeps its own. */
function withTransition(condition: PodCondition, { pod, nowTime }: PodStatusInput): PodCondition {
  const earlier = pod.status?.conditions?.find((known) => known.type === condition.type)
  const isSame = earlier?.status === condition.status && earlier.lastTransitionTime !== undefined
  return { ...condition, lastTransitionTime: isSame ? (earlier.lastTransitionTime as string) : nowTime }
}
