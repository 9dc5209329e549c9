/** `heddle up`: the mesh in the foreground, until Ctrl-C. */
import { join } from 'node:path'
import { systemClock } from '@heddle/base/node'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { trustDomainOf } from '../install/trust-domain.js'
import { createStartDeadline } from '../mesh/start-deadline.js'
import { createMeshLogger } from '../mesh/mesh-logger.js'
import { startLocalMesh } from '../mesh/local-mesh.js'
import { programName, stateFlag } from '../output/command-line.js'
import { createProgress } from '../output/progress.js'
import { clientVersion } from '../output/client-version.js'
import { runtimeFolderOf, stateFolderOf } from '../target/state-folder.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, signal } = invocation
  const ports = flags.string('ports') ?? 'istio'
  if (ports !== 'istio' && ports !== 'auto') throw usageError(`--ports ${ports} is neither istio nor auto`)
  const seed = seedOf(flags.string('seed'))
  const trustDomain = trustDomainOf(flags)
  const stateFolder = stateFolderOf(invocation)
  const startedMs = systemClock.monotonicMs()
  const progress = createProgress(invocation)
  progress.title(`heddle ${clientVersion()}`, `node ${process.versions.node} · local mesh · state in ${stateFolder}`)
  const images = flags.string('images')
  const deadline = createStartDeadline(
    signal,
    `Its log is ${join(stateFolder, 'platform.log')}; those of its Pods are under ${runtimeFolderOf(stateFolder)}.`,
    systemClock,
  )
  const mesh = await startLocalMesh({
    stateFolder,
    trustDomain,
    ports,
    logger: createMeshLogger(stateFolder),
    signal: deadline.signal,
    ...(images === undefined ? {} : { imagesPath: images }),
    ...(seed === undefined ? {} : { seed }),
    onProgress: (part) => {
      if (part.kind === 'trouble') progress.failed(part.text)
      else progress.done(part.kind === 'api' ? `API            ${part.access.server}` : part.name)
    },
  }).finally(() => deadline.cancel())
  try {
    const seconds = ((systemClock.monotonicMs() - startedMs) / 1000).toFixed(1)
    streams.stdout.write(
      [
        '',
        `  ready in ${seconds} s`,
        `  ➜ Gateway      ${mesh.ingressUrl}`,
        `  ➜ Kubeconfig   ${mesh.access.kubeconfigPath}`,
        ...mesh.movedPorts.map((text) => `  ! ${text}`),
        '',
        '  Next, in another terminal:',
        ...nextCommands(invocation, stateFolder).map((line) => `    ${line}`),
        '  Ctrl-C stops everything.',
        '',
      ].join('\n'),
    )
    await untilAborted(signal)
  } finally {
    streams.stdout.write('\nstopping ...\n')
    await mesh.close()
  }
  return exitCode.ok
}

/** What to type in another terminal once the mesh stands. */
export function nextCommands(invocation: Pick<Invocation, 'env' | 'cwd'>, stateFolder: string): readonly string[] {
  const heddle = programName(invocation.env)
  return [`${heddle} apply -f <(${heddle} kube-inject -f helloworld.yaml)`, `${heddle} get pod,svc`].map(
    (line) => `${line}${stateFlag(invocation, stateFolder)}`,
  )
}

function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seed = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw usageError(`--seed ${text} is not a whole number`)
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // An abort listener alone does not keep the process alive; the API server's socket does.
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
