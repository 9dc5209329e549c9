/** Unit tests for routes: each expectation that does not hold throws an error with the whole explanation. */
import { HeddleError } from '@heddle/base'
import { parseDocuments } from '@heddle/config-schema'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { manifestSnapshot, type ManifestObject } from './manifest-snapshot.js'
import { simulate } from './simulate.js'
import { simulationText } from './simulation-text.js'
import type { SimulatedRequest } from './simulated-request.js'
import type { Backend, Simulation } from './simulation.js'

/** A snapshot, the text of manifests (YAML), or their documents. */
export type MeshUnderTest = MeshSnapshot | string | readonly ManifestObject[]

/** Every method returns the same object, so that expectations can be chained. @throws HEDDLE_TRANSLATION_EXPECTATION */
export interface RouteExpectation {
  readonly simulation: Simulation
  /** @param backend `HOST`, `HOST:PORT` or `HOST:PORT/SUBSET`; short names count. @param share percent of the requests. Default: all. */
  toReach(backend: string, share?: number): RouteExpectation
  /** Percent of the requests by backend, as in `toReach`; nothing else may get any. */
  toSplit(shares: Readonly<Record<string, number>>): RouteExpectation
  /** @param rule such as `spec.http[0]`, or the name of the rule. @param owner `NAMESPACE/NAME` of the VirtualService. */
  toMatch(rule: string, owner?: string): RouteExpectation
  toRedirect(location: string, status?: number): RouteExpectation
  /** The proxy answers by itself: with a direct response, or because it cannot route the request. */
  toAnswer(status: number): RouteExpectation
  /** @param ms 0: never. */
  toTimeOutAfter(ms: number): RouteExpectation
  /** Every endpoint's own proxy takes the connection. */
  toBeAccepted(): RouteExpectation
  /** Some endpoint's own proxy does not take the connection. */
  toBeRefused(): RouteExpectation
}

/** @throws what `simulate` throws, and HEDDLE_TRANSLATION_REQUEST for a text that is no YAML. */
export function expectRoute(mesh: MeshUnderTest, request: SimulatedRequest): RouteExpectation {
  return expectationOf(simulate(snapshotOf(mesh), request))
}

function snapshotOf(mesh: MeshUnderTest): MeshSnapshot {
  if (typeof mesh === 'string') return manifestSnapshot(documentsOf(mesh))
  return 'servicesByHost' in mesh ? mesh : manifestSnapshot(mesh)
}

function documentsOf(text: string): readonly ManifestObject[] {
  const { documents, diagnostics } = parseDocuments(text, { file: 'manifests' })
  const fault = diagnostics.find(({ severity }) => severity === 'error')
  if (fault !== undefined)
    throw new HeddleError({ code: 'HEDDLE_TRANSLATION_REQUEST', message: `the manifests cannot be read: ${fault.message}`, origin: 'user' })
  return documents.flatMap(({ value }) => (value === null || value === undefined ? [] : [value as ManifestObject]))
}

function expectationOf(simulation: Simulation): RouteExpectation {
  const { outcome } = simulation
  const backends = 'backends' in outcome ? outcome.backends : []
  const verdicts = backends.flatMap(({ endpoints }) => endpoints.flatMap(({ inbound }) => inbound ?? []))
  const hold = (held: boolean, expected: string): RouteExpectation => {
    if (!held) throw failure(expected, simulation)
    return expectation
  }
  const expectation: RouteExpectation = {
    simulation,
    toReach: (backend, share = 100) => hold(isShare(backends, backend, share), `${backend} gets ${share}% of the requests`),
    toSplit: (shares) => {
      const held = Object.entries(shares).every(([backend, share]) => isShare(backends, backend, share))
      const rest = backends.filter((one) => one.share > 0 && !Object.keys(shares).some((backend) => isMeant(one, backend)))
      return hold(held && rest.length === 0, `the requests are split ${JSON.stringify(shares)}`)
    },
    toMatch: (rule, owner) => hold(isRule(simulation, rule, owner), `the rule ${rule}${owner === undefined ? '' : ` of ${owner}`} matches`),
    toRedirect: (location, status) =>
      hold(
        outcome.kind === 'redirect' && outcome.location === location && outcome.status === (status ?? outcome.status),
        `a redirect to ${location}`,
      ),
    toAnswer: (status) =>
      hold((outcome.kind === 'direct-response' || outcome.kind === 'refused') && outcome.status === status, `the proxy answers ${status}`),
    toTimeOutAfter: (ms) => hold(outcome.kind === 'forwarded' && outcome.timeoutMs === ms, `a timeout of ${ms} ms`),
    toBeAccepted: () => hold(verdicts.length > 0 && verdicts.every(({ accepted }) => accepted), 'the destination accepts the connection'),
    toBeRefused: () =>
      hold(
        verdicts.some(({ accepted }) => !accepted),
        'the destination refuses the connection',
      ),
  }
  return expectation
}

/** Shares of a third are not exact. */
function isShare(backends: readonly Backend[], wanted: string, share: number): boolean {
  const sum = backends.filter((backend) => isMeant(backend, wanted)).reduce((total, backend) => total + backend.share, 0)
  return Math.abs(sum - share) < 0.01
}

function isMeant({ host = '', port, subset = '' }: Backend, wanted: string): boolean {
  const [place = '', wantedSubset] = wanted.split('/')
  const [name = '', wantedPort] = place.split(':')
  const isHost = host === name || host.startsWith(`${name}.`)
  return isHost && (wantedPort === undefined || Number(wantedPort) === port) && (wantedSubset === undefined || wantedSubset === subset)
}

function isRule({ rule }: Simulation, wanted: string, owner: string | undefined): boolean {
  if (rule === undefined || (owner !== undefined && owner !== `${rule.resource.namespace}/${rule.resource.name}`)) return false
  return rule.path === wanted || rule.path.startsWith(`${wanted}.`) || rule.name === wanted || rule.name?.startsWith(`${wanted}.`) === true
}

function failure(expected: string, simulation: Simulation): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_TRANSLATION_EXPECTATION',
    message: `expected that ${expected}, but:\n\n${simulationText(simulation)}`,
    origin: 'user',
  })
}
