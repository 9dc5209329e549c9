/**
 * `heddle demo`: the article in one command. Starts a mesh, injects and applies a manifest, asks through the gateway, and
 * says only what it has checked: the answer, mutual TLS between the proxies, and that plaintext is refused.
 */
import { isHeddleError, messageOf } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import { systemClock } from '@heddle/base/node'
import type { Invocation } from '../command/command.js'
import { exitCode, exitCodeOf } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { untilDeploymentAvailable } from '../install/readiness.js'
import { defaultTrustDomain } from '../install/trust-domain.js'
import { createMeshLogger } from '../mesh/mesh-logger.js'
import { type LocalMesh, startLocalMesh } from '../mesh/local-mesh.js'
import { createStartDeadline } from '../mesh/start-deadline.js'
import { runSelfTest, type SelfTestResult } from '../mesh/self-test.js'
import { clientVersion } from '../output/client-version.js'
import { programName, stateFlag } from '../output/command-line.js'
import { createProgress, type Progress } from '../output/progress.js'
import { injectSources } from '../manifest/injection.js'
import { judgeManifests, requireValid } from '../manifest/manifest.js'
import { readSources } from '../manifest/sources.js'
import { discoverResources } from '../target/discovery.js'
import { resourceOf } from '../target/object-type.js'
import { stateFolderOf } from '../target/state-folder.js'
import { applyObject } from './apply.js'
import { untilAborted } from './up.js'

export async function run(invocation: Invocation): Promise<number> {
  const ports = portsOf(invocation)
  const progress = createProgress(invocation)
  const stateFolder = stateFolderOf(invocation)
  const startedMs = systemClock.monotonicMs()
  progress.title(`heddle ${clientVersion()}`, `node ${process.versions.node} · local mesh · state in ${stateFolder}`)
  const deadline = createStartDeadline(
    invocation.signal,
    'See what keeps it, from another terminal: heddle get pods -A, then heddle describe pod NAME.',
    systemClock,
  )
  let mesh: LocalMesh | undefined
  try {
    // Judged before anything starts: a fault in it should not cost the user a mesh.
    const objects = await readWorkloads(invocation)
    mesh = await startMesh(ports, stateFolder, progress, deadline.signal)
    const workloads = await applyWorkloads(objects, mesh, progress, deadline.signal)
    const result = await runSelfTest(mesh, workloads, deadline.signal)
    deadline.cancel()
    report(invocation, progress, mesh, result, (systemClock.monotonicMs() - startedMs) / 1000)
    if (!invocation.flags.boolean('once')) await untilAborted(invocation.signal)
    return exitCode.ok
  } catch (error) {
    if (invocation.signal.aborted) return exitCode.interrupted
    progress.failed(messageOf(error))
    const code = exitCodeOf(error)
    const hint =
      (isHeddleError(error) ? error.hint : undefined) ?? (code === exitCode.usage ? undefined : commandToTry(invocation, stateFolder))
    invocation.streams.stderr.write(`${hint === undefined ? '' : `    try: ${hint}\n`}    exit code ${code}\n`)
    return code
  } finally {
    deadline.cancel()
    if (mesh) {
      invocation.streams.stdout.write('\n  stopping ...\n')
      await mesh.close()
    }
  }
}

/** @throws HEDDLE_CLI_USAGE */
function portsOf({ flags }: Invocation): 'istio' | 'auto' {
  const ports = flags.string('ports') ?? 'istio'
  if (ports === 'istio' || ports === 'auto') return ports
  throw usageError(`--ports ${ports} is neither istio nor auto`)
}

function startMesh(ports: 'istio' | 'auto', stateFolder: string, progress: Progress, signal: AbortSignal): Promise<LocalMesh> {
  return startLocalMesh({
    stateFolder,
    trustDomain: defaultTrustDomain,
    ports,
    logger: createMeshLogger(stateFolder),
    signal,
    onProgress: (part) => {
      if (part.kind === 'trouble') progress.failed(part.text)
      else progress.done(part.kind === 'api' ? `API              ${part.access.server}` : componentText(part.name))
    },
  })
}

function componentText(name: string): string {
  return name === 'istiod' ? 'control plane    pilot, citadel, telemetry' : 'ingress gateway'
}

/** The state stays, so the mesh comes up again as it was and can be asked. */
function commandToTry(invocation: Invocation, stateFolder: string): string {
  const heddle = programName(invocation.env)
  const state = stateFlag(invocation, stateFolder)
  return `${heddle} up${state}, and in another terminal: ${heddle} get pods -A${state}`
}

/** The manifests as written are judged before their sidecars are added, so that places are those of the user's files. */
async function readWorkloads(invocation: Invocation): Promise<readonly KubernetesObject[]> {
  const sources = await readSources(invocation)
  requireValid(invocation, judgeManifests(sources), {
    outcome: 'applied',
    hint: 'Mend the manifest, then run the same command again.',
  })
  return judgeManifests(injectSources(invocation, sources)).documents.flatMap(({ object }) => (object ? [object] : []))
}

/** Applies the objects. @returns the names of their Deployments, all available. */
async function applyWorkloads(
  objects: readonly KubernetesObject[],
  mesh: LocalMesh,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const served = await discoverResources(mesh.client)
  const workloads: string[] = []
  for (const object of objects) {
    const resource = resourceOf(served, object)
    const namespaced = resource.namespaced ? { ...object, metadata: { namespace: 'default', ...object.metadata } } : object
    await applyObject(mesh.client, resource, namespaced)
    if (object.kind === 'Deployment') workloads.push(object.metadata.name)
  }
  for (const name of workloads) {
    await untilDeploymentAvailable(mesh.client, 'default', name, signal)
    progress.done(`${name}    with its sidecar`)
  }
  return workloads
}

function report(invocation: Invocation, progress: Progress, mesh: LocalMesh, result: SelfTestResult, seconds: number): void {
  const { streams, flags } = invocation
  progress.done(`self test        GET /api/hello -> ${result.status} "${result.body}"   mutual TLS: ${result.serverId}   plaintext refused`)
  streams.stdout.write(`\n  ${result.body}\n\n  ready in ${seconds.toFixed(1)} s\n`)
  if (flags.boolean('once')) return
  const heddle = programName(invocation.env)
  const state = stateFlag(invocation, stateFolderOf(invocation))
  streams.stdout.write(
    [
      '',
      `  ➜ App         curl ${mesh.ingressUrl}/api/hello`,
      `  ➜ Control     http://127.${mesh.access.subnet}.0.1:15014/debug/syncz`,
      ...mesh.movedPorts.map((text) => `  ! ${text}`),
      '',
      '  Try, in another terminal:',
      `    ${heddle} get pod,svc${state}`,
      `    ${heddle} proxy-status${state}`,
      '  Ctrl-C stops everything.',
      '',
    ].join('\n'),
  )
}
