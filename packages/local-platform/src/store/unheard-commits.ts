/**
 * When a commit fails LMDB rejects, besides the transaction's promise, promises of its own that nobody can catch; unheard
 * they would end the process, and with it the mesh. The failure itself comes by the transaction.
 */

/** @returns what ends the listening. */
export function hearUnheardCommits(): () => void {
  process.on('unhandledRejection', onUnhandledRejection)
  return () => void process.off('unhandledRejection', onUnhandledRejection)
}

/** All other rejections go on to what Node does with them. */
function onUnhandledRejection(error: unknown): void {
  if (!(error instanceof Error) || !('commitError' in error)) throw error
  hearCommitError(error)
}

/** The promise in the error of a commit that failed. */
export function hearCommitError(error: unknown): void {
  const { commitError } = error as { readonly commitError?: Promise<unknown> }
  commitError?.catch?.(() => {})
}
