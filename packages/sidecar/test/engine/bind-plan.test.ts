import type { PodContract } from '@heddle/client'
import type { Cluster, LbEndpoint, Listener } from '@heddle/routing'
import { describe, expect, it } from 'vitest'
import { createBindPlan, declaredPortsOf } from '../../src/engine/bind-plan.js'

const pod: PodContract = {
  root: '/pod',
  podIp: '127.5.0.2',
  appAddress: '127.5.0.3',
  isInjected: true,
  portMap: { 80: 20_080, 8080: 21_080 },
  namesPath: undefined,
  platformNamesPath: undefined,
  externalAddress: undefined,
  workloadSocketPath: undefined,
  keptPath: undefined,
}
const plan = createBindPlan({ pod, token: 'secret', declaredPorts: [9000, 8080, 15020] })
const listener = (fields: Partial<Listener>): Listener => ({
  name: 'listener',
  address: { address: '0.0.0.0', port: 80 },
  trafficDirection: 'outbound',
  filterChains: [],
  ...fields,
})
const endpoint = (address: string, port: number): LbEndpoint => ({ address: { address, port } }) as LbEndpoint
const cluster = (fields: Partial<Cluster>): Cluster => ({ name: 'outbound|80||web', type: 'EDS', ...fields })

describe('a listener', () => {
  it('that iptables would lead outbound connections to is 15001 and 15002, with the Pod’s token', () => {
    expect(plan.bind(listener({ useOriginalDst: true }))).toEqual([
      { address: '127.5.0.2', port: 15001, original: { kind: 'proxy-v2', token: 'secret' } },
      { address: '127.5.0.2', port: 15002, original: { kind: 'http-proxy', token: 'secret' } },
    ])
  })

  it('that iptables would lead inbound connections to is every port of the Pod but the proxy’s own', () => {
    const inbound = listener({
      trafficDirection: 'inbound',
      listenerFilters: [{ kind: 'original-dst' }],
      filterChains: [{ match: { destinationPort: 80 }, filters: [] }],
    })
    expect(plan.bind(inbound).map(({ port, original }) => [port, original])).toEqual([
      [20_080, { kind: 'fixed', address: '127.5.0.2', port: 80 }],
      [21_080, { kind: 'fixed', address: '127.5.0.2', port: 8080 }],
      [9000, { kind: 'fixed', address: '127.5.0.2', port: 9000 }],
    ])
  })

  it('that is not bound to a port is not bound', () => {
    expect(plan.bind(listener({ bindToPort: false }))).toEqual([])
  })

  it('of a gateway is bound inside and outside of the mesh', () => {
    const gateway = createBindPlan({ pod: { ...pod, externalAddress: '127.0.0.1' }, token: '', declaredPorts: [] })
    expect(gateway.bind(listener({})).map(({ address, port }) => `${address}:${port}`)).toEqual(['127.5.0.2:20080', '127.0.0.1:20080'])
  })
})

describe('a connection', () => {
  it.each(['inbound|80||', 'InboundPassthroughCluster'])('of %s goes to the application, from 127.0.0.6', (name) => {
    expect(plan.dial(cluster({ name }), endpoint('0.0.0.0', 80))).toEqual({ host: '127.5.0.3', port: 20_080, localAddress: '127.0.0.6' })
  })

  it('inside the mesh comes from the Pod’s address; one that leaves it comes from anywhere', () => {
    expect(plan.dial(cluster({}), endpoint('127.5.0.9', 80))).toEqual({ host: '127.5.0.9', port: 80, localAddress: '127.5.0.2' })
    expect(plan.dial(cluster({}), endpoint('192.0.2.1', 80))).toEqual({ host: '192.0.2.1', port: 80 })
  })
})

describe('the declared ports', () => {
  it('are the Pod’s TCP ports', () => {
    const ports = '[{"containerPort":80},{"containerPort":53,"protocol":"UDP"},{"containerPort":90,"protocol":"TCP"}]'
    expect(declaredPortsOf({ POD_PORTS: ports })).toEqual([80, 90])
  })

  it.each([undefined, '', 'garbage', '{}', 'null', 7])('are none for %j', (text) => {
    expect(declaredPortsOf({ POD_PORTS: text })).toEqual([])
  })
})
