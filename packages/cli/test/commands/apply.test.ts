import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configMap, type Platform, service, startPlatform, temporaryFolder, types } from '../cli.fixture.js'

describe('apply', () => {
  let mesh: Platform
  beforeAll(async () => {
    mesh = await startPlatform()
  })
  afterAll(() => mesh?.close())

  const apply = (input: string, ...flags: readonly string[]) => mesh.cliWith({ input }, 'apply', '-f', '-', ...flags)
  const dataOf = async (name: string, namespace = 'default') => (await mesh.client.get(types.configMaps, name, namespace))?.['data']

  it('creates, leaves alone and changes, in the words of kubectl', async () => {
    expect(await apply(service('words'))).toEqual({ code: 0, stdout: 'service/words created\n', stderr: '' })
    expect((await apply(service('words'))).stdout).toBe('service/words unchanged\n')
    expect((await apply(service('words').replace('port: 80,', 'port: 81,'))).stdout).toBe('service/words configured\n')
    expect((await mesh.client.get(types.services, 'words', 'default'))?.['spec']).toMatchObject({ ports: [{ port: 81, targetPort: 8080 }] })
    expect((await apply(service('words').replace('port: 80,', 'port: 81,'))).stdout).toBe('service/words unchanged\n')
  })

  it('prints what the server warns of, once, and what a Service of another place has for ports', async () => {
    const external = (name: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { type: 'ExternalName', externalName: 'example.com', ports: [{ port: 443 }] },
      })
    const applied = await apply(`${external('away')}\n---\n${external('away-too')}`)
    expect(applied).toMatchObject({ code: 0, stdout: 'service/away created\nservice/away-too created\n' })
    expect(applied.stderr).toMatch(/^Warning: spec\.type: [^\n]*ExternalName[^\n]*\n$/)
    expect((await mesh.cli('get', 'svc', 'away')).stdout).toMatch(/\naway +ExternalName +<none> +example\.com +443\/TCP +/)
    const labelled = await mesh.cli('label', 'namespace', 'default', 'istio-injection=enabled')
    expect(labelled).toMatchObject({ code: 0, stdout: 'namespace/default labeled\n' })
    expect(labelled.stderr).toMatch(/^Warning: metadata\.labels: istio-injection=enabled [^\n]*heddle kube-inject"\n$/)
  })

  it('removes what an earlier apply said, and leaves what others have set', async () => {
    await apply(configMap('merge', { mine: '1', gone: '2' }))
    await mesh.client.patch(types.configMaps, 'merge', { data: { others: '3' } }, 'default')
    expect((await apply(configMap('merge', { mine: '1' }))).stdout).toBe('configmap/merge configured\n')
    expect(await dataOf('merge')).toEqual({ mine: '1', others: '3' })
  })

  it('removes a field inside an item of a list', async () => {
    await apply(service('item'))
    expect((await apply(service('item').replace(', targetPort: 8080', ''))).stdout).toBe('service/item configured\n')
    expect((await mesh.client.get(types.services, 'item', 'default'))?.['spec']).toMatchObject({ ports: [{ port: 80, targetPort: 80 }] })
  })

  it('puts back what somebody has changed', async () => {
    await apply(configMap('drift', { color: 'red' }))
    await mesh.client.patch(types.configMaps, 'drift', { data: { color: 'blue' } }, 'default')
    expect((await apply(configMap('drift', { color: 'red' }))).stdout).toBe('configmap/drift configured\n')
    expect(await dataOf('drift')).toEqual({ color: 'red' })
  })

  it('takes over an object that it did not create', async () => {
    await mesh.client.create(types.configMaps, JSON.parse(configMap('adopted', { a: '1' }, 'default')))
    expect((await apply(configMap('adopted', { a: '1' }))).stdout).toBe('configmap/adopted configured\n')
    expect((await apply(configMap('adopted', { a: '1' }))).stdout).toBe('configmap/adopted unchanged\n')
    await apply(configMap('adopted', { b: '2' }))
    expect(await dataOf('adopted')).toEqual({ b: '2' })
  })

  it('takes what get -o yaml printed, alone and in a List', async () => {
    await apply(`${service('round')}---\n${configMap('round', { a: '1' })}`)
    const one = await mesh.cli('get', 'svc', 'round', '-o', 'yaml')
    expect(await apply(one.stdout)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^service\/round (un|con)/) })
    const list = await mesh.cli('get', 'svc/round', 'cm/round', '-o', 'yaml')
    expect(await apply(list.stdout)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^service\/round .*\nconfigmap\/round /),
    })
    const edited = (await mesh.cli('get', 'cm', 'round', '-o', 'yaml')).stdout.replace('a: "1"', 'a: "2"')
    expect((await apply(edited)).stdout).toBe('configmap/round configured\n')
    expect(await dataOf('round')).toEqual({ a: '2' })
  })

  it('creates the namespace of a manifest before what is in it', async () => {
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'
    const { code, stdout } = await apply(`${namespace}---\n${configMap('inside', { a: '1' }, 'shop')}`)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'namespace/shop created\nconfigmap/inside created\n' })
    await apply(configMap('by-flag', { b: '1' }), '-n', 'shop')
    expect(await dataOf('by-flag', 'shop')).toEqual({ b: '1' })
  })

  it('refuses an object of another namespace than the one that was asked for', async () => {
    const { code, stdout, stderr } = await apply(configMap('elsewhere', {}, 'kube-system'), '-n', 'default')
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain('configmap/elsewhere is of namespace "kube-system", not "default"')
  })

  it('reads files, folders, and folders in folders', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'all/more'), { recursive: true })
    writeFileSync(join(cwd, 'all/b.yml'), configMap('file-b'))
    writeFileSync(join(cwd, 'all/a.yaml'), configMap('file-a'))
    writeFileSync(join(cwd, 'all/notes.txt'), 'no manifest')
    writeFileSync(join(cwd, 'all/more/c.json'), configMap('file-c'))
    const cli = (...argv: readonly string[]) => mesh.cliWith({ cwd }, 'apply', ...argv)
    expect((await cli('-f', 'all')).stdout).toBe('configmap/file-a created\nconfigmap/file-b created\n')
    expect((await cli('-f', 'all', '-R')).stdout).toBe('configmap/file-a unchanged\nconfigmap/file-b unchanged\nconfigmap/file-c created\n')
    expect((await cli('-f', 'all/b.yml', '-f', 'all/a.yaml')).stdout).toBe('configmap/file-b unchanged\nconfigmap/file-a unchanged\n')
    mkdirSync(join(cwd, 'empty/.hidden'), { recursive: true })
    writeFileSync(join(cwd, 'empty/.hidden/a.yaml'), configMap('file-a'))
    expect(await cli('-f', 'empty', '-R')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no manifests are in the folder "empty"'),
    })
    expect(await cli('-f', 'none.yaml')).toMatchObject({ code: 1, stderr: expect.stringContaining('the path "none.yaml" does not exist') })
  })

  it('prints what is stored with -o, and with --dry-run what would be', async () => {
    const input = `${configMap('printed')}\n---\n${configMap('second')}`
    expect(await mesh.cliWith({ input }, 'apply', '-f', '-', '-o', 'name')).toMatchObject({
      code: 0,
      stdout: 'configmap/printed\nconfigmap/second\n',
    })
    const stored = JSON.parse((await mesh.cliWith({ input: configMap('printed', { a: 'b' }) }, 'apply', '-f', '-', '-o', 'json')).stdout)
    expect(stored).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'printed', uid: expect.any(String) }, data: { a: 'b' } })
    for (const mode of ['client', 'server']) {
      const dry = await mesh.cliWith({ input: configMap('dry', { a: 'c' }) }, 'apply', '-f', '-', '-o', 'json', `--dry-run=${mode}`)
      expect(JSON.parse(dry.stdout)).toMatchObject({ data: { a: 'c' } })
    }
    expect((await mesh.cliWith({ input }, 'apply', '-f', '-', '-o', 'yaml')).stdout).toMatch(/^apiVersion: v1\nitems:\n- apiVersion: v1\n/)
    expect(await mesh.cliWith({ input }, 'apply', '-f', '-', '-o', 'wide')).toMatchObject({ code: 64, stdout: '' })
  })

  it('only says what it would do with --dry-run', async () => {
    expect((await apply(configMap('dry', { a: '1' }), '--dry-run')).stdout).toBe('configmap/dry created (dry run)\n')
    expect(await dataOf('dry')).toBeUndefined()
    await apply(configMap('dry', { a: '1' }))
    expect((await apply(configMap('dry', { a: '2' }), '--dry-run=client')).stdout).toBe('configmap/dry configured (dry run)\n')
    expect(await dataOf('dry')).toEqual({ a: '1' })
    expect((await apply(configMap('dry', { a: '2' }), '--dry-run=always')).code).toBe(64)
  })

  it('asks the server with --dry-run=server, which checks and stores nothing', async () => {
    const server = '--dry-run=server'
    expect((await apply(configMap('tried', { a: '1' }), server)).stdout).toBe('configmap/tried created (server dry run)\n')
    expect(await dataOf('tried')).toBeUndefined()
    await apply(configMap('tried', { a: '1' }))
    expect((await apply(configMap('tried', { a: '2' }), server)).stdout).toBe('configmap/tried configured (server dry run)\n')
    expect(await dataOf('tried')).toEqual({ a: '1' })
    const refused = await apply(configMap('tried', {}, 'no-such-namespace'), server)
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('namespaces "no-such-namespace" not found') })
    expect(await apply(configMap('tried', {}, 'no-such-namespace'), '--dry-run')).toMatchObject({ code: 0 })
  })

  it('names a faulty field with its place, and applies nothing of the file unless asked', async () => {
    const text = `${configMap('good')}\n---\n${service('bad').replace('targetPort', 'targetPrt')}`
    const refused = await apply(text)
    expect(refused).toMatchObject({ code: 65, stdout: '' })
    expect(refused.stderr).toMatch(/^<stdin>:11:\d+: error: spec\.ports\[0\]\.targetPrt: .*did you mean "targetPort"\?/m)
    expect(refused.stderr).toContain('--partial')
    expect(await apply(text, '--partial')).toMatchObject({ code: 65, stdout: 'configmap/good created\n' })
  })

  it('names kinds that are not modelled, and those that are not served, before it writes', async () => {
    const widget = await apply(`${configMap('before-widget')}\n---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n`)
    expect(widget).toMatchObject({
      code: 65,
      stdout: '',
      stderr: expect.stringContaining('The kind Widget (example.com/v1) is not supported'),
    })
    const route =
      'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}\n'
    const gateway = await apply(`${configMap('before-gateway')}\n---\n${route}`)
    expect(gateway).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('no matches for kind "Gateway" in version "networking.istio.io/v1"'),
    })
    expect([await dataOf('before-widget'), await dataOf('before-gateway')]).toEqual([undefined, undefined])
  })

  it('says what the API refuses, goes on, and ends with 1', async () => {
    const outcome = await apply(`${configMap('lost', {}, 'nowhere')}\n---\n${configMap('kept')}`)
    expect(outcome).toEqual({
      code: 1,
      stdout: 'configmap/kept created\n',
      stderr: 'Error from server (NotFound): configmap/lost: namespaces "nowhere" not found\n',
    })
  })

  it('finds nothing in an empty file', async () => {
    expect(await apply('# nothing\n')).toMatchObject({ code: 65, stderr: expect.stringContaining('no objects found') })
  })
})
