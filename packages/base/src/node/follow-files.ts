/**
 * Files that somebody else replaces, such as a mounted certificate: looked at once a second, following links, since volumes replace
 * files by a rename, which a watch on the file itself would miss. A file that is there and cannot be read is not taken for one that is
 * gone: what was read last holds, and it is tried again.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Clock, Timer } from '../clock.js'
import { messageOf } from '../heddle-error.js'
import type { Logger } from '../logger.js'

export interface FollowedFiles {
  close(): void
}

export interface FollowedFilesDeps {
  readonly clock: Clock
  /** Told once when a file cannot be read. */
  readonly logger: Logger
}

const lookMs = 1000
/** What a path leads to when nothing is there; every other failure says nothing about the file. */
const absentCodes: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR']

/**
 * Follows files that belong together, such as a certificate and its key.
 * @param onTexts called now and after each change, with a text a path, undefined for a file that is not there; not called while one of
 *   them cannot be read. It must not throw.
 */
export function followFiles(
  paths: readonly string[],
  onTexts: (texts: readonly (string | undefined)[]) => void,
  { clock, logger }: FollowedFilesDeps,
): FollowedFiles {
  let signature: string | undefined
  let failure: string | undefined
  let timer: Timer | undefined
  const look = (): void => {
    try {
      const seen = paths.map(signatureOf).join(' ')
      if (seen !== signature) {
        const texts = paths.map(textOf)
        signature = seen
        onTexts(texts)
      }
      failure = undefined
    } catch (error) {
      if (messageOf(error) !== failure)
        logger.error(`a file cannot be read: ${signature === undefined ? 'nothing of it is known yet' : 'what was read last holds'}`, {
          files: paths,
          error: messageOf(error),
        })
      failure = messageOf(error)
    }
    timer = clock.setTimer(lookMs, look)
  }
  look()
  return { close: () => timer?.cancel() }
}

function signatureOf(path: string): string {
  const found = ifPresent(() => statSync(path))
  return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : 'absent'
}

function textOf(path: string): string | undefined {
  return ifPresent(() => readFileSync(path, 'utf8'))
}

/** @throws the file system's error for a file that is there. */
function ifPresent<Found>(find: () => Found): Found | undefined {
  try {
    return find()
  } catch (error) {
    if (absentCodes.includes((error as NodeJS.ErrnoException).code)) return undefined
    throw error
  }
}
