/** `heddle rollout status|restart deploy/NAME`. */
import { HeddleError } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { KubernetesObject } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { secondsOf } from '../command/seconds.js'
import { untilProxiesKnow } from '../target/endpoint-news.js'
import { deployments } from '../target/resource-types.js'
import { type Target, withTarget } from '../target/target.js'
import { kindOfWord, notRunText } from '../target/workload-kinds.js'

interface DeploymentView {
  readonly metadata: { readonly generation?: number; readonly name: string }
  readonly spec: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
    readonly conditions?: readonly { readonly type: string; readonly reason?: string; readonly message?: string }[]
  }
}

export async function runStatus(invocation: Invocation): Promise<number> {
  const name = deploymentName(invocation)
  return withTarget(invocation, async (target) => {
    const code = await followRollout(invocation, target, name)
    const deployment = code === exitCode.ok ? await target.client.get(deployments, name, target.namespace) : undefined
    if (deployment) await untilProxiesKnow(target, deployment, systemClock, invocation.signal)
    return code
  })
}

export async function runRestart(invocation: Invocation): Promise<number> {
  const name = deploymentName(invocation)
  return withTarget(invocation, async ({ client, namespace }) => {
    const restartedAt = new Date(systemClock.now()).toISOString()
    await client.patch(
      deployments,
      name,
      { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } } } } },
      namespace,
    )
    invocation.streams.stdout.write(`deployment.apps/${name} restarted\n`)
    return exitCode.ok
  })
}

/** @throws HEDDLE_CLI_USAGE for any other kind, in words that say whether it would run at all. */
function deploymentName({ positionals, flags }: Invocation): string {
  const [word = '', name, ...more] = positionals.flatMap((one) => one.split('/'))
  if (word === '' || name === undefined || name === '' || more.length > 0)
    throw usageError('say which Deployment: deploy/NAME', word === '' ? undefined : `Such as deploy/${word}.`)
  const kind = kindOfWord(word)
  if (kind?.kind === 'Deployment') return name
  if (kind === undefined) throw usageError(`"${word}" is no kind of workload; say which Deployment: deploy/NAME`)
  const isLocal = flags.string('kubeconfig') === undefined && flags.string('context') === undefined
  throw usageError(
    (isLocal ? notRunText(kind) : undefined) ?? `a ${kind.kind} has no rollout here; only Deployments are followed and restarted`,
    'Name a Deployment: deploy/NAME.',
  )
}

/** Prints each new state of the rollout until it is complete, as kubectl does. */
async function followRollout(invocation: Invocation, { client, namespace }: Target, name: string): Promise<number> {
  const { streams, signal } = invocation
  const timeoutSeconds = secondsOf(invocation.flags, 'timeout') ?? 0
  if (!(await client.get(deployments, name, namespace))) throw notFound(`deployments.apps "${name}" not found in namespace ${namespace}`)
  return new Promise<number>((resolve, reject) => {
    let last = ''
    const finish = (settle: () => void): void => {
      timer?.cancel()
      signal.removeEventListener('abort', onAbort)
      informer.close().then(settle, reject)
    }
    const onAbort = (): void => finish(() => resolve(exitCode.interrupted))
    const timer =
      timeoutSeconds > 0
        ? systemClock.setTimer(timeoutSeconds * 1000, () => finish(() => reject(timedOut(name, timeoutSeconds))), { keepAlive: true })
        : undefined
    const onObject = (object: KubernetesObject): void => {
      const state = rolloutState(object as unknown as DeploymentView)
      if (state.text !== last) (state.outcome === 'failed' ? streams.stderr : streams.stdout).write(`${state.text}\n`)
      last = state.text
      if (state.outcome !== 'waiting') finish(() => resolve(state.outcome === 'done' ? exitCode.ok : exitCode.failure))
    }
    const informer = client.watch(deployments, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      onEvent: (event) => {
        if (event.type === 'applied') onObject(event.object)
        else if (event.type === 'deleted') finish(() => reject(notFound(`deployments.apps "${name}" has been deleted`)))
      },
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

function notFound(message: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CLI_NOT_FOUND', message, origin: 'user' })
}

function timedOut(name: string, seconds: number): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_TIMEOUT',
    message: `deployment "${name}" was not rolled out within ${seconds} s`,
    hint: `See what keeps its Pods: heddle describe pod ${name}`,
  })
}

export function rolloutState({ metadata, spec, status = {} }: DeploymentView): {
  readonly outcome: 'waiting' | 'done' | 'failed'
  readonly text: string
} {
  const wanted = spec.replicas ?? 1
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status
  const waiting = (what: string) =>
    ({ outcome: 'waiting', text: `Waiting for deployment "${metadata.name}" rollout to finish: ${what}...` }) as const
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return { outcome: 'waiting', text: 'Waiting for deployment spec update to be observed...' }
  if (status.conditions?.some(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded'))
    return { outcome: 'failed', text: `error: deployment "${metadata.name}" exceeded its progress deadline` }
  if (updatedReplicas < wanted) return waiting(`${updatedReplicas} out of ${wanted} new replicas have been updated`)
  if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old replicas are pending termination`)
  if (availableReplicas < updatedReplicas) return waiting(`${availableReplicas} of ${updatedReplicas} updated replicas are available`)
  return { outcome: 'done', text: `deployment "${metadata.name}" successfully rolled out` }
}
