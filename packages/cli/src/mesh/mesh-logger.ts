/** The platform's own log: a file in the state folder, so that the terminal shows only what a person asked for. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { type Logger, silentLogger } from '@heddle/base'
import { createStreamLogger, makeFolder } from '@heddle/base/node'

export function createMeshLogger(stateFolder: string): Logger {
  try {
    makeFolder(stateFolder)
  } catch {
    // The platform says what is wrong with the folder, in words for people.
    return silentLogger
  }
  const stream = createWriteStream(join(stateFolder, 'platform.log'), { flags: 'a', mode: 0o600 })
  stream.on('error', () => {})
  return createStreamLogger({ stream })
}
