/**
 * The names file of a Pod: which names are virtual IPs, where outbound connections are captured, and, for Pods without
 * a sidecar, which endpoints stand behind a virtual IP (kube-proxy's job). It is replaced as a whole by rename, so a
 * reader sees either the old or the new one, never a mixture.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

export interface NamesFile {
  readonly version: 1
  /** The Pod's token, in hex: proves to heddle-proxy that a connection comes from its own Pod. */
  readonly token: string
  /** Where captured connections go; null when the Pod has no sidecar or the sidecar is not up yet. */
  readonly capture: { readonly address: string; readonly port: number } | null
  /** Lower-case name, without a final dot -> virtual IPs. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** `VIP:port` -> ready endpoints as `ip:port`. */
  readonly direct: Readonly<Record<string, readonly string[]>>
}

/** A names file with nothing in it but a fresh token. */
export function emptyNamesFile(token: string = randomBytes(16).toString('hex')): NamesFile {
  return { version: 1, token, capture: null, names: {}, direct: {} }
}

/** Reads a names file; undefined when it is absent, is not whole, or has another version. */
export function readNamesFile(path: string): NamesFile | undefined {
  try {
    return parseNamesFile(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Parses the text of a names file; undefined for anything that is not one. */
export function parseNamesFile(text: string): NamesFile | undefined {
  let value: Partial<NamesFile> | null
  try {
    value = JSON.parse(text) as Partial<NamesFile> | null
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || value.version !== 1 || typeof value.token !== 'string') return undefined
  return { version: 1, token: value.token, capture: value.capture ?? null, names: value.names ?? {}, direct: value.direct ?? {} }
}

/**
 * Replaces a names file atomically, readable by its owner only.
 * @throws the file system's error when the folder cannot be written.
 */
export function writeNamesFile(path: string, file: NamesFile): void {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(temporary, `${JSON.stringify(file)}\n`, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The form in which names are keys: lower case, no final dot. */
export function normalizeName(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
}
