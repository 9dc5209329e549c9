import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isHeddleError } from '@heddle/base'
import { describe, expect, it } from 'vitest'
import { createPlatform } from '../../src/platform.js'
import { startHarness, temporaryFolder, types } from '../platform-harness.js'

describe('durability', () => {
  it('loses nothing that was acknowledged when the platform is killed', async () => {
    const stateDir = temporaryFolder()
    const script = fileURLToPath(new URL('write-until-killed.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', script, stateDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.split('\n').length > 300) child.kill('SIGKILL')
      })
      child.on('close', () => resolve())
    })
    const acknowledged = text.split('\n').slice(0, -1)
    expect(acknowledged.length).toBeGreaterThanOrEqual(300)

    const harness = await startHarness(stateDir)
    const { items } = await harness.client.list(types.configMaps, { namespace: 'default' })
    const kept = new Set(items.map(({ metadata }) => metadata.name))
    expect(acknowledged.filter((name) => !kept.has(name))).toEqual([])
    await harness.close()
  })

  it('comes back with the same objects, addresses, port, authority and token', async () => {
    const stateDir = temporaryFolder()
    const first = createPlatform({ stateDir, port: 0 })
    const before = await first.start()
    const spec = { ports: [{ port: 80 }], selector: { app: 'x' } }
    const service = await before.client.create(types.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kept', namespace: 'default' },
      spec,
    })
    await first.close()

    const again = await startHarness(stateDir)
    expect(again.access).toMatchObject({
      subnet: before.subnet,
      port: before.port,
      adminToken: before.adminToken,
      certificateAuthority: before.certificateAuthority,
    })
    expect(await again.client.get(types.services, 'kept', 'default')).toMatchObject({
      metadata: { uid: service.metadata.uid },
      spec: service['spec'] as object,
    })
    await again.close()
  })

  it('refuses a second platform on the same state and leaves the first alone', async () => {
    const harness = await startHarness()
    const second = createPlatform({ stateDir: harness.stateDir, port: 0 })
    const error = await second.start().catch((reason: unknown) => reason)
    expect(isHeddleError(error, 'HEDDLE_STATE_IN_USE')).toBe(true)
    expect((await harness.client.list(types.namespaces)).items.length).toBeGreaterThanOrEqual(2)
    await harness.close()
  })

  it('gives platforms side by side different subnets and ports', async () => {
    const [one, two] = await Promise.all([startHarness(), startHarness()])
    expect(one.access.subnet).not.toBe(two.access.subnet)
    expect(one.access.port).not.toBe(two.access.port)
    await Promise.all([one.close(), two.close()])
  })
})
