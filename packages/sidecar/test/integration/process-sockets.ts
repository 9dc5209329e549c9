/** Which connections a process holds, as Linux tells it: workers share a port, and the port alone does not say who has whom. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const established = '01'
const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16)

/** The ports of clients whose connections to `port` the process holds. */
export function clientPortsOf(pid: number, port: number): ReadonlySet<number> {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)))
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').trim().split('\n').slice(1)
  const ports = rows.flatMap((row) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = row.trim().split(/\s+/)
    return state === established && portOf(local) === port && own.has(inode) ? [portOf(remote)] : []
  })
  return new Set(ports)
}

function inodeOf(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1]
  } catch {
    // Closed meanwhile.
    return undefined
  }
}
