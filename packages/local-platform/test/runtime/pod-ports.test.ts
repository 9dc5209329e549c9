import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createPodAddresses } from '../../src/runtime/pod-addresses.js'
import { createPodLeases, isInjectedPod } from '../../src/runtime/pod-leases.js'
import { choosePorts } from '../../src/runtime/pod-ports.js'
import type { Pod } from '../../src/runtime/pod.js'

const address = `127.${16 + (process.pid % 200)}.77.1`
const nothingReserved = (): boolean => false

describe('the ports of a Pod', () => {
  it('keeps free ports, moves those below 1024, and leaves the proxy its own', async () => {
    const map = await choosePorts({ declaredPorts: [8080, 80, 15021, 443, 8080], addresses: [address], isReserved: nothingReserved })
    expect(Object.keys(map)).toEqual(['80', '443', '8080'])
    expect(map['8080']).toBe(8080)
    expect(map['80']).toBeGreaterThanOrEqual(20_000)
    expect(map['443']).toBeGreaterThan(map['80'] as number)
  })

  it('moves a port that another program holds on all addresses', async () => {
    const holder = createServer().listen(0, '0.0.0.0')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    const map = await choosePorts({ declaredPorts: [port], addresses: [address], isReserved: nothingReserved })
    expect(map[String(port)]).not.toBe(port)
    holder.close()
  })

  it('moves a port that another Pod holds outside the mesh', async () => {
    const isReserved = (at: string, port: number): boolean => at === '127.0.0.1' && port === 28_080
    const map = await choosePorts({ declaredPorts: [28_080], addresses: [address, '127.0.0.1'], isReserved })
    expect(map['28080']).not.toBe(28_080)
  })
})

describe('the addresses of Pods', () => {
  it('come from the lower half, never twice, without network and broadcast numbers', () => {
    const addresses = createPodAddresses(9)
    const leased = Array.from({ length: 600 }, () => addresses.lease())
    expect(new Set(leased).size).toBe(600)
    expect(leased[0]).toBe('127.9.0.1')
    expect(leased.every((one) => /^127\.9\.(\d|[1-9]\d|1[01]\d|12[0-7])\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$/.test(one))).toBe(true)
  })

  it('rest before they are used again, skip recorded ones, and run out with an error', () => {
    const addresses = createPodAddresses(9)
    addresses.reserve('127.9.0.2')
    expect(addresses.lease()).toBe('127.9.0.3')
    addresses.release('127.9.0.3')
    expect(addresses.lease()).toBe('127.9.0.4')
    expect(() => {
      for (let count = 0; count < 40_000; count++) addresses.lease()
    }).toThrow('no Pod address is left in 127.9.0.0/17')
  })
})

describe('a lease', () => {
  const pod = (spec: object, metadata: object = {}): Pod =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'p' }, ...metadata },
      spec,
    }) as unknown as Pod
  const proxy = (args: readonly string[]) => ({ name: 'istio-proxy', args, ports: [{ containerPort: 15_090 }] })

  it('gives an injected Pod an app address and a gateway one outside the mesh', async () => {
    const leases = createPodLeases(16 + (process.pid % 200), '127.0.0.1')
    const app = { name: 'app', ports: [{ containerPort: 29_081 }] }
    const injected = await leases.acquire(pod({ containers: [app], initContainers: [proxy(['proxy', 'sidecar'])] }), undefined, [])
    expect(injected.appAddress).not.toBe(injected.podIp)
    expect(injected.portMap).toEqual({ '29081': 29_081 })
    const gateway = await leases.acquire(
      pod({ containers: [{ ...proxy(['proxy', 'router']), ports: [{ containerPort: 29_082 }] }] }),
      undefined,
      [],
    )
    expect(gateway).toMatchObject({ appAddress: gateway.podIp, externalAddress: '127.0.0.1', portMap: { '29082': 29_082 } })
    const second = pod({ containers: [{ ...proxy(['proxy', 'router']), ports: [{ containerPort: 29_082 }] }] }, { uid: 'v' })
    expect((await leases.acquire(second, undefined, [])).portMap['29082']).not.toBe(29_082)
  })

  it('gives replicas of a gateway one port outside the mesh, until the last of them is gone', async () => {
    const leases = createPodLeases(16 + (process.pid % 200), '127.0.0.1')
    const gateway = (uid: string, app = 'p'): Pod =>
      pod(
        { containers: [{ ...proxy(['proxy', 'router']), ports: [{ containerPort: 29_083 }, { containerPort: 443 }] }] },
        { uid, labels: { app } },
      )
    const services = [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's', namespace: 'n' },
        spec: { selector: { app: 'p' }, ports: [{ port: 443 }] },
      },
    ]
    const lease = (one: Pod) => leases.acquire(one, undefined, services)
    const [first, second, stranger] = await Promise.all([lease(gateway('a')), lease(gateway('b')), lease(gateway('c', 'other'))])
    expect(second).toMatchObject({ externalAddress: '127.0.0.1', portMap: first.portMap })
    expect(second.podIp).not.toBe(first.podIp)
    expect(Object.values(stranger.portMap)).not.toContain(first.portMap['443'])
    leases.release(first)
    expect((await lease(gateway('d', 'other'))).portMap['29083']).not.toBe(29_083)
    expect((await lease(gateway('e'))).portMap).toEqual(first.portMap)
    for (const uid of ['b', 'e']) leases.release({ ...second, uid })
    expect((await lease(gateway('f', 'other'))).portMap['29083']).toBe(29_083)
    leases.close()
  })

  it('covers target ports of Services that the Pod does not declare', async () => {
    const leases = createPodLeases(16 + (process.pid % 200), '127.0.0.1')
    const service = (selector: object) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'n' },
      spec: { selector, ports: [{ port: 80 }, { port: 81, targetPort: 'named' }] },
    })
    const record = await leases.acquire(pod({ containers: [{ name: 'app' }] }), undefined, [
      service({ app: 'p' }),
      service({ app: 'other' }),
      service({}),
    ])
    expect(Object.keys(record.portMap)).toEqual(['80'])
  })

  it('knows an injected Pod by its mark or its container', () => {
    expect(isInjectedPod(pod({ containers: [{ name: 'a' }] }, { annotations: { 'sidecar.istio.io/status': '{}' } }))).toBe(true)
    expect(isInjectedPod(pod({ containers: [{ name: 'a' }, proxy(['proxy', 'sidecar'])] }))).toBe(true)
    expect(isInjectedPod(pod({ containers: [proxy(['proxy', 'router'])] }, { annotations: { 'sidecar.istio.io/status': '{}' } }))).toBe(
      false,
    )
    expect(isInjectedPod(pod({ containers: [{ name: 'a' }] }))).toBe(false)
  })
})
