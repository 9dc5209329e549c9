/** Golden tests: what we encode for every proxy is, as protojson, what a real istiod sent it. */
import { describe, expect, it } from 'vitest'
import { encode, toJson } from '@heddle/xds'
import { translate } from '../src/index.js'
import { isAccepted, withoutAcceptedFilters } from './accepted-differences.js'
import { corpusIsPresent, loadScenario, type Json, type Scenario } from './corpus.js'
import { resourceDifferences, type Difference } from './json-difference.js'

const scenarios = ['article-v1', 'article-canary', 'bookinfo', 'traffic', 'gateway-tls', 'tcp-egress', 'security']

function differences(name: string, scenario: Scenario, folder: string): readonly Difference[] {
  const proxy = scenario.proxies.find((candidate) => candidate.folder === folder)
  if (proxy === undefined) throw new Error(`${name} has no proxy ${folder}`)
  const resources = encode(translate(scenario.snapshot, proxy.node).config, 'istio')
  const json = (list: Parameters<typeof toJson>[0][]): readonly Json[] => list.map((resource) => toJson(resource) as Json)
  return [
    ...resourceDifferences('listeners', json([...resources.listeners]), withoutAcceptedFilters(name, proxy.golden.listeners)),
    ...resourceDifferences('routes', json([...resources.routeConfigurations]), proxy.golden.routes),
    ...resourceDifferences('clusters', json([...resources.clusters]), proxy.golden.clusters),
    ...resourceDifferences('endpoints', json([...resources.endpoints]), proxy.golden.endpoints),
  ].filter((difference) => !isAccepted(name, difference))
}

describe.skipIf(!corpusIsPresent)('the configuration that a real istiod sent (skipped without ../shared/corpus)', () => {
  for (const name of corpusIsPresent ? scenarios : []) {
    const scenario = loadScenario(name)
    it.each(scenario.proxies.map((proxy) => proxy.folder))(`${name}: %s differs in nothing that is not accepted`, (folder) => {
      expect(differences(name, scenario, folder)).toEqual([])
    })
    it(`${name}: every resource does what it says`, () => {
      for (const proxy of scenario.proxies) expect(translate(scenario.snapshot, proxy.node).issues).toEqual([])
    })
  }
})
