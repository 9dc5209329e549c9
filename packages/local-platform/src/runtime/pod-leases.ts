/**
 * Gives each Pod its addresses and ports, once; a Pod whose platform crashed keeps those of its record. Replicas of a gateway
 * share their ports outside the mesh: one serves there, and the next takes over when it ends.
 */
import { randomBytes } from 'node:crypto'
import { injectionStatusAnnotation, type KubernetesObject, type PortMap } from '@heddle/client'
import { type ServicePort, targetPortNumber } from '@heddle/config-schema'
import { fieldsOf, listOf } from '../json-fields.js'
import { isAlive } from '../process-start.js'
import { type GatewayPod, isGatewayPod, servicesOf } from './gateway-ports.js'
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
  /** Port -> the uids of the Pods that have it. */
  const externalPorts = new Map<number, Set<string>>()
  const gateways = new Map<string, GatewayPod>()
  const claims = createPortClaims()
  let last: Promise<unknown> = Promise.resolve()

  const reserve = (record: PodRecord): void => {
    addresses.reserve(record.podIp)
    addresses.reserve(record.appAddress)
    if (record.externalAddress === undefined) return
    for (const port of Object.values(record.portMap)) externalPorts.set(port, (externalPorts.get(port) ?? new Set()).add(record.uid))
  }
  const release = (record: PodRecord): void => {
    addresses.release(record.podIp)
    addresses.release(record.appAddress)
    gateways.delete(record.uid)
    for (const [port, uids] of externalPorts) {
      if (!uids.delete(record.uid) || uids.size > 0) continue
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

  const portsFor = (pod: Pod, record: PodRecord, services: readonly KubernetesObject[]): Promise<PortMap> => {
    const isGateway = record.externalAddress !== undefined
    const bound = new Set([record.podIp, record.appAddress, ...(isGateway ? [externalAddress] : [])])
    const isOthers = (port: number): boolean => externalPorts.get(port)?.has(record.uid) === false
    return choosePorts({
      declaredPorts: declaredPorts(pod, services),
      addresses: [...bound],
      isReserved: (address, port) => address === externalAddress && isOthers(port),
      ...(isGateway && { claim: (port) => claims.take(port), shared: replicasPorts(pod, [...gateways.values()], services) }),
    })
  }
  const acquire: PodLeases['acquire'] = async (pod, earlier, services) => {
    const record = earlier ?? newRecord(pod)
    // A process that lives serves there already; the claims only tell others.
    const isServing = earlier !== undefined && hasLiveProcess(earlier)
    const leased = isServing ? earlier : { ...record, portMap: await portsFor(pod, record, services) }
    if (leased.externalAddress !== undefined) {
      gateways.set(leased.uid, { pod, record: leased })
      if (isServing) await Promise.all(Object.values(leased.portMap).map((port) => claims.take(port)))
    }
    reserve(leased)
    return leased
  }

  return {
    reserve,
    release,
    close: () => claims.close(),
    // One after the other: two that choose at once would choose the same.
    acquire(...pod) {
      const turn = last.then(() => acquire(...pod))
      last = turn.catch(() => {})
      return turn
    },
  }
}

/** The ports of the gateways behind the same Services. */
function replicasPorts(pod: Pod, gateways: readonly GatewayPod[], services: readonly KubernetesObject[]): PortMap {
  const own = servicesOf(pod, services)
  const replicas = gateways.filter((gateway) => gateway.pod !== pod && servicesOf(gateway.pod, own).length > 0)
  return Object.assign({}, ...replicas.map(({ record }) => record.portMap)) as PortMap
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
