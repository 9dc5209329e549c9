/** The state of a container as core/v1 ContainerState has it. */
export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAt: string }
  | TerminatedState

export interface TerminatedState {
  readonly kind: 'terminated'
  readonly exitCode: number
  readonly reason: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly message?: string
}

export interface ContainerView {
  readonly name: string
  readonly image: string
  readonly role: 'init' | 'sidecar' | 'application'
  readonly state: ContainerState
  readonly lastState: TerminatedState | undefined
  readonly restartCount: number
  /** Its startup probe succeeded, or it has none and runs. */
  readonly isStarted: boolean
  readonly isReady: boolean
}

/** `ready` and `started` are the kubelet's own words; the rest is the API's shape. */
export function containerStatus(view: ContainerView, uid: string): Record<string, unknown> {
  return {
    name: view.name,
    image: view.image,
    imageID: '',
    containerID: view.state.kind === 'waiting' ? '' : `heddle://${uid}/${view.name}/${view.restartCount}`,
    ready: view.isReady || isDone(view),
    started: view.isStarted,
    restartCount: view.restartCount,
    state: stateObject(view.state),
    lastState: view.lastState ? stateObject(view.lastState) : {},
  }
}

/** An init container that did its work counts as ready from then on. */
function isDone({ role, state }: ContainerView): boolean {
  return role === 'init' && state.kind === 'terminated' && state.exitCode === 0
}

function stateObject(state: ContainerState): Record<string, unknown> {
  const { kind, ...fields } = state
  return { [kind]: fields }
}
