/** Rules of Service that Kubernetes' API server enforces. */
import type { Service, ServicePort, ServiceSpec } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { checkLabels } from './metadata.js'
import { eachOf, error, type FirstPlaces, firstPlaces, within } from './reporter.js'

const portName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export function checkService(resource: Service, faults: FaultList): void {
  const spec = resource.spec
  if (spec === undefined) {
    error(faults, 'missing-field', ['spec'], 'A Service needs a spec with its ports.', { part: 'key', expected: 'spec.ports' })
    return
  }
  within(faults, ['spec'], () => {
    checkHasPorts(spec, faults)
    checkLabels(spec.selector, 'selector', faults)
    const isSingle = (spec.ports ?? []).length < 2
    const names = firstPlaces<string>()
    const numbers = firstPlaces<string>()
    eachOf(faults, 'ports', spec.ports, (port) => checkPort(port, { isSingle, names, numbers }, faults))
  })
}

function checkHasPorts(spec: ServiceSpec, faults: FaultList): void {
  const isExternal = spec.type === 'ExternalName'
  if (isExternal && !spec.externalName)
    error(faults, 'missing-field', ['externalName'], 'A Service of type ExternalName needs externalName.', { part: 'key' })
  if ((spec.ports ?? []).length === 0 && !isExternal && spec.clusterIP !== 'None') {
    error(faults, 'service/ports-required', ['ports'], 'A Service needs at least one port.', { part: 'key', expected: 'a list of ports' })
  }
}

interface PortContext {
  readonly isSingle: boolean
  readonly names: FirstPlaces<string>
  readonly numbers: FirstPlaces<string>
}

function checkPort(port: ServicePort, { isSingle, names, numbers }: PortContext, faults: FaultList): void {
  if (port.port !== undefined) checkPortNumber(port.port, ['port'], faults)
  checkPortNumber(port.targetPort, ['targetPort'], faults)
  const { name } = port
  if (!name) {
    if (!isSingle)
      error(faults, 'service/port-name-required', ['name'], 'With several ports each needs a name, such as http.', {
        part: 'key',
        expected: 'a name such as http',
      })
  } else {
    if (!portName.test(name))
      error(faults, 'bad-name', ['name'], `"${clip(name)}" cannot be the name of a port; expected lower-case letters, digits and "-".`)
    const first = names.take(name, faults, 'name')
    if (first !== undefined) error(faults, 'service/duplicate-port-name', ['name'], `The port name "${clip(name)}" stands twice.`, first)
  }
  const number = `${port.protocol ?? 'TCP'} ${port.port}`
  const first = numbers.take(number, faults, 'port')
  if (first !== undefined) error(faults, 'service/duplicate-port', ['port'], `The port ${number} stands twice.`, first)
}

/** Names of container ports: IANA service names. */
export function checkPortNumber(port: number | string | undefined, below: readonly string[], faults: FaultList): void {
  if (port === undefined) return
  const isValid = typeof port === 'number' ? port >= 1 && port <= 65_535 : /^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/.test(port)
  if (isValid) return
  const expected =
    typeof port === 'number' ? 'a number from 1 to 65535' : 'a number, or a port name of at most 15 lower-case letters, digits and "-"'
  error(faults, 'bad-port', below, `${typeof port === 'number' ? port : `"${clip(port)}"`} cannot be a port; expected ${expected}.`, {
    expected,
  })
}
