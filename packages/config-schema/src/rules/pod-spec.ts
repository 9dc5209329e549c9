/** Rules of a Pod's spec that Kubernetes' API server enforces: container names, images, ports, environment, mounts, probes. */
import type { Container, EnvVar, PodSpec, Probe } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { eachOf, error, type FirstPlaces, firstPlaces, within } from './reporter.js'
import { checkPortNumber } from './service.js'

/** RFC 1123 label in lower case. */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const

/** @param claims volumes that the workload adds to each of its Pods. */
export function checkPodSpec(spec: PodSpec | undefined, claims: readonly string[], faults: FaultList): void {
  if (spec === undefined) return
  if (spec.containers?.length === 0)
    error(faults, 'pod/containers-required', ['containers'], 'A Pod needs at least one container.', {
      part: 'key',
      expected: 'a list of containers',
    })
  const volumes = firstPlaces<string>()
  eachOf(faults, 'volumes', spec.volumes, ({ name }) => {
    const first = name === undefined ? undefined : volumes.take(name, faults, 'name')
    if (name !== undefined && !label.test(name))
      error(faults, 'bad-name', ['name'], `"${clip(name)}" cannot be the name of a volume; expected lower-case letters, digits and "-".`)
    else if (first !== undefined) error(faults, 'pod/duplicate-volume', ['name'], `The volume "${clip(name)}" stands twice.`, first)
  })
  const known = new Set([...claims, ...(spec.volumes ?? []).map(({ name }) => name)])
  const names = firstPlaces<string>()
  for (const list of ['initContainers', 'containers'] as const) {
    eachOf(faults, list, spec[list], (container) => checkContainer(container, names, known, faults))
  }
}

function checkContainer(container: Container, names: FirstPlaces<string>, volumes: ReadonlySet<string>, faults: FaultList): void {
  const { name, image } = container
  const first = name === undefined ? undefined : names.take(name, faults, 'name')
  if (name !== undefined && !label.test(name)) {
    error(faults, 'bad-name', ['name'], `"${clip(name)}" cannot be the name of a container; expected lower-case letters, digits and "-".`)
  } else if (first !== undefined) error(faults, 'pod/duplicate-container', ['name'], `The container "${clip(name)}" stands twice.`, first)
  if (!image)
    error(faults, 'missing-field', ['image'], 'The container needs an image.', { part: 'key', expected: 'an image such as nginx:1.27' })
  else if (image !== image.trim()) error(faults, 'pod/image', ['image'], 'The image has spaces around it.')
  checkPorts(container, faults)
  eachOf(faults, 'env', container.env, (variable) => checkVariable(variable, faults))
  eachOf(faults, 'volumeMounts', container.volumeMounts, (mount) => {
    if (mount.name !== undefined && !volumes.has(mount.name)) {
      error(faults, 'pod/unknown-volume', ['name'], `There is no volume "${clip(mount.name)}" in this Pod.`, {
        expected: `one of ${[...volumes].join(', ') || 'the volumes of the Pod'}`,
      })
    }
  })
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[probe]) within(faults, [probe], () => checkProbe(container[probe] as Probe, faults))
  }
}

function checkPorts(container: Container, faults: FaultList): void {
  const names = firstPlaces<string>()
  eachOf(faults, 'ports', container.ports, (port) => {
    checkPortNumber(port.containerPort, ['containerPort'], faults)
    if (port.name === undefined || port.name === '') return
    checkPortNumber(port.name, ['name'], faults)
    const first = names.take(port.name, faults, 'name')
    if (first !== undefined)
      error(faults, 'pod/duplicate-port-name', ['name'], `The port name "${clip(port.name)}" stands twice in this container.`, first)
  })
}

function checkVariable(variable: EnvVar, faults: FaultList): void {
  if (variable.name === '') error(faults, 'missing-field', ['name'], 'An environment variable needs a name.')
  if (variable.value && variable.valueFrom)
    error(faults, 'one-of', ['valueFrom'], 'Only one of value and valueFrom may be set.', { part: 'key', expected: 'value or valueFrom' })
}

function checkProbe(probe: Probe, faults: FaultList): void {
  const set = handlers.filter((handler) => probe[handler] !== undefined)
  if (set.length !== 1)
    error(faults, 'one-of', set[1] === undefined ? [] : [set[1]], `A probe needs exactly one of ${handlers.join(', ')}.`, {
      part: 'key',
      expected: `one of ${handlers.join(', ')}`,
    })
  for (const handler of ['httpGet', 'tcpSocket', 'grpc'] as const) checkPortNumber(probe[handler]?.port, [handler, 'port'], faults)
}
