import { describe, expect, it } from 'vitest'
import type { ContainerState, ContainerView } from '../../src/runtime/container-state.js'
import { podPhase, podStatus } from '../../src/runtime/pod-status.js'
import type { Pod } from '../../src/runtime/pod.js'

const time = '2026-01-01T00:00:00Z'
const running: ContainerState = { kind: 'running', startedAt: time }
const waiting: ContainerState = { kind: 'waiting', reason: 'PodInitializing' }
const ended = (exitCode: number): ContainerState => ({
  kind: 'terminated',
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: time,
  finishedAt: time,
})

function view(state: ContainerState, role: ContainerView['role'] = 'application', more: Partial<ContainerView> = {}): ContainerView {
  const isReady = state.kind === 'running'
  return { name: role, image: 'i', role, state, lastState: undefined, restartCount: 0, isStarted: isReady, isReady, ...more }
}
const pod = (restartPolicy: string, status?: object): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u' },
    spec: { containers: [], restartPolicy },
    ...(status && { status }),
  }) as unknown as Pod

describe("a Pod's phase", () => {
  it.each([
    ['Always', [view(waiting)], [], 'Pending'],
    ['Always', [view(running)], [], 'Running'],
    ['Always', [view(running)], [view(running, 'sidecar', { isStarted: false })], 'Pending'],
    ['Always', [view(waiting, 'application', { lastState: ended(1) as never })], [], 'Running'],
    ['Never', [view(ended(0)), view(running)], [], 'Running'],
    ['Never', [view(ended(0)), view(ended(0))], [], 'Succeeded'],
    ['Never', [view(ended(0)), view(ended(1))], [], 'Failed'],
    ['OnFailure', [view(ended(0))], [], 'Succeeded'],
    ['Never', [view(waiting)], [view(ended(1), 'init')], 'Failed'],
    ['Always', [view(running)], [view(ended(0), 'init')], 'Running'],
  ] as const)('with restart policy %s follows from its containers (%#)', (policy, containers, inits, phase) => {
    expect(podPhase(pod(policy), containers, inits)).toBe(phase)
  })
})

describe("a Pod's status", () => {
  const input = {
    initContainers: [],
    addresses: { podIp: '127.9.0.1', hostIp: '127.0.0.1' },
    startTime: time,
    nowTime: '2026-01-01T00:01:00Z',
  }
  const conditions = (status: Record<string, unknown>) =>
    Object.fromEntries((status['conditions'] as { type: string }[]).map((one) => [one.type, one]))

  it('is ready when every container and sidecar is, and names those that are not', () => {
    const sidecar = view(running, 'sidecar', { isReady: false })
    const status = podStatus({ ...input, pod: pod('Always'), containers: [view(running)], initContainers: [sidecar] })
    expect(conditions(status)['Ready']).toMatchObject({ status: 'False', message: 'containers with unready status: [sidecar]' })
    const done = podStatus({ ...input, pod: pod('Always'), containers: [view(running)], initContainers: [view(ended(0), 'init')] })
    expect(done).toMatchObject({ initContainerStatuses: [{ ready: true }] })
    const ready = podStatus({ ...input, pod: pod('Always'), containers: [view(running)], initContainers: [{ ...sidecar, isReady: true }] })
    expect(conditions(ready)['Ready']).toMatchObject({ status: 'True', lastTransitionTime: input.nowTime })
    expect(ready).toMatchObject({ phase: 'Running', podIP: '127.9.0.1', hostIP: '127.0.0.1' })
  })

  it('keeps the time of a condition that did not change', () => {
    const earlier = {
      conditions: [
        { type: 'Ready', status: 'True', lastTransitionTime: time },
        { type: 'Initialized', status: 'False', lastTransitionTime: time },
      ],
    }
    const status = podStatus({ ...input, pod: pod('Always', earlier), containers: [view(running)] })
    expect(conditions(status)['Ready']).toMatchObject({ lastTransitionTime: time })
    expect(conditions(status)['Initialized']).toMatchObject({ status: 'True', lastTransitionTime: input.nowTime })
  })
})
