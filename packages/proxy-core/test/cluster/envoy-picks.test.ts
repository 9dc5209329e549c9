/**
 * Endpoints that Envoy 1.40 chose for the header values `user-0` to `user-99` with five endpoints, 127.0.0.1:23001 to 23005
 * (by index, one digit a request), recorded from the running program. Sessions must not move when one proxy replaces the other.
 */
import { expect, test } from 'vitest'
import { createSeededRandom } from '@heddle/base/testing'
import type { Cluster } from '@heddle/routing'
import { LoadBalancer, type LocalityEndpoints } from '../../src/cluster/load-balancer.js'
import { Endpoint } from '../../src/endpoint/endpoint.js'
import { xxHash64 } from '../../src/message/xxhash64.js'

const unequal = [1, 1, 2, 3, 1]

interface Recorded {
  readonly name: string
  readonly config: Partial<Cluster>
  readonly weighted?: boolean
  /** The second endpoint is unhealthy and the last three have the lower priority. */
  readonly priorities?: boolean
  /** The first two weigh 3, the others 1. */
  readonly localities?: boolean
  readonly picks: string
}

const recorded: readonly Recorded[] = [
  {
    name: 'ring',
    config: { lbPolicy: 'RING_HASH' },
    picks: '3233321304120211144012242221111211133123433003421114144034113210242342102424112220130332130331131014',
  },
  {
    name: 'small ring with weights',
    config: { lbPolicy: 'RING_HASH', ringHash: { minimumRingSize: 100 } },
    weighted: true,
    picks: '0443323322430220240321322031112331320222230303323331122233230300212332312123333320000232202132433243',
  },
  {
    name: 'Maglev',
    config: { lbPolicy: 'MAGLEV' },
    picks: '4234234014204440400243034114020221003402304312222324444243142120442212020440332010100441324013240031',
  },
  {
    name: 'small Maglev with weights',
    config: { lbPolicy: 'MAGLEV', maglev: { tableSize: 1009 } },
    weighted: true,
    picks: '2333023422331131432022133332323233113023330131423322132132334324443113132223230131132334302343022332',
  },
  {
    name: 'ring over two priorities',
    config: { lbPolicy: 'RING_HASH' },
    priorities: true,
    picks: '0030303034200204300000002200000202003230000000020000004220000200002000030004004400004030002002300300',
  },
  {
    name: 'ring over two localities',
    config: { lbPolicy: 'RING_HASH', commonLb: { localityWeighted: true } },
    weighted: true,
    localities: true,
    picks: '1011321304110011140014202131111200113101301000001111100103110010210312104020111210030102130131131010',
  },
  {
    name: 'Maglev over two localities',
    config: { lbPolicy: 'MAGLEV', commonLb: { localityWeighted: true } },
    weighted: true,
    localities: true,
    picks: '0230031014104100100213004110010001003100303311221330014211102110000211020040330010100001304013210011',
  },
]

function localitiesOf(all: readonly Endpoint[], { priorities, localities }: Recorded): readonly LocalityEndpoints[] {
  const [first, second] = [all.slice(0, 2), all.slice(2)]
  if (priorities) (all[1] as Endpoint).healthy = false
  else if (!localities) return [{ priority: 0, weight: 0, endpoints: all }]
  return [
    { priority: 0, weight: localities ? 3 : 0, endpoints: first },
    { priority: priorities ? 1 : 0, weight: localities ? 1 : 0, endpoints: second },
  ]
}

test.each(recorded)('$name: every request goes where Envoy sends it', (one) => {
  const all = unequal.map(
    (weight, at) =>
      new Endpoint(
        { address: { address: '127.0.0.1', port: 23_001 + at }, loadBalancingWeight: one.weighted ? weight : 1 },
        { kind: 'raw-buffer' },
        0,
      ),
  )
  const balancer = new LoadBalancer({ name: 'c', type: 'STATIC', ...one.config }, localitiesOf(all, one), {
    random: createSeededRandom(1),
    monotonicMs: () => 0,
  })
  const picks = Array.from({ length: 100 }, (_, user) => all.indexOf(balancer.pick(xxHash64(`user-${user}`)) as Endpoint))
  expect(picks.join('')).toBe(one.picks)
})
