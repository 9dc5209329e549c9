import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Platform, service, startPlatform, temporaryFolder } from '../cli.fixture.js'

const route = (host: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: web\nspec:\n  hosts: [web]\n  http:\n  - route:\n    - destination:\n        host: ${host} # where it goes\n`

function folder(files: Readonly<Record<string, string>>): string {
  const cwd = temporaryFolder()
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(cwd, file, '..'), { recursive: true })
    writeFileSync(join(cwd, file), text)
  }
  return cwd
}

const broken = { 'a.yaml': service('web'), 'deep/b.yaml': route('wbe') }

describe('analyze of files', () => {
  it('is silent and ends with 0 where all is well', async () => {
    const cwd = folder({ 'a.yaml': service('web'), 'b.yaml': route('web') })
    expect(await call(['analyze', 'a.yaml', 'b.yaml'], { cwd })).toEqual({
      code: 0,
      stdout: 'No problems found in 2 resources.\n',
      stderr: '',
    })
  })

  it('names file, line and column, and ends with 79', async () => {
    const { code, stdout } = await call(['analyze', '-R', '.'], { cwd: folder(broken) })
    expect(code).toBe(79)
    expect(stdout).toMatch(/^deep\/b\.yaml:10:15: error: VirtualService default\/web: spec\.http.*did you mean "web"\? \[IST0101\]$/m)
  })

  it('fails from the threshold on', async () => {
    const cwd = folder({ 'n.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n' })
    expect((await call(['analyze', 'n.yaml'], { cwd })).code).toBe(0)
    expect((await call(['analyze', 'n.yaml', '--failure-threshold', 'Info'], { cwd })).code).toBe(79)
    expect(await call(['analyze', 'n.yaml', '--output-threshold', 'Warning'], { cwd })).toMatchObject({ code: 0, stdout: '' })
    expect(await call(['analyze', 'n.yaml', '--failure-threshold', 'Info', '-S', 'IST0102=Namespace shop'], { cwd })).toMatchObject({
      code: 0,
    })
  })

  it('ends with 65 when a file is no YAML, and tells what the others hold', async () => {
    const { code, stdout, stderr } = await call(['analyze', '.', '-R'], { cwd: folder({ ...broken, 'c.yaml': 'kind: [' }) })
    expect(code).toBe(65)
    expect(stderr).toContain('c.yaml:')
    expect(stdout).toContain('IST0101')
  })

  it.each(['json', 'yaml'])('writes %s with the names of istioctl', async (format) => {
    const { stdout } = await call(['analyze', '-R', '.', '-o', format], { cwd: folder(broken) })
    expect(stdout).toMatch(/"?code"?: "?IST0101/)
    if (format === 'json')
      expect(JSON.parse(stdout)).toMatchObject([
        { code: 'IST0101', level: 'Error', origin: 'VirtualService default/web', reference: 'deep/b.yaml:10', suggestion: 'web' },
      ])
  })

  it('writes SARIF', async () => {
    const { stdout } = await call(['analyze', '-R', '.', '-o', 'sarif'], { cwd: folder(broken) })
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'heddle', rules: [{ id: 'IST0101' }] } },
          results: [
            {
              ruleId: 'IST0101',
              level: 'error',
              locations: [{ physicalLocation: { artifactLocation: { uri: 'deep/b.yaml' }, region: { startLine: 10, startColumn: 15 } } }],
            },
          ],
        },
      ],
    })
  })

  it('writes annotations of GitHub', async () => {
    const { stdout } = await call(['analyze', '-R', '.', '-o', 'github'], { cwd: folder(broken) })
    expect(stdout).toMatch(
      /^::error file=deep\/b\.yaml,line=10,endLine=10,col=15,endColumn=18,title=IST0101 ReferencedResourceNotFound::VirtualService default\/web: /,
    )
  })

  it('escapes what separates the properties of an annotation, and names the rule', async () => {
    const cwd = folder({ 'a,b: 50%.yaml': route('web').replace('name: web', 'name: "web\\nup"').replace('- route:', '- rout:') })
    const { stdout } = await call(['validate', '.', '-o', 'github'], { cwd })
    expect(stdout.trimEnd().split('\n')).toHaveLength(stdout.match(/^::/gm)?.length ?? 0)
    expect(stdout).toContain(
      '::error file=a%2Cb%3A 50%25.yaml,line=8,endLine=8,col=5,endColumn=9,title=unknown-field::VirtualService web%0Aup: ',
    )
    expect(stdout).toMatch(/did you mean "route"\?$/m)
  })

  it('corrects what was probably meant only when told so, and keeps comments', async () => {
    const cwd = folder(broken)
    expect((await call(['analyze', '-R', '.', '--fix'], { cwd })).code).toBe(79)
    expect(readFileSync(join(cwd, 'deep/b.yaml'), 'utf8')).toBe(route('wbe'))
    expect(await call(['analyze', '-R', '.', '--fix=all'], { cwd })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 problem fixed'),
    })
    expect(readFileSync(join(cwd, 'deep/b.yaml'), 'utf8')).toBe(route('web'))
  })

  it('corrects no file while another problem comes from standard input', async () => {
    const cwd = folder(broken)
    expect(await call(['analyze', '-R', '.', '-', '--fix=all'], { cwd, input: route('wbe').replace('web', 'also') })).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('standard input cannot be fixed in place'),
    })
    expect(readFileSync(join(cwd, 'deep/b.yaml'), 'utf8')).toBe(route('wbe'))
  })

  it.each([
    [['analyze', 'a.yaml', '-o', 'xml'], '-o xml is not one of text, json'],
    [['analyze', 'a.yaml', '--failure-threshold', 'Bad'], '--failure-threshold Bad is not one of Info, Warning, Error'],
    [['analyze', 'a.yaml', '--suppress', 'IST0102'], '--suppress IST0102 is not CODE=KIND'],
    [['analyze', 'a.yaml', '--fix=some'], '--fix=some is neither safe nor all'],
  ])('refuses %j', async (argv, said) => {
    expect(await call(argv, { cwd: folder(broken) })).toMatchObject({ code: 64, stderr: expect.stringContaining(said) })
  })

  it('looks through a project for manifests, and for nothing else', async () => {
    const files = {
      '.heddle-schemas/all.yaml': 'kind: [',
      'node_modules/x/app.yaml': 'kind: [',
      'chart/templates/app.yaml': 'kind: {{ .Values.kind }}\n  x',
      'chart/values.yaml': 'controller:\n  kind: Deployment\n',
      'compose.yaml': 'services: {}\n',
      'package.json': '{"name": "x"}',
      'schemas/all.json': '{"properties": {"apiVersion": {"type": "string"}, "kind": {"const": "Pod"}}}',
      'k8s/deep/app.yaml': service('web'),
      'k8s/half.json': '{"kind": "Service"}',
    }
    const cwd = folder(files)
    writeFileSync(join(cwd, 'k8s/recorded.json'), Buffer.alloc(9_000_000, '"kind": "Pod" '))
    writeFileSync(join(cwd, 'k8s/names.json'), Buffer.from('{"name": "Zoë"}', 'latin1'))
    for (const command of ['analyze', 'validate']) {
      const { code, stdout, stderr } = await call([command, '.', '-R'], { cwd })
      const places = `${stdout}${stderr}`.match(/^\S+(?=:\d+:\d+: )/gm) ?? []
      expect({ code, places: new Set(places) }).toEqual({ code: 79, places: new Set(['k8s/half.json']) })
      expect(await call([command, '.'], { cwd })).toMatchObject({ code: 1, stderr: expect.stringContaining('with -R') })
    }
    expect((await call(['validate', 'compose.yaml'], { cwd })).code).toBe(79)
    expect(await call(['validate'], { cwd })).toMatchObject({ code: 64 })
    expect(await call(['validate', 'k8s/recorded.json'], { cwd })).toMatchObject({ stderr: expect.stringContaining('has more than 8 MiB') })
    expect(await call(['validate', 'k8s/names.json'], { cwd })).toMatchObject({ stderr: expect.stringContaining('is not UTF-8 text') })
    expect(await call(['validate', '-f', '-'], { cwd, input: ' '.repeat(9_000_000) })).toMatchObject({
      stderr: expect.stringContaining('<stdin> has more than 8 MiB'),
    })
  })

  it('lists what it looks for', async () => {
    expect((await call(['analyze', '-L'])).stdout).toContain('IST0101  error    ReferencedResourceNotFound')
  })
})

describe('validate', () => {
  it('writes SARIF and ends with 79', async () => {
    const { code, stdout } = await call(['validate', '-f', '-', '-o', 'sarif'], { input: service('web').replace('port: 80,', 'prt: 80,') })
    expect(code).toBe(79)
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ results: [{ ruleId: 'unknown-field', level: 'error' }] }] })
  })

  it('corrects files', async () => {
    const cwd = folder({ 'b.yaml': route('web').replace('  - route:', '  - timeout: 5\n    route:') })
    expect(await call(['validate', '-f', 'b.yaml', '--fix'], { cwd })).toMatchObject({ code: 0, stdout: '1 object is valid\n' })
    expect(readFileSync(join(cwd, 'b.yaml'), 'utf8')).toContain('- timeout: 5s\n')
  })
})

describe('analyze of a running mesh', () => {
  let platform: Platform
  beforeAll(async () => {
    platform = await startPlatform()
  })
  afterAll(() => platform.close())

  it('reads everything there is, and files as if they were applied', async () => {
    await platform.cliWith({ input: service('web') }, 'apply', '-f', '-')
    const alone = await platform.cli('analyze', '-n', 'default')
    expect(alone).toMatchObject({ code: 0 })
    const good = await platform.cliWith({ input: route('web') }, 'analyze', '-', '--use-live')
    expect(good).toMatchObject({ code: 0 })
    const bad = await platform.cliWith({ input: route('wbe') }, 'analyze', '-', '--use-live')
    expect(bad).toMatchObject({ code: 79, stdout: expect.stringContaining('did you mean "web"') })
  })
})
