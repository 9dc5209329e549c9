/** Exit codes, istioctl's where it has one (sysexits.h otherwise). */
export const exitCode = {
  ok: 0,
  failure: 1,
  /** The command line was wrong. */
  usage: 64,
  /** A file's content was wrong; nothing of it was applied. */
  badData: 65,
  /** The control plane or the API could not be reached. */
  unreachable: 69,
  denied: 77,
  findings: 79,
  interrupted: 130,
} as const
