/**
 * Secrets that are files in the Pod, by Istio's names for them: `file-cert:CERTIFICATE~KEY` and `file-root:PATH` (the paths of
 * a Gateway's serverCertificate, privateKey and caCertificates, and of a DestinationRule's), and `file-root:PATH~LISTS` where
 * caCrl names revocation lists. What cannot be used keeps its last good version.
 */
import { isAbsolute, join, relative } from 'node:path'
import { createSecureContext, rootCertificates } from 'node:tls'
import { messageOf } from '@heddle/base'
import { followFiles, type FollowedFiles, type FollowedFilesDeps } from '@heddle/base/node'
import type { Secret, SecretSource } from '@heddle/routing'

export interface FileSecretsOptions {
  /** Folder that stands for the Pod's `/`. */
  readonly root: string
}

export interface FileSecrets extends SecretSource {
  /** From now on these are read and watched, and no others; names of other kinds are passed over. */
  follow(names: readonly string[]): void
  close(): void
}

const certificatePrefix = 'file-cert:'
const rootsPrefix = 'file-root:'
/** In place of a path: the system's roots, which the engine has itself unless revocation lists come with them. */
const system = 'system'

export function createFileSecrets({ root }: FileSecretsOptions, deps: FollowedFilesDeps): FileSecrets {
  return new PodFiles(root, deps)
}

interface Watched {
  secret: Secret | undefined
  /** Undefined for names outside the Pod, which are not looked at. */
  files: FollowedFiles | undefined
}

class PodFiles implements FileSecrets {
  readonly #root: string
  readonly #deps: FollowedFilesDeps
  readonly #listeners = new Set<(name: string) => void>()
  readonly #watched = new Map<string, Watched>()

  constructor(root: string, deps: FollowedFilesDeps) {
    this.#root = root
    this.#deps = deps
  }

  get(name: string): Secret | undefined {
    return this.#watched.get(name)?.secret
  }

  subscribe(listener: (name: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  follow(names: readonly string[]): void {
    for (const [name, { files }] of this.#watched) {
      if (names.includes(name)) continue
      files?.close()
      this.#watched.delete(name)
    }
    for (const name of names) if (!this.#watched.has(name)) this.#watch(name)
  }

  close(): void {
    for (const { files } of this.#watched.values()) files?.close()
    this.#listeners.clear()
  }

  #watch(name: string): void {
    const paths = pathsOf(name)
    if (paths === undefined) return
    const watched: Watched = { secret: undefined, files: undefined }
    this.#watched.set(name, watched)
    const full = paths.map((path) => join(this.#root, path))
    const outside = paths.find((_, index) => !isBelow(this.#root, full[index] as string))
    if (outside === undefined) watched.files = followFiles(full, (texts) => this.#take(name, watched, texts), this.#deps)
    else this.#warn(name, watched, `"${outside}" is not a path in the Pod`)
  }

  #take(name: string, watched: Watched, texts: readonly (string | undefined)[]): void {
    try {
      watched.secret = readSecret(name, texts)
    } catch (error) {
      // Half of a pair may have been replaced already: the other half is told of when it comes.
      return this.#warn(name, watched, messageOf(error))
    }
    for (const listener of this.#listeners) listener(name)
  }

  #warn(name: string, { secret }: Watched, reason: string): void {
    this.#deps.logger.warn('files cannot be used as a secret', { secret: name, hasOlder: secret !== undefined, reason })
  }
}

function isBelow(root: string, path: string): boolean {
  const inside = relative(root, path)
  return !inside.startsWith('..') && !isAbsolute(inside)
}

/** The files of a secret's name; undefined for names of another kind. */
function pathsOf(name: string): readonly string[] | undefined {
  if (name.startsWith(rootsPrefix)) {
    const paths = name.slice(rootsPrefix.length).split('~')
    const files = paths[0] === system ? paths.slice(1) : paths
    return paths.length <= 2 && files.length > 0 ? files : undefined
  }
  if (!name.startsWith(certificatePrefix)) return undefined
  const paths = name.slice(certificatePrefix.length).split('~')
  return paths.length === 2 ? paths : undefined
}

/** @throws when a file is missing, or OpenSSL does not take them. */
function readSecret(name: string, texts: readonly (string | undefined)[]): Secret {
  const missing = pathsOf(name)?.filter((_, index) => texts[index] === undefined) ?? []
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not there`)
  if (name.startsWith(rootsPrefix)) {
    const [rootsPem = '', crlPem] = name.startsWith(`${rootsPrefix}${system}~`) ? [rootCertificates.join('\n'), ...texts] : texts
    createSecureContext({ ca: rootsPem, ...(crlPem !== undefined && { crl: crlPem }) })
    return { kind: 'validation', name, rootsPem, ...(crlPem !== undefined && { crlPem }) }
  }
  const [certificateChainPem = '', privateKeyPem = ''] = texts
  createSecureContext({ cert: certificateChainPem, key: privateKeyPem })
  return { kind: 'certificate', name, certificateChainPem, privateKeyPem }
}
