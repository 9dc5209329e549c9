/**
 * Secrets that are files in the Pod, by Istio's names for them: `file-cert:CERTIFICATE~KEY` and `file-root:PATH` (the paths of
 * a Gateway's serverCertificate, privateKey and caCertificates, and of a DestinationRule's). Files are looked at once a
 * second, following links: volumes replace them by a rename, which a watch on the file itself would miss. What cannot be
 * used keeps its last good version.
 */
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
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

const lookMs = 1000
const certificatePrefix = 'file-cert:'
const rootsPrefix = 'file-root:'
/** The operating system's roots, which the engine has itself. */
const systemRoots = 'file-root:system'

interface Watched {
  readonly name: string
  readonly paths: readonly string[]
  /** Of the files as last read. */
  signature: string
  secret: Secret | undefined
}

export function createFileSecrets({ root }: FileSecretsOptions, deps: { readonly clock: Clock; readonly logger: Logger }): FileSecrets {
  return new PodFiles(root, deps.clock, deps.logger)
}

class PodFiles implements FileSecrets {
  readonly #root: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners = new Set<(name: string) => void>()
  #watched = new Map<string, Watched>()
  #timer: Timer | undefined

  constructor(root: string, clock: Clock, logger: Logger) {
    this.#root = root
    this.#clock = clock
    this.#logger = logger
  }

  get(name: string): Secret | undefined {
    return this.#watched.get(name)?.secret
  }

  subscribe(listener: (name: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  follow(names: readonly string[]): void {
    const before = this.#watched
    this.#watched = new Map()
    for (const name of names) {
      const paths = pathsOf(name)
      if (paths === undefined) continue
      this.#watched.set(name, before.get(name) ?? { name, paths, signature: '', secret: undefined })
      if (!before.has(name)) this.#look(this.#watched.get(name) as Watched)
    }
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#watched.size > 0) this.#lookLater()
  }

  close(): void {
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  #lookLater(): void {
    this.#timer = this.#clock.setTimer(lookMs, () => {
      for (const watched of this.#watched.values()) this.#look(watched)
      this.#lookLater()
    })
  }

  #look(watched: Watched): void {
    const { name, paths } = watched
    const signature = paths.map((path) => this.#signatureOf(path)).join(' ')
    if (signature === watched.signature) return
    watched.signature = signature
    try {
      watched.secret = readSecret(
        name,
        paths.map((path) => readFileSync(this.#inPod(path), 'utf8')),
      )
    } catch (error) {
      // Half of a pair may have been replaced already: the other half changes the signature again.
      this.#logger.warn('files cannot be used as a secret', {
        secret: name,
        hasOlder: watched.secret !== undefined,
        reason: messageOf(error),
      })
      return
    }
    for (const listener of this.#listeners) listener(name)
  }

  #signatureOf(path: string): string {
    try {
      const { ino, size, mtimeMs } = statSync(this.#inPod(path))
      return `${ino}:${size}:${mtimeMs}`
    } catch {
      return 'absent'
    }
  }

  #inPod(path: string): string {
    const full = join(this.#root, path)
    const inside = relative(this.#root, full)
    if (inside.startsWith('..') || isAbsolute(inside)) throw new Error(`"${path}" is not a path in the Pod`)
    return full
  }
}

/** The files of a secret's name; undefined for names of another kind. */
function pathsOf(name: string): readonly string[] | undefined {
  if (name === systemRoots) return undefined
  if (name.startsWith(rootsPrefix)) return [name.slice(rootsPrefix.length)]
  if (!name.startsWith(certificatePrefix)) return undefined
  const paths = name.slice(certificatePrefix.length).split('~')
  return paths.length === 2 ? paths : undefined
}

/** @throws when OpenSSL does not take it. */
function readSecret(name: string, [first = '', second]: readonly string[]): Secret {
  if (second === undefined) {
    createSecureContext({ ca: first })
    return { kind: 'validation', name, rootsPem: first }
  }
  createSecureContext({ cert: first, key: second })
  return { kind: 'certificate', name, certificateChainPem: first, privateKeyPem: second }
}
