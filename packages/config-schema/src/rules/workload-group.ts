/** Rules of WorkloadGroup: the template and the probe. */
import type { ReadinessProbe, WorkloadGroup } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { checkPort } from './ports.js'
import { error, within } from './reporter.js'
import { checkEntryPorts } from './workload-entry.js'

const handlers = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const
const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const

export function checkWorkloadGroup({ spec }: WorkloadGroup, faults: FaultList): void {
  within(faults, ['spec'], () => {
    if (spec.template) within(faults, ['template'], () => checkEntryPorts(spec.template, faults))
    if (spec.probe) within(faults, ['probe'], () => checkProbe(spec.probe as ReadinessProbe, faults))
  })
}

function checkProbe(probe: ReadinessProbe, faults: FaultList): void {
  if (handlers.every((name) => probe[name] === undefined))
    error(faults, 'workload-group/probe-handler', [], `A probe needs one of ${handlers.join(', ')}.`, {
      expected: `one of ${handlers.join(', ')}`,
    })
  for (const name of counts) {
    const value = probe[name]
    if (value !== undefined && value < 0)
      error(faults, 'out-of-range', [name], `${value} is out of range; "${name}" cannot be negative.`, {
        expected: 'a number of at least 0',
      })
  }
  for (const name of ['httpGet', 'tcpSocket', 'grpc'] as const) checkPort(probe[name]?.port, [name, 'port'], faults)
  const { scheme = '' } = probe.httpGet ?? {}
  if (!['', 'HTTP', 'HTTPS'].includes(scheme))
    error(faults, 'bad-enum', ['httpGet', 'scheme'], `"${clip(scheme)}" is not a scheme.`, { expected: 'HTTP or HTTPS' })
  if (probe.exec?.command?.length === 0)
    error(faults, 'missing-field', ['exec', 'command'], 'The probe needs a command to run.', { expected: 'a list of words' })
}
