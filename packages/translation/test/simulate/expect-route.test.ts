import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifestSnapshot, simulate, simulationText } from '../../src/simulate.js'
import { expectRoute, type RouteExpectation } from '../../src/testing.js'

const folder = join(import.meta.dirname, '../..')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')
const [, example = ''] = /```js\n([\s\S]*?)```/.exec(readme) ?? []
const [, mesh = ''] = /const mesh = `([\s\S]*?)`/.exec(example) ?? []

const ask = (path: string, from = 'web', more = ''): RouteExpectation =>
  expectRoute(`${mesh}${more}`, { from, url: `http://helloworld${path}` })

describe('expectRoute', () => {
  it('holds what the README says, without a test runner', () => {
    const run = (code: string): { readonly status: number | null; readonly stderr: string } =>
      spawnSync(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', '--input-type=module', '-e', code], {
        cwd: folder,
        encoding: 'utf8',
      })
    const good = run(example)
    expect({ status: good.status, stderr: good.stderr }).toEqual({ status: 0, stderr: '' })
    const bad = run(example.replace("toReach('helloworld:80/v2')", "toReach('helloworld:80/v1')"))
    expect(bad.status).toBe(1)
    expect(bad.stderr).toContain('expected that helloworld:80/v1 gets 100% of the requests, but:')
    expect(bad.stderr).toContain('VirtualService default/helloworld spec.http[0].match[0]')
  })

  it.each<readonly [string, () => unknown]>([
    ['another share', () => ask('/').toReach('helloworld/v1')],
    ['a backend that is not listed', () => ask('/').toSplit({ 'helloworld/v1': 90 })],
    ['another rule', () => ask('/').toMatch('spec.http[0]')],
    ['a rule of another resource', () => ask('/beta').toMatch('spec.http[0]', 'default/other')],
    ['a redirect', () => ask('/').toRedirect('https://helloworld/')],
    ['an answer', () => ask('/').toAnswer(404)],
    ['another timeout', () => ask('/beta').toTimeOutAfter(1)],
    ['a destination that is not known to accept', () => ask('/').toBeAccepted()],
    ['a destination that is not known to refuse', () => ask('/').toBeRefused()],
  ])('%s is told with the whole explanation', (_name, expectation) => {
    expect(expectation).toThrow(/^expected that [^]*Backend/)
  })

  it('sees a STRICT destination refuse a client without a sidecar', () => {
    const strict = `---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: helloworld}
spec: {template: {metadata: {labels: {app: helloworld, version: v1}}, spec: {containers: [{name: app}]}}}
`
    ask('/', 'outside', strict).toBeRefused()
    ask('/', 'helloworld', strict).toBeAccepted()
  })
})

describe('simulate', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: { selector: { app: 'a' }, ports: [{ name: 'http', port: 80 }] },
  }

  it('says that a service is hidden by a Sidecar', () => {
    const sidecar = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'none' },
      spec: { egress: [{ hosts: ['~/*'] }] },
    }
    const { notes } = simulate(manifestSnapshot([service, sidecar]), { from: 'web', url: 'http://a/' })
    expect(notes).toEqual([expect.stringContaining('hidden from namespace default by Sidecar default/none')])
  })

  it('knows no other hosts for the routes that only gateways have, and says which was meant', () => {
    const route = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'front' },
      spec: { hosts: ['*'], gateways: ['front'], http: [{ route: [{ destination: { host: 'a' } }] }] },
    }
    const longer = { ...service, metadata: { name: 'reviews' } }
    const ask = (url: string) => simulate(manifestSnapshot([service, longer, route]), { from: 'web', url })
    expect(() => ask('http://review/')).toThrow('there is no service "review"; did you mean "reviews"?')
    expect(ask('http://reviews.defalt/').notes).toEqual(['"reviews.defalt" is no host of the mesh; did you mean "reviews.default"?'])
  })

  it('says why mutual TLS fails where nobody opens it', () => {
    const rule = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'a' },
      spec: { host: 'a', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
    }
    const template = { metadata: { labels: { app: 'a', 'sidecar.istio.io/inject': 'false' } }, spec: { containers: [{ name: 'app' }] } }
    const plain = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { template } }
    const text = simulationText(simulate(manifestSnapshot([service, rule, plain]), { from: 'a', url: 'http://a/' }))
    expect(text).toContain('mutual TLS: DestinationRule default/a says ISTIO_MUTUAL')
    expect(text).toContain('REFUSED: there is no sidecar that opens mutual TLS')
  })

  it.each(['ftp://a/', 'http://', 'http://a:0/', 'http://a:99999/', 'tcp://a', 'http://a b/'])('refuses %j as a URL', (url) => {
    expect(() => simulate(manifestSnapshot([service]), { from: 'web', url })).toThrow(
      expect.objectContaining({ code: 'HEDDLE_TRANSLATION_REQUEST' }),
    )
  })
})
