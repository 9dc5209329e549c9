/**
 * A file that somebody else replaces, such as a mounted certificate: looked at once a second, following links, since volumes replace
 * files by a rename, which a watch on the file itself would miss.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Clock, Timer } from '../clock.js'

export interface FollowedFile {
  close(): void
}

const lookMs = 1000

/** @param onText called now and after each change; undefined while there is no such file. It must not throw. */
export function followFile(path: string, onText: (text: string | undefined) => void, clock: Clock): FollowedFile {
  let signature: string | undefined
  let timer: Timer | undefined
  const look = (): void => {
    const seen = signatureOf(path)
    if (seen !== signature) {
      const text = textOf(path)
      signature = seen
      onText(text)
    }
    timer = clock.setTimer(lookMs, look)
  }
  look()
  return { close: () => timer?.cancel() }
}

function signatureOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino}:${size}:${mtimeMs}`
  } catch {
    return 'absent'
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
