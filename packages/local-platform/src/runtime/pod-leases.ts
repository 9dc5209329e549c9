/** Gives each Pod its addresses and ports, once; a Pod whose platform crashed keeps those of its record. */
import { randomBytes } from 'node:crypto'
import { injectionStatusAnnotation, type KubernetesObject } from '@heddle/client'
import { type ServicePort, targetPortNumber } from '@heddle/config-schema'
import { fieldsOf, listOf } from '../json-fields.js'
import { isAlive } from '../process-start.js'
import { isGatewayPod, servicesOf } from './gateway-ports.js'
import { isTrafficSetup } from './built-in-images.js'
import type { Pod } from './pod.js'
import { createPodAddresses } from './pod-addresses.js'
import { choosePorts } from './pod-ports.js'
import type { PodRecord } from './pod-record.js'
import { createPortClaims } from './port-claims.js'

export interface PodLeases {
  /** The record of an earlier platform with ports that are still good, or a new one. */
  acquire(pod: Pod, earlier: PodRecord | undefined, services: readonly KubernetesObject[]): Promise<PodRecord>
  reserve(record: PodRecord): void
  release(record: PodRecord): void
  /** Lets go of the ports outside the mesh. */
  close(): void
}

/** @param externalAddress where gateways listen outside the mesh, 127.0.0.1. */
export function createPodLeases(subnet: number, externalAddress: string): PodLeases {
  const addresses = createPodAddresses(subnet)
  const externalPorts = new Map<number, string>()
  const claims = createPortClaims()

  const reserve = (record: PodRecord): void => {
    addresses.reserve(record.podIp)
    addresses.reserve(record.appAddress)
    if (record.externalAddress !== undefined) for (const port of Object.values(record.portMap)) externalPorts.set(port, record.uid)
  }
  const release = (record: PodRecord): void => {
    addresses.release(record.podIp)
    addresses.release(record.appAddress)
    for (const [port, uid] of externalPorts) {
      if (uid !== record.uid) continue
      externalPorts.delete(port)
      claims.release(port)
    }
  }
  const newRecord = (pod: Pod): PodRecord => {
    const podIp = addresses.lease()
    return {
      version: 1,
      uid: pod.metadata.uid ?? '',
      namespace: pod.metadata.namespace ?? 'default',
      name: pod.metadata.name,
      podIp,
      appAddress: isInjectedPod(pod) ? addresses.lease() : podIp,
      ...(isGatewayPod(pod) && { externalAddress }),
      portMap: {},
      token: randomBytes(16).toString('hex'),
      containers: {},
    }
  }

  return {
    reserve,
    release,
    close: () => claims.close(),
    async acquire(pod, earlier, services) {
      if (earlier && hasLiveProcess(earlier)) {
        // It serves there already; the claims only tell others.
        if (earlier.externalAddress !== undefined) await Promise.all(Object.values(earlier.portMap).map((port) => claims.take(port)))
        return earlier
      }
      const record = earlier ?? newRecord(pod)
      const bound = new Set([record.podIp, record.appAddress, ...(record.externalAddress === undefined ? [] : [record.externalAddress])])
      const portMap = await choosePorts({
        declaredPorts: declaredPorts(pod, services),
        addresses: [...bound],
        isReserved: (address, port) => address === externalAddress && (externalPorts.get(port) ?? record.uid) !== record.uid,
        ...(record.externalAddress === undefined ? {} : { claim: (port) => claims.take(port) }),
      })
      const leased = { ...record, portMap }
      reserve(leased)
      return leased
    },
  }
}

/** A Pod with a sidecar: the injector's mark, or its container by name. A gateway's container has the same name and is none. */
export function isInjectedPod(pod: Pod): boolean {
  if (isGatewayPod(pod)) return false
  if (pod.metadata.annotations?.[injectionStatusAnnotation] !== undefined) return true
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some((container) => container.name === 'istio-proxy')
}

function hasLiveProcess(record: PodRecord): boolean {
  return Object.values(record.containers).some((container) => container.process && isAlive(container.process))
}

/** TCP ports that containers declare, and target ports by which Services mean the Pod without its saying so. */
function declaredPorts(pod: Pod, services: readonly KubernetesObject[]): readonly number[] {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].filter((container) => !isTrafficSetup(container))
  const ofContainers = containers
    .filter((container) => container.name !== 'istio-proxy' || isGatewayPod(pod))
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
    .map((port) => port.containerPort)
  const ofServices = servicesOf(pod, services).flatMap((service) =>
    listOf(fieldsOf(service['spec'])['ports']).flatMap((port) => targetPortNumber(pod.spec, port as unknown as ServicePort) ?? []),
  )
  return [...new Set([...ofContainers, ...ofServices])]
}
