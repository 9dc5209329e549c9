/** Files that a command line names and that cannot be used: said in a sentence, not as a fault of the program. */
import { HeddleError, messageOf } from '@heddle/base'

const sentences: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'it is not permitted',
  ENOENT: 'it, or a folder on the way to it, does not exist',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'something else stands in its place',
}

/** A file that was to be read. */
export function unreadableFile(name: string, cause: unknown): HeddleError {
  const { code = '' } = cause as NodeJS.ErrnoException
  if (code !== 'ENOENT') return fileError(`"${name}" cannot be read: ${sentences[code] ?? messageOf(cause)}`, undefined, cause)
  return fileError(`the path "${name}" does not exist`, 'Look at the name and the folder you are in; "-" reads standard input.', cause)
}

/** What the system said of a path, as HEDDLE_CLI_FILE; undefined for any other error. */
export function fileFaultOf(error: unknown): HeddleError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = '', path } = cause as NodeJS.ErrnoException
    const sentence = sentences[code]
    if (sentence !== undefined && path !== undefined) return fileError(`"${path}" cannot be used: ${sentence} (${code})`, undefined, error)
  }
  return undefined
}

function fileError(message: string, hint: string | undefined, cause: unknown): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CLI_FILE', message, origin: 'user', ...(hint !== undefined && { hint }), cause })
}
