/**
 * Chooses the port that is really bound for each declared one (design section 6): the declared number if it is 1024 or
 * more and free, else the next free one from 20000. For a gateway the number must be free outside the mesh too, or a replica
 * of it has it already.
 */
import { createServer } from 'node:net'
import { HeddleError } from '@heddle/base'
import { type PortMap, proxyPorts } from '@heddle/client'

export interface PortPlan {
  readonly declaredPorts: readonly number[]
  /** Addresses on which the bound port must be free. */
  readonly addresses: readonly string[]
  /** True for `ADDRESS:PORT` that another Pod holds or will bind. */
  readonly isReserved: (address: string, port: number) => boolean
  /** Keeps a free port for this Pod; false when somebody else keeps it. Default: nobody does. */
  readonly claim?: (port: number) => Promise<boolean>
  /** What replicas of the Pod bind for the same declared ports: taken over as it is. Default: nothing. */
  readonly shared?: PortMap
}

const firstUnprivilegedPort = 1024
const firstSubstitutePort = 20_000
const lastPort = 65_535
const ownPorts: ReadonlySet<number> = new Set(Object.values(proxyPorts))

/** @throws HEDDLE_RUNTIME_PORTS when no port is free. */
export async function choosePorts(plan: PortPlan): Promise<PortMap> {
  const map: Record<string, number> = {}
  const used = new Set<number>(ownPorts)
  for (const declared of plan.declaredPorts) {
    if (ownPorts.has(declared) || map[String(declared)] !== undefined) continue
    const bound = plan.shared?.[String(declared)] ?? (await chooseOne(declared, used, plan))
    used.add(bound)
    map[String(declared)] = bound
  }
  return map
}

async function chooseOne(declared: number, used: ReadonlySet<number>, plan: PortPlan): Promise<number> {
  const isUsable = async (port: number): Promise<boolean> => {
    if (used.has(port)) return false
    for (const address of plan.addresses) if (plan.isReserved(address, port) || !(await isFree(address, port))) return false
    return plan.claim === undefined || plan.claim(port)
  }
  if (declared >= firstUnprivilegedPort && (await isUsable(declared))) return declared
  for (let port = firstSubstitutePort; port <= lastPort; port++) if (await isUsable(port)) return port
  throw new HeddleError({ code: 'HEDDLE_RUNTIME_PORTS', message: `no port is free on ${plan.addresses.join(' and ')}` })
}

/** Whether a socket can be bound there now. */
export function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
