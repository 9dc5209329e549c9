/** Rules of WorkloadEntry, and of the endpoints of a ServiceEntry. */
import type { WorkloadEntry, WorkloadEntrySpec } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { isDnsLabel, isFqdn, isIpAddress } from '../model/host-format.js'
import type { FaultList } from '../validate/fault.js'
import { checkPort, isUnixSocket, unixProblem } from './ports.js'
import { error, warning, within } from './reporter.js'

export function checkWorkloadEntry({ spec }: WorkloadEntry, faults: FaultList): void {
  within(faults, ['spec'], () => checkEntry(spec, faults))
}

export function checkEntry(entry: WorkloadEntrySpec, faults: FaultList): void {
  if (entry.address === undefined || entry.address === '') checkWithoutAddress(entry, faults)
  else checkAddress(entry.address, entry, faults)
  checkEntryPorts(entry, faults)
}

function checkWithoutAddress({ network = '' }: WorkloadEntrySpec, faults: FaultList): void {
  if (network === '')
    error(faults, 'missing-field', ['address'], 'The workload needs an address, or a network whose gateway leads to it.', {
      part: 'key',
      expected: 'an IP address, a host name or unix://PATH',
    })
  else
    warning(faults, 'workload-entry/no-address', [], 'Without an address the workload is reached only through the gateway of its network.')
}

function checkAddress(address: string, entry: WorkloadEntrySpec, faults: FaultList): void {
  if (isUnixSocket(address)) {
    const problem = unixProblem(address)
    if (problem !== undefined) error(faults, 'bad-address', ['address'], problem, { expected: 'unix:///PATH' })
    if (Object.keys(entry.ports ?? {}).length > 0)
      error(faults, 'workload-entry/unix-ports', ['ports'], 'A unix socket has no ports.', { part: 'key' })
  } else if (!isIpAddress(address) && !isFqdn(address)) {
    error(faults, 'bad-address', ['address'], `"${clip(address)}" is neither an IP address nor a host name.`, {
      expected: 'an IP address, a host name or unix://PATH',
    })
  }
}

export function checkEntryPorts({ ports }: WorkloadEntrySpec, faults: FaultList): void {
  for (const [name, number] of Object.entries(ports ?? {})) {
    if (!isDnsLabel(name)) error(faults, 'bad-name', ['ports', name], `"${clip(name)}" cannot be the name of a port.`, { part: 'key' })
    checkPort(number, ['ports', name], faults)
  }
}
