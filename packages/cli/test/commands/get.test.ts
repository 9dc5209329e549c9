import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { customResourceDefinitions } from '@heddle/config-schema'
import { configMap, deployment, type Platform, pod, service, startPlatform, types } from '../cli.fixture.js'

describe('get', () => {
  let mesh: Platform
  beforeAll(async () => {
    mesh = await startPlatform()
    await mesh.cliWith({ input: `${service('web')}---\n${service('api', { app: 'api', tier: 'back' })}` }, 'apply', '-f', '-')
    await mesh.cliWith({ input: configMap('settings', { color: 'red' }) }, 'apply', '-f', '-')
    await mesh.client.create(types.pods, pod('web-1'))
  })
  afterAll(() => mesh?.close())

  it("prints the server's table", async () => {
    const { code, stdout, stderr } = await mesh.cli('get', 'svc')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [header, ...rows] = stdout.trimEnd().split('\n')
    expect(header).toMatch(/^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE$/)
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(['api', 'kubernetes', 'web'].filter((name) => stdout.includes(name)))
  })

  it('puts several kinds below each other, with their kinds', async () => {
    const { stdout } = await mesh.cli('get', 'pod,svc')
    expect(stdout).toMatch(/^pod\/web-1 +0\/1 +Pending/m)
    expect(stdout).toMatch(/\n\nNAME .*\n(.*\n)*service\/web +ClusterIP/)
    expect((await mesh.cli('get', 'pod/web-1', 'svc/web')).stdout).toMatch(/\npod\/web-1 [^]*\n\nNAME [^]*\nservice\/web /)
  })

  it('puts objects of one kind into one table', async () => {
    const { stdout } = await mesh.cli('get', 'svc', 'web', 'api')
    expect(stdout.match(/^NAME/gm)).toHaveLength(1)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((row) => row.split(/ +/)[0]),
    ).toEqual(['web', 'api'])
    // Between the two calls a second may begin.
    const withoutAges = (text: string): string => text.replaceAll(/\d+s$/gm, '')
    expect(withoutAges((await mesh.cli('get', 'svc/web', 'svc/api')).stdout)).toBe(withoutAges(stdout))
  })

  it('adds columns with -o wide, --show-labels and -A, and leaves out headers', async () => {
    expect((await mesh.cli('get', 'svc', 'web', '-o', 'wide')).stdout).toMatch(/AGE +SELECTOR\n.* app=web\n$/)
    expect((await mesh.cli('get', 'svc', 'api', '--show-labels')).stdout).toMatch(/LABELS\n.* app=api,tier=back\n$/)
    expect((await mesh.cli('get', 'svc', '-A')).stdout).toMatch(/^NAMESPACE +NAME [^]*\ndefault +web /)
    expect((await mesh.cli('get', 'ns', '-A')).stdout).toMatch(/^NAME +STATUS/)
    expect((await mesh.cli('get', 'svc', 'web', '--no-headers')).stdout).toMatch(/^web +ClusterIP [^\n]*\n$/)
  })

  it('shows labels in columns of their own, and sorts by what is in an object', async () => {
    const { stdout } = await mesh.cli('get', 'svc', 'web', 'api', '-L', 'app', '-L', 'example.org/tier,tier', '--sort-by', '.metadata.name')
    const [header, ...rows] = stdout.split('\n')
    expect(header).toMatch(/AGE +APP +TIER +TIER$/)
    expect(rows.map((row) => row.trimEnd())).toEqual([
      expect.stringMatching(/^api .* api +back$/),
      expect.stringMatching(/^web .* web$/),
      '',
    ])
    expect((await mesh.cli('get', 'svc', '--sort-by', '{.metadata.labels.tier}', '-o', 'name', '-l', 'app')).stdout).toBe(
      'service/web\nservice/api\n',
    )
    for (const path of ['{.metadata', '.spec.nope'])
      expect(await mesh.cli('get', 'svc', '--sort-by', path)).toMatchObject({ code: 1, stdout: '' })
  })

  it('shows what became of the objects of a manifest', async () => {
    const input = `${service('web')}---\n${configMap('settings')}\n---\n${service('api')}`
    const { code, stdout } = await mesh.cliWith({ input }, 'get', '-f', '-')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^NAME .*\nservice\/web .*\n\nNAME .*\nconfigmap\/settings .*\n\nNAME .*\nservice\/api /)
    expect(await mesh.cliWith({ input: service('gone') }, 'get', '-f', '-', '-o', 'name')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error from server (NotFound): services "gone" not found\n',
    })
    const elsewhere = configMap('kube-root-ca.crt', {}, 'kube-system')
    expect((await mesh.cliWith({ input: elsewhere }, 'get', '-f', '-', '-o', 'name')).stderr).not.toContain('kind')
    expect(await mesh.cliWith({ input }, 'get', 'svc', '-f', '-')).toMatchObject({ code: 64 })
  })

  it('picks by label and by field', async () => {
    expect((await mesh.cli('get', 'svc', '-l', 'tier=back', '-o', 'name')).stdout).toBe('service/api\n')
    expect((await mesh.cli('get', 'svc', '-l', 'app in (web,none)', '-o', 'name')).stdout).toBe('service/web\n')
    expect((await mesh.cli('get', 'po', '--field-selector', 'metadata.name=web-1', '-o', 'name')).stdout).toBe('pod/web-1\n')
  })

  it('refuses a selector without a key, however it is written', async () => {
    for (const words of [['-l', '=x'], ['-l==x'], ['--selector', '=x']])
      expect(await mesh.cli('get', 'pod', ...words)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('unable to parse requirement: "=x"'),
      })
  })

  it('prints objects as YAML and JSON: one as itself, several as a List', async () => {
    const one = await mesh.cli('get', 'cm', 'settings', '-o', 'yaml')
    expect(one.stdout).toMatch(/^apiVersion: v1\n/)
    expect(one.stdout).toContain('  color: red\n')
    const list = JSON.parse((await mesh.cli('get', 'svc,cm', '-o=json')).stdout)
    expect(list.kind).toBe('List')
    expect(new Set(list.items.map(({ kind }: { kind: string }) => kind))).toEqual(new Set(['Service', 'ConfigMap']))
  })

  it('says what is missing, shows the rest, and ends with 1', async () => {
    const missing = { code: 1, stderr: 'Error from server (NotFound): services "nope" not found\n' }
    expect(await mesh.cli('get', 'svc', 'nope')).toEqual({ ...missing, stdout: '' })
    expect(await mesh.cli('get', 'svc', 'nope', 'web')).toMatchObject({ ...missing, stdout: expect.stringMatching(/^web /m) })
    expect(await mesh.cli('get', 'svc', 'nope', '-o', 'yaml')).toEqual({ ...missing, stdout: '' })
    expect(await mesh.cli('get', 'svc', 'nope', '--ignore-not-found')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('says that there is nothing', async () => {
    expect(await mesh.cli('get', 'deploy')).toEqual({ code: 0, stdout: '', stderr: 'No resources found in default namespace.\n' })
    expect(await mesh.cli('get', 'deploy', '-n', 'kube-system')).toMatchObject({ stderr: 'No resources found in kube-system namespace.\n' })
    expect(await mesh.cli('get', 'deploy', '-A')).toMatchObject({ stderr: 'No resources found\n' })
  })

  it('does not know a kind, and says which was probably meant', async () => {
    const { code, stderr } = await mesh.cli('get', 'servicess')
    expect(code).toBe(1)
    expect(stderr).toContain(`the server doesn't have a resource type "servicess"; did you mean "services"?`)
  })

  it.each([
    [['svc', 'web', '-A'], 'an object cannot be asked for by name in all namespaces'],
    [['svc', 'web', '-l', 'a=b'], 'a name and a selector (-l) exclude each other'],
    [['svc,po', '-w'], '-w follows one kind'],
    [['svc', '-w', '-o', 'yaml'], '-w follows tables only'],
    [[], 'say what kind of object is meant'],
    [['svc', ''], 'a name is empty'],
    [['svc', '-n', ''], '-n needs a namespace'],
    [['-f', ''], '-f needs a file'],
    [['svc/web', 'po'], '"po" is not TYPE/NAME'],
  ])('refuses %j', async (words, message) => {
    expect(await mesh.cli('get', ...words)).toMatchObject({ code: 64, stderr: expect.stringContaining(message) })
  })

  it('shows what belongs to an application with all', async () => {
    await mesh.client.create(types.deployments, deployment('shop'))
    const { stdout } = await mesh.cli('get', 'all')
    expect(stdout).toMatch(/^deployment\.apps\/shop /m)
    expect(stdout).toMatch(/^service\/web /m)
    expect(stdout).not.toContain('configmap/')
  })

  it('knows kinds whose definition was made a moment ago', async () => {
    const definition = customResourceDefinitions().find(({ metadata }) => metadata?.name === 'gateways.networking.istio.io')
    await mesh.cliWith({ input: JSON.stringify(definition) }, 'apply', '-f', '-')
    for (const word of ['gateway', 'gw', 'gateways.networking.istio.io', 'Gateway'])
      expect(await mesh.cli('get', word)).toMatchObject({ code: 0, stderr: 'No resources found in default namespace.\n' })
  })

  it('follows changes with -w until it is interrupted', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const outcome = await mesh.cliWith(
      {
        signal: stop.signal,
        onOutput: (text) => {
          seen.push(text)
          if (seen.length === 1) void mesh.cliWith({ input: configMap('a-very-long-name-of-a-config-map') }, 'apply', '-f', '-')
          else if (seen.length === 2) void mesh.cliWith({ input: configMap('next') }, 'apply', '-f', '-')
          else stop.abort()
        },
      },
      'get',
      'cm',
      '-w',
    )
    expect(outcome).toMatchObject({ code: 130, stderr: '' })
    const rows = outcome.stdout.trimEnd().split('\n')
    const [long, next] = rows.slice(-2) as [string, string]
    expect(rows.filter((row) => row.startsWith('NAME'))).toHaveLength(1)
    expect(long.split(/ +/)[0]).toBe('a-very-long-name-of-a-config-map')
    expect(next.indexOf('0')).toBe(long.indexOf('0'))
  })
})
