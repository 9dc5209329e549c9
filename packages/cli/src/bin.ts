/** Entry of the `heddle` program. */
import { runCli } from './run.js'

const interrupt = new AbortController()
// A closed terminal (SIGHUP) ends a mesh as Ctrl-C does; what runs in its Pods is detached and would stay.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort())
// A closed pipe (`heddle get pods | head -1`) is the reader's way to say "enough".
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(0))

process.exitCode = await runCli(process.argv.slice(2), { streams: process, env: process.env, cwd: process.cwd(), signal: interrupt.signal })
