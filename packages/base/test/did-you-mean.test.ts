import { expect, it } from 'vitest'
import { nearest } from '../src/did-you-mean.js'

it.each([
  ['rout', ['match', 'route', 'rewrite'], 'route'],
  ['HOSTS', ['host', 'hosts'], 'hosts'],
  ['load_balancer', ['loadBalancer', 'tls'], 'loadBalancer'],
  ['gatewyas', ['gateways', 'gateway'], 'gateways'],
  ['xyz', ['route', 'match'], undefined],
  ['get', ['delete', 'logs'], undefined],
  ['', ['a'], 'a'],
])('for %j among %j it means %j', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant)
})

it('takes no longer for a long word', () => {
  expect(nearest('r'.repeat(1_000_000), ['route'])).toBeUndefined()
})
