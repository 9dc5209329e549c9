/** Failures of the file system that are the machine's, not the program's: said in a sentence, with what to do. */
import { HeddleError, isHeddleError } from '@heddle/base'

const sentences: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system is mounted read-only',
  EIO: 'the disk cannot be read or written',
}

const hint = 'Free some space where the state folder lies, then run the same command again.'

/** The API's answer that its store takes nothing more, as HEDDLE_CLI_DISK; undefined for any other error. */
export function storeFaultOf(error: unknown): HeddleError | undefined {
  if (!isHeddleError(error) || !(error.code === 'HEDDLE_STORE_WRITE' || error.message.includes('(HEDDLE_STORE_WRITE)'))) return undefined
  const message = 'the store could not be written; the disk may be full'
  return new HeddleError({ code: 'HEDDLE_CLI_DISK', message, origin: 'user', hint, cause: error })
}

/** The fault as HEDDLE_CLI_DISK; undefined for any other error. */
export function diskFaultOf(error: unknown): HeddleError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, path } = cause as NodeJS.ErrnoException
    const sentence = code === undefined ? undefined : sentences[code]
    if (sentence === undefined) continue
    return new HeddleError({
      code: 'HEDDLE_CLI_DISK',
      message: `${sentence}${path === undefined ? '' : `: ${path}`} (${code})`,
      origin: 'user',
      hint,
      cause: error,
    })
  }
  return undefined
}
