/** Commands for editors: schemas as files, settings, and the language server. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { call, service, temporaryFolder } from '../cli.fixture.js'

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8')

describe('manifest schemas', () => {
  it('writes a file for each kind and version, and one for all', async () => {
    const cwd = temporaryFolder()
    const { code, stderr } = await call(['manifest', 'schemas', '--output', 'out'], { cwd })
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^\d+ schemas written to out;/) as string })
    expect(JSON.parse(read(cwd, 'out/networking.istio.io/virtualservice_v1.json'))).toMatchObject({ title: 'VirtualService' })
    expect(existsSync(join(cwd, 'out/all.json'))).toBe(true)
  })

  it('says when it cannot write', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'out'), '')
    expect(await call(['manifest', 'schemas', '-o', 'out'], { cwd })).toMatchObject({
      stderr: expect.stringContaining('(HEDDLE_CLI_FILE)') as string,
    })
  })
})

describe('editor init', () => {
  it('writes schemas and the settings of both editors for the folders that hold manifests', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'infra/shop'), { recursive: true })
    mkdirSync(join(cwd, '.github/workflows'), { recursive: true })
    writeFileSync(join(cwd, 'infra/shop/a.yaml'), service('a').startsWith('{') ? 'apiVersion: v1\nkind: Service\n' : service('a'))
    writeFileSync(join(cwd, 'compose.yaml'), 'services: {}\n')
    const { code, stdout, stderr } = await call(['editor', 'init'], { cwd })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^\.heddle-schemas: \d+ schemas$/) as string,
      '.vscode/settings.json: .heddle-schemas/all.json for infra/**/*.yaml',
      '.idea/jsonSchemas.xml: .heddle-schemas/all.json for infra/**/*.yaml',
      '',
    ])
    expect(JSON.parse(read(cwd, '.vscode/settings.json'))).toEqual({
      'yaml.schemas': { './.heddle-schemas/all.json': ['infra/**/*.yaml'] },
    })
    expect(read(cwd, '.heddle-schemas/.gitignore')).toBe('*\n')
    expect(existsSync(join(cwd, '.heddle-schemas/all.json'))).toBe(true)
    const before = read(cwd, '.idea/jsonSchemas.xml')
    const again = await call(['editor', 'init'], { cwd })
    expect(again.stdout).toContain('.vscode/settings.json: says so already\n.idea/jsonSchemas.xml: says so already\n')
    expect(read(cwd, '.idea/jsonSchemas.xml')).toBe(before)
  })

  it('uses the schemas of an installed package, and knows where manifests usually lie', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'node_modules/@heddle/config-schema/schemas'), { recursive: true })
    writeFileSync(join(cwd, 'node_modules/@heddle/config-schema/schemas/all.json'), '{}')
    const { stdout } = await call(['editor', 'init', '--editor', 'vscode'], { cwd })
    expect(stdout).toMatch(/^\.vscode\/settings\.json: node_modules\/@heddle\/config-schema\/schemas\/all\.json for .*k8s\/\*\*\/\*\.yaml/)
    expect(existsSync(join(cwd, '.idea'))).toBe(false)
    expect(existsSync(join(cwd, '.heddle-schemas'))).toBe(false)
  })

  it('writes nothing at all when one file is not understood', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, '.idea'))
    writeFileSync(join(cwd, '.idea/jsonSchemas.xml'), '<project>')
    const { code, stdout, stderr } = await call(['editor', 'init'], { cwd })
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' })
    expect(stderr).toContain('.idea/jsonSchemas.xml is not understood, so nothing was changed')
    expect(existsSync(join(cwd, '.vscode'))).toBe(false)
    expect(existsSync(join(cwd, '.heddle-schemas'))).toBe(false)
  })

  it('refuses an editor that it does not know', async () => {
    expect(await call(['editor', 'init', '--editor', 'emacs'])).toMatchObject({ code: 64 })
  })
})

describe('lsp', () => {
  it('answers an editor, and ends when it says so', async () => {
    const bin = join(import.meta.dirname, '../../src/bin.ts')
    const child = spawn(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', bin, 'lsp', '--stdio'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const send = (message: object): void => {
      const text = JSON.stringify({ jsonrpc: '2.0', ...message })
      child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
    }
    send({ id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } })
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      child.stdout.on('data', (chunk) => {
        text += String(chunk)
        if (text.includes('"heddle-lsp"')) resolve(text)
      })
    })
    expect(answer).toContain('"renameProvider"')
    const exit = new Promise((resolve) => child.once('exit', resolve))
    send({ method: 'initialized', params: {} })
    send({ id: 2, method: 'shutdown' })
    send({ method: 'exit' })
    expect(await exit).toBe(0)
  })

  it('ends on Ctrl-C, and when its editor goes away', async () => {
    for (const leave of ['SIGINT', 'close'] as const) {
      const bin = join(import.meta.dirname, '../../src/bin.ts')
      const child = spawn(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', bin, 'lsp'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const text = JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { processId: null, rootUri: null, capabilities: {} },
      })
      child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
      await new Promise((resolve) => child.stdout.once('data', resolve))
      const exit = new Promise((resolve) => child.once('exit', resolve))
      if (leave === 'close') child.stdin.end()
      else child.kill(leave)
      await exit
    }
  })
})
