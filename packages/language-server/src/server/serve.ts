/** The language server as a process: the protocol on standard input and output. It ends when the editor says so, or goes away. */
import { createStreamLogger, systemClock } from '@heddle/base/node'
import { loadRegexCompiler } from '@heddle/config-schema'
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node.js'
import { bindConnection } from './bind-connection.js'
import type { ServerOptions } from './session.js'
import { createWorkspaceFiles } from './workspace-files.js'

/**
 * Speaks on standard input and output, which from then on belong to it; what goes wrong is told on standard error.
 * @param signal ends it as the editor would.
 */
export async function serveStdio(options: ServerOptions = {}, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
  const compileRegex = options.compileRegex ?? (await loadRegexCompiler())
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout)
  bindConnection(
    connection,
    { ...options, compileRegex },
    {
      clock: systemClock,
      logger: createStreamLogger(),
      files: createWorkspaceFiles(),
    },
  )
  // Without its reader there is nobody left to tell; the editor went away without a word.
  process.stdout.on('error', () => process.exit())
  await new Promise<void>((resolve) => {
    connection.onExit(() => resolve())
    const leave = (): void => {
      connection.dispose()
      process.stdin.destroy()
      resolve()
    }
    signal?.addEventListener('abort', leave, { once: true })
    connection.listen()
  })
}
