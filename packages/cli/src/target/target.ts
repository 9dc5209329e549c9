/** The API a command talks to: the running local mesh, unless a kubeconfig or context says otherwise. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { HeddleError, isHeddleError } from '@heddle/base'
import { createResourceClient, loadKubeconfig, type ResourceClient, type ResourceClientOptions } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'
import { istioNamespace } from '../install/profile.js'
import { kubeconfigOf, stateFolderOf } from './state-folder.js'

export interface Target {
  readonly client: ResourceClient
  /** Where and as whom `client` talks. */
  readonly connection: ResourceClientOptions
  /** `-n`, or the context's. */
  readonly namespace: string
  /** Where the control plane is: `--istioNamespace`, or Istio's own. */
  readonly istioNamespace: string
  /** Path of the kubeconfig in use. */
  readonly kubeconfig: string
  /** State folder when the target is the local mesh. */
  readonly stateFolder?: string
}

/** Opens the target, runs `use` and closes it. @throws HEDDLE_CLI_NO_MESH when no local mesh has been started, or none answers. */
export async function withTarget<Result>(invocation: Invocation, use: (target: Target) => Promise<Result>): Promise<Result> {
  const target = await openTarget(invocation)
  try {
    return await use(target)
  } catch (error) {
    if (target.stateFolder === undefined || !isHeddleError(error, 'HEDDLE_API_UNREACHABLE')) throw error
    throw noMesh(`no mesh is running with the state folder ${target.stateFolder}`, error)
  } finally {
    await target.client.close()
  }
}

function noMesh(message: string, cause?: unknown): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_NO_MESH',
    message,
    origin: 'user',
    hint: 'Start one with "heddle up", name its folder with --state DIR, or choose a cluster with --kubeconfig FILE.',
    cause,
  })
}

/** Prints what the server warns of, once a command as kubectl does. */
function warningPrinter({ streams }: Invocation): (text: string) => void {
  const printed = new Set<string>()
  return (text) => {
    if (printed.has(text)) return
    printed.add(text)
    streams.stderr.write(`Warning: ${text}\n`)
  }
}

async function openTarget(invocation: Invocation): Promise<Target> {
  const { flags, cwd, env } = invocation
  if (flags.string('namespace') === '') throw usageError('-n needs a namespace')
  const context = flags.string('context')
  const chosen =
    flags.string('kubeconfig') ?? (context === undefined ? undefined : (env['KUBECONFIG'] ?? resolve(env['HOME'] ?? '', '.kube', 'config')))
  const stateFolder = chosen === undefined ? stateFolderOf(invocation) : undefined
  const path = chosen === undefined ? kubeconfigOf(stateFolder as string) : resolve(cwd, chosen)
  if (stateFolder !== undefined && !existsSync(path)) throw noMesh(`no local mesh has been started with the state folder ${stateFolder}`)
  const loaded = await loadKubeconfig(path, context === undefined ? {} : { context })
  return {
    client: createResourceClient({ ...loaded, onWarning: warningPrinter(invocation) }),
    connection: loaded,
    namespace: flags.string('namespace') ?? loaded.namespace,
    istioNamespace: flags.string('istioNamespace') ?? istioNamespace,
    kubeconfig: path,
    ...(stateFolder === undefined ? {} : { stateFolder }),
  }
}
