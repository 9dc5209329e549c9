/**
 * Endpoints of a cluster that are known by host names (Envoy's STRICT_DNS: every address is an endpoint; LOGICAL_DNS: the
 * first one). Names are looked up again and again; one whose look-up fails keeps the addresses that it had.
 */
import type { Clock, Random, Timer } from '@heddle/base'
import type { Cluster, LbEndpoint, LocalityLbEndpoints } from '@heddle/routing'

export interface DnsDeps {
  readonly clock: Clock
  readonly random: Random
  /** Addresses of a host name. */
  resolve(hostname: string): Promise<readonly string[]>
  onResolveFailed(cluster: string, hostname: string, error: unknown): void
}

export class DnsResolution {
  readonly #deps: DnsDeps
  readonly #onResolved: (localities: readonly LocalityLbEndpoints[]) => void
  #lastGood = new Map<string, readonly string[]>()
  #timer: Timer | undefined
  /** A look-up that began before the last change must not have a say any more. */
  #round = 0

  constructor(deps: DnsDeps, onResolved: (localities: readonly LocalityLbEndpoints[]) => void) {
    this.#deps = deps
    this.#onResolved = onResolved
  }

  /** Begins anew with these names. */
  start(cluster: Cluster, localities: readonly LocalityLbEndpoints[]): void {
    this.stop()
    const round = this.#round
    this.#resolveAll(cluster, localities, round).catch((error: unknown) => this.#deps.onResolveFailed(cluster.name, '', error))
  }

  stop(): void {
    this.#round++
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #resolveAll(cluster: Cluster, localities: readonly LocalityLbEndpoints[], round: number): Promise<void> {
    const addresses = await this.#lookUp(cluster, localities)
    if (round !== this.#round) return
    this.#lastGood = addresses
    this.#onResolved(
      localities.map((locality) => ({
        ...locality,
        endpoints: locality.endpoints.flatMap((endpoint) => withAddresses(endpoint, addresses)),
      })),
    )
    const { refreshRateMs = 5000, jitterMs = 0 } = cluster.dns ?? {}
    this.#timer = this.#deps.clock.setTimer(refreshRateMs + jitterMs * this.#deps.random.next(), () => this.start(cluster, localities))
  }

  async #lookUp(cluster: Cluster, localities: readonly LocalityLbEndpoints[]): Promise<Map<string, readonly string[]>> {
    const names = new Set(localities.flatMap(({ endpoints }) => endpoints.map(({ address }) => address.address)))
    const found = new Map<string, readonly string[]>()
    await Promise.all(
      [...names].map(async (name) => {
        try {
          const addresses = await this.#deps.resolve(name)
          found.set(name, cluster.type === 'LOGICAL_DNS' ? addresses.slice(0, 1) : addresses)
        } catch (error) {
          this.#deps.onResolveFailed(cluster.name, name, error)
          found.set(name, this.#lastGood.get(name) ?? [])
        }
      }),
    )
    return found
  }
}

function withAddresses(endpoint: LbEndpoint, addresses: ReadonlyMap<string, readonly string[]>): readonly LbEndpoint[] {
  const { address: name, port } = endpoint.address
  return (addresses.get(name) ?? []).map((address) => ({ ...endpoint, address: { address, port } }))
}
