/** Port numbers, sockets and addresses as several kinds have them. */
import { clip } from '../model/clip.js'
import { isIpAddress } from '../model/host-format.js'
import type { PathSegment } from '../path.js'
import type { FaultList } from '../validate/fault.js'
import { error } from './reporter.js'

const lastPort = 65_535

export function checkPort(port: number | undefined, below: readonly PathSegment[], faults: FaultList, first = 1): void {
  if (port === undefined || (port >= first && port <= lastPort)) return
  error(faults, 'bad-port', below, `${port} is not a port.`, { expected: `a port number from ${first} to ${lastPort}` })
}

export function isUnixSocket(address: string | undefined): boolean {
  return address?.startsWith('unix://') === true
}

/** Absolute, or abstract (`@NAME`), and no folder. */
export function unixProblem(address: string): string | undefined {
  const path = address.slice('unix://'.length)
  if (!path.startsWith('/') && !path.startsWith('@')) return `"${clip(address)}": the path of a socket is absolute, or begins with "@".`
  return path.endsWith('/') ? `"${clip(address)}" is a folder, not a socket.` : undefined
}

/** What a listener binds. */
export function checkBind(bind: string | undefined, faults: FaultList): void {
  if (bind === undefined || bind === '' || isIpAddress(bind)) return
  const problem = isUnixSocket(bind) ? unixProblem(bind) : `"${clip(bind)}" is not an address.`
  if (problem !== undefined) error(faults, 'bad-address', ['bind'], problem, { expected: 'an IP address or unix://PATH' })
}

/** Port 0 belongs to unix sockets, and only to them. */
export function checkBoundPort(
  number: number | undefined,
  bind: string | undefined,
  below: readonly PathSegment[],
  faults: FaultList,
): void {
  const isUnix = isUnixSocket(bind)
  if (number === undefined || (number <= lastPort && (number === 0) === isUnix)) return
  const expected = isUnix ? '0, because it binds a unix socket' : `a port number from 1 to ${lastPort}`
  error(faults, 'bad-port', below, `${number} cannot be the port here; expected ${expected}.`, { expected })
}
