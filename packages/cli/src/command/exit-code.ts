/** Exit codes, istioctl's where it has one (sysexits.h otherwise), and which failure ends with which. */
import { isHeddleError } from '@heddle/base'

export const exitCode = {
  ok: 0,
  failure: 1,
  /** The command line was wrong. */
  usage: 64,
  /** A file's content was wrong; nothing of it was applied. */
  badData: 65,
  /** The control plane or the API could not be reached. */
  unreachable: 69,
  /** The disk is full or cannot be written. */
  disk: 74,
  /** Analysis or validation found something at or above the threshold. */
  findings: 79,
  interrupted: 130,
} as const

const codeOf: Readonly<Record<string, number>> = {
  HEDDLE_CLI_USAGE: exitCode.usage,
  HEDDLE_CLI_BAD_DATA: exitCode.badData,
  HEDDLE_CLI_EDITOR_SETTINGS: exitCode.badData,
  HEDDLE_CLI_IMAGES: exitCode.badData,
  HEDDLE_CLI_NO_MESH: exitCode.unreachable,
  HEDDLE_CLI_NO_ISTIOD: exitCode.unreachable,
  HEDDLE_CLI_POD_UNREACHABLE: exitCode.unreachable,
  HEDDLE_CLI_DISK: exitCode.disk,
  HEDDLE_STORE_WRITE: exitCode.disk,
  HEDDLE_API_UNREACHABLE: exitCode.unreachable,
}

export function exitCodeOf(error: unknown): number {
  return (isHeddleError(error) ? codeOf[error.code] : undefined) ?? exitCode.failure
}
