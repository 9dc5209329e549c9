/** Entry of the `heddle` program. */
import { systemClock } from '@heddle/base/node'
import { exitCode } from './command/exit-code.js'
import { runCli } from './run.js'

/** Long enough for a pipe to take the last lines. */
const lingerMs = 3000
const interrupt = new AbortController()
/** npm and npx pass on a Ctrl-C that the terminal has sent already, so two may be one; nobody presses it a third time without meaning it. */
const insistentSignals = 3
let interrupts = 0
// A closed terminal (SIGHUP) ends a mesh as Ctrl-C does; what runs in its Pods is detached and would stay.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (signal === 'SIGINT' && ++interrupts === insistentSignals) process.exit(exitCode.interrupted)
    interrupt.abort()
  })
}
// A closed pipe (`heddle get pods | head -1`) is the reader's way to say "enough"; a mesh in the foreground still has to be stopped.
let isPipeClosed = false
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    isPipeClosed = true
    interrupt.abort()
  })
}

const context = { streams: process, env: process.env, cwd: process.cwd(), signal: interrupt.signal }
const code = await runCli(process.argv.slice(2), context)
process.exitCode = isPipeClosed ? exitCode.ok : code
// What could not be closed, such as a store whose disk is full, must not keep a command that has ended.
systemClock.setTimer(lingerMs, () => process.exit())
