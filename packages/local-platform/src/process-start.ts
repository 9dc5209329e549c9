/** When a process started, so that a recorded pid is never mistaken for another process that got the same number later. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** What `processStart` said of it. */
  readonly start: string
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, start: processStart(pid) ?? 'exited' }
}

/** Whether the very process that was recorded still runs. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
  return processStart(pid) === start
}

/** An opaque text that is equal for two looks at the same process; undefined when no such process runs. */
export function processStart(pid: number): string | undefined {
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid)
}

/** Field 22 of /proc/PID/stat (proc(5)): clock ticks after boot. The command name before it may hold spaces and brackets. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}
