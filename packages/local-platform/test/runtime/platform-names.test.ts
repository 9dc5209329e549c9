import { describe, expect, it } from 'vitest'
import { platformNames } from '../../src/runtime/platform-names.js'

const service = (name: string, spec: object, namespace = 'shop') => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec,
})
const slice = (name: string, endpoints: object[], port = 8080, portName = 'http', namespace = 'shop') => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-${port}`, namespace, labels: { 'kubernetes.io/service-name': name } },
  ports: [{ name: portName, port }],
  endpoints,
})
const ready = (address: string) => ({ addresses: [address], conditions: { ready: true } })

describe('the names that the platform writes', () => {
  it('gives short names only inside the namespace', () => {
    const view = { services: [service('web', { clusterIP: '127.9.128.5', ports: [] })], endpointSlices: [] }
    expect(Object.keys(platformNames(view, 'shop').names)).toEqual(['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local'])
    expect(Object.keys(platformNames(view, 'other').names)).toEqual(['web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local'])
  })

  it('collects the ready endpoints of all slices by port name, and keeps a port without any', () => {
    const services = [
      service('web', {
        clusterIP: '127.9.128.5',
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 81 },
        ],
      }),
    ]
    const unready = { addresses: ['127.9.0.9'], conditions: { ready: false } }
    const endpointSlices = [
      slice('web', [ready('127.9.0.2'), unready]),
      slice('web', [ready('127.9.0.1')], 20_000),
      slice('other', [ready('127.9.0.7')]),
      slice('web', [ready('127.9.0.8')], 8080, 'http', 'elsewhere'),
    ]
    expect(platformNames({ services, endpointSlices }, 'shop').direct).toEqual({
      '127.9.128.5:80': ['127.9.0.1:20000', '127.9.0.2:8080'],
      '127.9.128.5:81': [],
    })
  })

  it('names the endpoints of a headless Service and leaves out one that is another name', () => {
    const services = [
      service('db', { clusterIP: 'None', ports: [{ port: 5432 }] }),
      service('alias', { type: 'ExternalName', externalName: 'example.com' }),
    ]
    const { names, direct } = platformNames({ services, endpointSlices: [slice('db', [ready('127.9.0.3')], 5432, '')] }, 'shop')
    expect(names['db']).toEqual(['127.9.0.3'])
    expect(names['alias']).toBeUndefined()
    expect(direct).toEqual({})
  })
})
