/** The client of @heddle/client against a real control plane; here, since the client must not depend on the control plane. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLogger } from '@heddle/base/testing'
import { createMeshClient, type MeshClient } from '@heddle/client'
import type { ProxyConfig } from '@heddle/routing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeControlPlane, fakeToken, type FakeControlPlane } from '../../src/testing.js'
import { node, service, slice } from '../mesh-objects.js'

let controlPlane: FakeControlPlane
let stateDir: string
const open: MeshClient[] = []
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'heddle-mesh-client-'))
  controlPlane = await createFakeControlPlane({ objects: [service('web'), slice('web', '10.0.0.1')] })
})
afterEach(async () => {
  for (const client of open.splice(0)) client.close()
  await controlPlane.close()
  rmSync(stateDir, { recursive: true, force: true })
})

function harness(apply: (config: ProxyConfig) => Promise<void> = async () => undefined) {
  const configs: ProxyConfig[] = []
  const names: string[][] = []
  const logger = createMemoryLogger()
  const client = createMeshClient(
    {
      discovery: () => controlPlane.address,
      node: node(),
      spiffeId: 'spiffe://cluster.local/ns/default/sa/default',
      trustDomain: 'cluster.local',
      token: () => fakeToken('default', 'default'),
      root: () => controlPlane.rootsPem(),
      stateDir,
      onConfig: async (config) => {
        await apply(config)
        configs.push(config)
      },
      onNameTable: (table) => names.push(Object.keys(table)),
    },
    { logger },
  )
  open.push(client)
  return { client, configs, names, logger }
}

const webCluster = 'outbound|80||web.default.svc.cluster.local'
const addressesOf = (config: ProxyConfig | undefined): readonly string[] =>
  config?.endpoints
    .filter(({ clusterName }) => clusterName === webCluster)
    .flatMap(({ localities }) => localities.flatMap(({ endpoints }) => endpoints.map(({ address }) => address.address))) ?? []
const until = (check: () => unknown) => expect.poll(check, { interval: 5, timeout: 5000 })
const states = async (): Promise<readonly string[]> => {
  const page = await fetch(`http://127.0.0.1:${controlPlane.ports.monitoring}/debug/syncz`)
  const proxies = (await page.json()) as { types: Record<string, { state: string; error?: string }> }[]
  return proxies.flatMap(({ types }) => Object.entries(types).map(([type, { state, error }]) => `${type} ${error ?? state}`))
}

describe('a workload', () => {
  it('gets an identity, its configuration and the names, and is SYNCED in everything', async () => {
    const { client, configs, names } = harness()
    await client.start()
    await until(() => addressesOf(configs.at(-1))).toEqual(['10.0.0.1'])
    await until(() => names.at(-1)).toContain('web.default.svc.cluster.local')
    await until(async () => (await states()).toSorted()).toEqual(['CDS SYNCED', 'EDS SYNCED', 'LDS SYNCED', 'NDS SYNCED', 'RDS SYNCED'])
    expect(client.isConnected).toBe(true)
  })

  it('follows changes', async () => {
    const { client, configs } = harness()
    await client.start()
    await until(() => addressesOf(configs.at(-1))).toEqual(['10.0.0.1'])
    controlPlane.api.apply(slice('web', '10.0.0.2'))
    await until(() => addressesOf(configs.at(-1))).toEqual(['10.0.0.2'])
  })

  it('refuses with its reason what it cannot apply, and the control plane shows it', async () => {
    const { client } = harness(async () => {
      throw new Error('port 80 is taken')
    })
    await client.start()
    await until(async () => (await states()).filter((state) => state.includes('port 80'))).toContain('LDS port 80 is taken')
  })
})

describe('when the control plane goes away', () => {
  it('it comes back within seconds, with nothing to transfer', async () => {
    const { client, configs } = harness()
    await client.start()
    await until(() => configs.length).toBeGreaterThan(0)
    await until(async () => (await states()).every((state) => state.endsWith('SYNCED'))).toBe(true)
    await controlPlane.stop()
    await until(() => client.isConnected).toBe(false)
    await controlPlane.restart()
    await until(
      async () => client.isConnected && (await states()).length === 5 && (await states()).every((state) => state.endsWith('SYNCED')),
    ).toBe(true)
    expect(addressesOf(configs.at(-1))).toEqual(['10.0.0.1'])
  })

  it('a restarted workload serves what was good last, without it', async () => {
    const first = harness()
    await first.client.start()
    await until(() => addressesOf(first.configs.at(-1))).toEqual(['10.0.0.1'])
    await until(() => first.names.length).toBeGreaterThan(0)
    first.client.close()
    await controlPlane.stop()
    for (const file of ['identity.json', 'last-good-config.json']) expect(statSync(join(stateDir, file)).mode & 0o777).toBe(0o600)
    const second = harness()
    await second.client.start()
    expect(addressesOf(second.configs.at(-1))).toEqual(['10.0.0.1'])
    expect(second.names.at(-1)).toContain('web.default.svc.cluster.local')
    expect(second.client.isConnected).toBe(false)
    await controlPlane.restart()
    await until(() => second.client.isConnected).toBe(true)
  })

  it('a last good configuration that is refused does not end the workload', async () => {
    const first = harness()
    await first.client.start()
    await until(() => addressesOf(first.configs.at(-1))).toEqual(['10.0.0.1'])
    first.client.close()
    await controlPlane.stop()
    const second = harness(async () => {
      throw new Error('port 80 is taken')
    })
    await second.client.start()
    expect(second.logger.records.map(({ message }) => message)).toContain(
      'the last good configuration was refused; waiting for the control plane',
    )
    await controlPlane.restart()
  })

  it('a spoilt file is said and not used', async () => {
    const first = harness()
    await first.client.start()
    await until(() => first.configs.length).toBeGreaterThan(0)
    first.client.close()
    writeFileSync(join(stateDir, 'last-good-config.json'), 'garbage')
    const second = harness()
    await second.client.start()
    expect(second.logger.records.map(({ message }) => message)).toContain('the last good configuration cannot be used')
    await until(() => addressesOf(second.configs.at(-1))).toEqual(['10.0.0.1'])
  })

  it('never has a token in the log', async () => {
    await controlPlane.stop()
    const { client, logger } = harness()
    const stop = new AbortController()
    const started = client.start(stop.signal)
    await until(() => logger.records.length).toBeGreaterThan(1)
    stop.abort(new Error('enough'))
    await expect(started).rejects.toThrow('enough')
    expect(JSON.stringify(logger.records)).not.toContain('fake:')
    await controlPlane.restart()
  })
})
