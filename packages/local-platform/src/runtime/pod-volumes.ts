/**
 * A Pod's volumes as folders under the state folder. Each container's root has a link at every mount path, so a program
 * that resolves its mount paths under `HEDDLE_POD_ROOT` finds them; tokens are renewed before they expire.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { type Clock, HeddleError, type Logger, messageOf, type Timer } from '@heddle/base'
import type { ResourceClient, ResourceType } from '@heddle/client'
import { podName, type Container, type Pod, type ServiceAccountTokenSource, type Volume } from './pod.js'
import { isFilled, volumeContent, type VolumeSources } from './volume-files.js'

export interface PodVolumes {
  /**
   * Writes all volumes and links. Call it again after a config map, a secret or the Pod's metadata changed.
   * @throws HEDDLE_RUNTIME_MOUNT when a required object is missing, or the API's error when no token can be had.
   */
  write(sources: VolumeSources): Promise<void>
  close(): void
}

export interface PodVolumesDeps {
  readonly client: ResourceClient
  readonly clock: Clock
  readonly logger: Logger
}

const serviceAccounts: ResourceType = { group: '', version: 'v1', plural: 'serviceaccounts' }
const defaultTokenSeconds = 3600
const renewalRetryMs = 5000

export function createPodVolumes(directory: string, deps: PodVolumesDeps): PodVolumes {
  const volumesDirectory = join(directory, 'volumes')
  const renewals = new Map<string, Timer>()
  let closed = false

  const writeToken = async (pod: Pod, path: string, source: ServiceAccountTokenSource): Promise<void> => {
    const { token, expiresAtMs } = await requestToken(deps.client, pod, source)
    writeAtomically(path, Buffer.from(token))
    // Kubernetes renews at 80 % of the life or after a day.
    const renewAfterMs = Math.min((expiresAtMs - deps.clock.now()) * 0.8, 86_400_000)
    renewals.set(
      path,
      deps.clock.setTimer(renewAfterMs, () => renew(pod, path, source)),
    )
  }
  const renew = (pod: Pod, path: string, source: ServiceAccountTokenSource): void => {
    if (closed) return
    writeToken(pod, path, source).catch((error: unknown) => {
      deps.logger.warn('a service account token was not renewed', { pod: podName(pod), error: messageOf(error) })
      if (!closed)
        renewals.set(
          path,
          deps.clock.setTimer(renewalRetryMs, () => renew(pod, path, source)),
        )
    })
  }
  const writeVolume = async (volume: Volume, sources: VolumeSources): Promise<void> => {
    const folder = inside(volumesDirectory, volume.name)
    mkdirSync(folder, { recursive: true })
    const result = volumeContent(volume, sources)
    if (!result.ok) throw new HeddleError({ code: 'HEDDLE_RUNTIME_MOUNT', message: result.reason, origin: 'user', retryable: true })
    for (const [name, bytes] of Object.entries(result.content.files)) writeAtomically(inside(folder, name), bytes)
    for (const source of result.content.tokens) {
      const path = inside(folder, source.path)
      if (!renewals.has(path)) await writeToken(sources.pod, path, source)
    }
    if (!isFilled(volume)) return
    const { files, tokens } = result.content
    removeOthers(folder, new Set([...Object.keys(files), ...tokens.map(({ path }) => path)].map((name) => inside(folder, name))))
  }

  return {
    async write(sources) {
      const { spec } = sources.pod
      for (const volume of spec.volumes ?? []) await writeVolume(volume, sources)
      for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
        linkMounts(join(directory, 'containers', container.name, 'root'), volumesDirectory, container)
      }
    },
    close() {
      closed = true
      for (const timer of renewals.values()) timer.cancel()
    },
  }
}

async function requestToken(
  client: ResourceClient,
  pod: Pod,
  source: ServiceAccountTokenSource,
): Promise<{ token: string; expiresAtMs: number }> {
  const account = pod.spec.serviceAccountName ?? 'default'
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      ...(source.audience !== undefined && { audiences: [source.audience] }),
      expirationSeconds: source.expirationSeconds ?? defaultTokenSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
    },
  }
  const answer = await client.createSubresource(serviceAccounts, account, 'token', body, pod.metadata.namespace)
  const status = answer['status'] as { token: string; expirationTimestamp: string }
  return { token: status.token, expiresAtMs: Date.parse(status.expirationTimestamp) }
}

/** Parents before what is mounted inside them; such an inner link lies in the outer volume's folder. */
function linkMounts(root: string, volumesDirectory: string, container: Container): void {
  mkdirSync(root, { recursive: true })
  const mounts = (container.volumeMounts ?? []).toSorted((a, b) => a.mountPath.length - b.mountPath.length)
  for (const mount of mounts) {
    const link = inside(root, mount.mountPath)
    const target = inside(inside(volumesDirectory, mount.name), mount.subPath ?? '.')
    if (mount.subPath !== undefined && !existsSync(target)) mkdirSync(target, { recursive: true })
    mkdirSync(dirname(link), { recursive: true })
    linkOnce(target, link)
  }
}

/** Makes a symbolic link unless something is there already. */
export function linkOnce(target: string, link: string): void {
  if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(target, link)
}

/** A path below a folder, whatever `..` it holds. */
function inside(folder: string, path: string): string {
  return join(folder, normalize(`/${path}`))
}

/** Removes files that the volume no longer has. Links stay: they are mounts inside this one. */
function removeOthers(folder: string, kept: ReadonlySet<string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !kept.has(path)) rmSync(path, { force: true })
  }
}

function writeAtomically(path: string, bytes: Buffer): void {
  if (existsSync(path) && readFileSync(path).equals(bytes)) return
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.new`
  try {
    writeFileSync(temporary, bytes, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
