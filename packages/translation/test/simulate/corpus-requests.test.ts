/**
 * Requests through the configuration that a real istiod made of the corpus, with what becomes of them: worked out by hand from
 * istiod's listeners, routes and clusters (the goldens hold ours to those).
 */
import { describe, expect, it } from 'vitest'
import { simulate, simulationText, type SimulatedRequest, type Simulation } from '../../src/simulate.js'
import { corpusIsPresent, loadScenario } from '../corpus.js'

/** The outcome in one line: backends with shares, else the answer. */
function outline({ outcome, rule }: Simulation): string {
  const by = rule === undefined ? '' : ` by ${rule.resource.name} ${rule.path}`
  switch (outcome.kind) {
    case 'redirect':
      return `${outcome.status} ${outcome.location}${by}`
    case 'direct-response':
      return `${outcome.status}${by}`
    case 'refused':
      return `refused ${outcome.status}`
    case 'tcp':
    case 'forwarded': {
      const backends = outcome.backends.map(
        ({ cluster, share, endpoints }) => `${share}% ${cluster} (${endpoints.map(({ address, port }) => `${address}:${port}`).join(' ')})`,
      )
      const how = outcome.kind === 'forwarded' ? ` as ${outcome.authority}${outcome.path}` : ''
      return `${outcome.kind} ${backends.join(' + ')}${how}${by}`
    }
  }
}

type Row = readonly [request: SimulatedRequest, wanted: string]

const echoV1 = '(10.1.0.10:8080 10.1.0.11:8080)'
const echoV2 = '(10.1.0.13:8080)'
const echoHost = 'echo.default.svc.cluster.local'
const sleep = { from: 'sleep' }

const traffic: readonly Row[] = [
  [{ ...sleep, url: 'http://echo:8000/' }, `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:8000/ by echo spec.http[7]`],
  [
    { ...sleep, url: 'http://echo:8000/api/1', headers: { 'X-Canary': '1' } },
    `forwarded 100% outbound|8000|v2|${echoHost} ${echoV2} as echo:8000/api/1 by echo spec.http[0].match[0]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/api/1', headers: { 'x-canary': '2' } },
    `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:8000/api/1 by echo spec.http[7]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/x', headers: { cookie: 'a=b; user=beta' } },
    `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:8000/x by echo spec.http[7]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/x', headers: { cookie: 'a=b;user=beta' } },
    `forwarded 100% outbound|8000|v2|${echoHost} ${echoV2} as echo:8000/x by echo spec.http[0].match[1]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/x', method: 'POST', headers: { cookie: 'user=beta' } },
    `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:8000/x by echo spec.http[7]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/x?debug=true' },
    `forwarded 100% outbound|8000|v2|${echoHost} ${echoV2} as echo:8000/x?debug=true by echo spec.http[0].match[2]`,
  ],
  [
    { from: 'echo-v1', url: 'http://echo:8000/x?debug=true' },
    `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:8000/x?debug=true by echo spec.http[7]`,
  ],
  [
    { ...sleep, url: 'http://echo.default:8000/OLD/a' },
    `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo.internal/new/a by echo spec.http[1].match[0]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/v2/items/pear?x=1' },
    `forwarded 100% outbound|8000||${echoHost} (10.1.0.10:8080 10.1.0.11:8080 10.1.0.13:8080) as echo:8000/items/pear?x=1 by echo spec.http[2].match[0]`,
  ],
  [{ ...sleep, url: 'http://echo:8000/go' }, '308 https://other.example:8443/gone by echo spec.http[3].match[0]'],
  [{ ...sleep, url: 'http://echo:8000/teapot' }, '418 by echo spec.http[4].match[0]'],
  [
    { ...sleep, url: 'http://echo:8000/teapot/' },
    `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:8000/teapot/ by echo spec.http[7]`,
  ],
  [
    { ...sleep, url: 'http://echo:8000/mirror' },
    `forwarded 70% outbound|8000|v1|${echoHost} ${echoV1} + 30% outbound|8000|v2|${echoHost} ${echoV2} as echo:8000/mirror by echo spec.http[6].match[0]`,
  ],
  [{ ...sleep, url: 'http://echo:9000/go' }, '308 https://other.example:8443/gone by echo spec.http[3].match[0]'],
  [{ ...sleep, url: 'http://echo:9000/' }, `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:9000/ by echo spec.http[7]`],
  [{ ...sleep, url: 'http://echo:6000/' }, `forwarded 100% outbound|8000|v1|${echoHost} ${echoV1} as echo:6000/ by echo spec.http[7]`],
  [{ ...sleep, url: 'tcp://echo:6000' }, `tcp 100% outbound|6000||${echoHost} (10.1.0.10:6060 10.1.0.11:6060 10.1.0.13:6060)`],
  [
    { ...sleep, url: 'tcp://echo:7000' },
    `tcp 80% outbound|7000|v1|${echoHost} (10.1.0.10:7070 10.1.0.11:7070) + 20% outbound|7000|v2|${echoHost} (10.1.0.13:7070) by echo spec.tcp[0]`,
  ],
  [
    { ...sleep, url: 'http://echo-headless:8000/' },
    'forwarded 100% outbound|8000||echo-headless.default.svc.cluster.local (10.1.0.10:8000) as echo-headless:8000/',
  ],
  [{ ...sleep, url: 'http://unknown.example:8000/' }, 'forwarded 100% PassthroughCluster () as unknown.example:8000/'],
  [{ ...sleep, url: 'https://unknown.example/' }, 'tcp 100% PassthroughCluster ()'],
]

const hello = 'helloworld.default.svc.cluster.local'
const gateway = { from: 'gateway' }

const gatewayTls: readonly Row[] = [
  [{ ...gateway, url: 'http://shop.example/api/x?y' }, '301 https://shop.example/api/x?y'],
  [
    { ...gateway, url: 'http://other.example/' },
    `forwarded 100% outbound|80||${hello} (10.1.0.10:8080) as other.example/ by helloworld spec.http[0]`,
  ],
  [
    { ...gateway, url: 'https://shop.example/api/x' },
    `forwarded 100% outbound|80||${hello} (10.1.0.10:8080) as shop.example/api/x by shop spec.http[0].match[0]`,
  ],
  [{ ...gateway, url: 'https://shop.example/' }, '301 https://shop.example/api/hello by shop spec.http[1].match[0]'],
  [{ ...gateway, url: 'https://shop.example/else' }, 'refused 404'],
  [
    { ...gateway, url: 'https://api.example/api' },
    `forwarded 100% outbound|80||${hello} (10.1.0.10:8080) as api.example/api by shop spec.http[0].match[0]`,
  ],
  [{ ...gateway, url: 'tls://raw.example' }, `tcp 100% outbound|80||${hello} (10.1.0.10:8080) by raw spec.tls[0]`],
  [{ ...gateway, url: 'tls://a.wild.example' }, `tcp 100% outbound|80||${hello} (10.1.0.10:8080) by raw spec.tls[1]`],
  [{ ...gateway, url: 'tls://wild.example' }, 'refused 0'],
  [{ ...gateway, url: 'http://shop.example:9999/' }, 'refused 0'],
  [{ ...gateway, url: 'https://shop.example/', sni: 'api.example' }, 'refused 421'],
]

const egress: readonly Row[] = [
  [
    { ...sleep, url: 'http://api.ext.example/v1' },
    'forwarded 100% outbound|80||api.ext.example (api.ext.example:443) as api.ext.example/v1',
  ],
  [{ ...sleep, url: 'https://api.ext.example/' }, 'tcp 100% outbound|443||api.ext.example (api.ext.example:443)'],
  [{ ...sleep, url: 'https://en.wiki.example/' }, 'tcp 100% outbound|443||*.wiki.example ()'],
  [{ ...sleep, url: 'https://elsewhere.example/' }, 'tcp 100% BlackHoleCluster ()'],
  [{ ...sleep, url: 'http://elsewhere.example/' }, '502'],
  [{ ...sleep, url: 'http://elsewhere.example:8080/' }, 'tcp 100% BlackHoleCluster ()'],
  [{ ...sleep, url: 'tcp://db.internal:5432' }, 'tcp 100% outbound|5432||db.internal (10.9.0.1:5432 10.9.0.2:15432)'],
  [{ ...sleep, url: 'http://sleep/' }, 'forwarded 100% outbound|80||sleep.default.svc.cluster.local (10.1.0.10:80) as sleep/'],
]

const reviews = 'reviews.default.svc.cluster.local'
const bookinfo: readonly Row[] = [
  [
    { from: 'productpage', url: 'http://reviews:9080/' },
    `forwarded 100% outbound|9080|v1|${reviews} (REVIEWS-v1) as reviews:9080/ by reviews spec.http[1]`,
  ],
  [
    { from: 'productpage', url: 'http://reviews:9080/', headers: { 'end-user': 'jason' } },
    `forwarded 100% outbound|9080|v2|${reviews} (REVIEWS-v2) as reviews:9080/ by reviews spec.http[0].match[0]`,
  ],
  [
    { from: 'reviews', url: 'http://ratings:9080/1', headers: { 'end-user': 'jason' } },
    'forwarded 100% outbound|9080|v1|ratings.default.svc.cluster.local (RATINGS-v1) as ratings:9080/1 by ratings spec.http[0].match[0]',
  ],
  [
    { ...gateway, url: 'http://anything:8080/productpage' },
    'forwarded 100% outbound|9080||productpage.default.svc.cluster.local (PRODUCTPAGE-v1) as anything:8080/productpage by bookinfo spec.http[0].match[0]',
  ],
  [
    { ...gateway, url: 'http://anything:8080/static/a.css' },
    'forwarded 100% outbound|9080||productpage.default.svc.cluster.local (PRODUCTPAGE-v1) as anything:8080/static/a.css by bookinfo spec.http[0].match[1]',
  ],
  [{ ...gateway, url: 'http://anything:8080/productpage/' }, 'refused 404'],
]

const canary: readonly Row[] = [
  [
    { ...gateway, url: 'http://localhost/api/hello' },
    `forwarded 90% outbound|80|v1|${hello} (10.1.0.10:8080) + 10% outbound|80|v2|${hello} (10.1.0.11:8080) as localhost/api/hello by helloworld spec.http[0]`,
  ],
  [
    { ...sleep, url: 'http://helloworld/api/hello' },
    `forwarded 100% outbound|80||${hello} (10.1.0.10:8080 10.1.0.11:8080) as helloworld/api/hello`,
  ],
]

const tables: Readonly<Record<string, readonly Row[]>> = {
  traffic,
  'gateway-tls': gatewayTls,
  'tcp-egress': egress,
  bookinfo,
  'article-canary': canary,
}

describe.skipIf(!corpusIsPresent)('requests through the corpus (skipped without ../shared/corpus)', () => {
  for (const [name, rows] of corpusIsPresent ? Object.entries(tables) : []) {
    const { snapshot } = loadScenario(name)
    const addresses = new Map(
      snapshot.pods.map((pod) => [
        `${pod.metadata.labels?.['app'] ?? ''}-${pod.metadata.labels?.['version'] ?? ''}`.toUpperCase(),
        pod.status?.podIP ?? '',
      ]),
    )
    const filled = (text: string): string =>
      text.replaceAll(/\(([A-Z]+-v\d)\)/g, (_all, key: string) => `(${addresses.get(key.toUpperCase()) ?? ''}:9080)`)
    it.each(rows.map(([request, wanted]) => [`${request.method ?? 'GET'} ${request.url} from ${request.from}`, request, wanted] as const))(
      `${name}: %s`,
      (_name, request, wanted) => {
        const simulation = simulate(snapshot, request)
        expect(outline(simulation), simulationText(simulation)).toBe(filled(wanted))
      },
    )
  }

  it('STRICT takes what a sidecar sends and not what others send', () => {
    const { snapshot } = loadScenario('article-canary')
    const verdicts = (from: string): readonly unknown[] => {
      const { outcome } = simulate(snapshot, { from, url: 'http://helloworld/' })
      if (!('backends' in outcome)) throw new Error(outcome.kind)
      return outcome.backends.flatMap(({ endpoints }) =>
        endpoints.map(({ inbound }) => [inbound?.accepted, inbound?.mode, inbound?.policy]),
      )
    }
    expect(verdicts('sleep')).toEqual([
      [true, 'STRICT', 'istio-system/default'],
      [true, 'STRICT', 'istio-system/default'],
    ])
    expect(verdicts('outside')).toEqual([
      [false, 'STRICT', 'istio-system/default'],
      [false, 'STRICT', 'istio-system/default'],
    ])
  })
})
