import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isHeddleError } from '@heddle/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseBlockYaml } from '../../src/resources/block-yaml.js'
import { loadInClusterConfig, loadKubeconfig } from '../../src/resources/kubeconfig.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-kubeconfig-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const twoContexts = `apiVersion: v1
kind: Config
current-context: "one"
preferences: {}
clusters:
- name: one
  cluster:
    certificate-authority-data: ${base64('CA ONE')}
    server: https://127.0.0.1:6443
- cluster:
    certificate-authority: two.crt
    server: https://two.example:443
  name: two
contexts:
- name: one
  context:
    cluster: one
    user: admin
    namespace: team # a comment
- name: two
  context: {}
- context:
    cluster: two
    user: certified
  name: three
users:
- name: admin
  user:
    token: 'secret'
- name: certified
  user:
    client-certificate-data: ${base64('CERT')}
    client-key-data: ${base64('KEY')}
- name: plugin
  user:
    exec:
      command: login
`

describe('kubeconfig', () => {
  it('gives server, authority, token and namespace of the current context', async () => {
    expect(await loadKubeconfig(file('config', twoContexts))).toEqual({
      context: 'one',
      namespace: 'team',
      server: 'https://127.0.0.1:6443',
      certificateAuthority: 'CA ONE',
      token: 'secret',
    })
  })

  it('reads another context, files beside it, and client certificates', async () => {
    file('two.crt', 'CA TWO')
    expect(await loadKubeconfig(file('config', twoContexts), { context: 'three' })).toMatchObject({
      namespace: 'default',
      certificateAuthority: 'CA TWO',
      clientCertificate: { certificate: 'CERT', key: 'KEY' },
    })
  })

  it('names what is missing or not supported', async () => {
    const failure = async (path: string, context?: string): Promise<string> => {
      const error: unknown = await loadKubeconfig(path, context === undefined ? {} : { context }).catch((reason: unknown) => reason)
      if (!isHeddleError(error, 'HEDDLE_KUBECONFIG_INVALID')) throw error
      return error.message
    }
    expect(await failure(join(folder, 'absent'))).toContain('ENOENT')
    expect(await failure(file('config', twoContexts), 'nobody')).toBe(
      `there is no context "nobody" in ${join(folder, 'config')}; it has one, two, three`,
    )
    expect(await failure(file('empty', 'current-context: one\ncontexts: []\n'))).toBe(
      `there is no context "one" in ${join(folder, 'empty')}; it has none`,
    )
    expect(await failure(file('dangling', twoContexts.replace('cluster: one', 'cluster: none')))).toContain('clusters has no entry "none"')
    expect(await failure(file('plugin', twoContexts.replace('user: admin', 'user: plugin')))).toContain(
      '"exec" credentials are not supported',
    )
    expect(await failure(file('plain', twoContexts.replace('https://127', 'http://127')))).toContain('is not an https:// address')
    expect(await failure(file('anchored', 'a: &x 1\n'))).toContain('line 1')
  })

  it('reads the token of a Pod again for every call', async () => {
    file('ca.crt', 'CA')
    file('token', 'first\n')
    const options = await loadInClusterConfig({ host: '127.0.0.1', port: 6443, directory: folder })
    expect(options).toMatchObject({ server: 'https://127.0.0.1:6443', certificateAuthority: 'CA' })
    const token = options.token as () => Promise<string>
    expect(await token()).toBe('first')
    file('token', 'second')
    expect(await token()).toBe('second')
  })
})

describe('block YAML', () => {
  it('reads mappings, sequences at either depth, and quoted scalars', () => {
    const text = `---\nlist:\n- a\n- b: 1\n  c: "x: y"\ndeep:\n  inner:\n    - 'it''s'\nempty:\nflag: true\n`
    expect(parseBlockYaml(text)).toEqual({ list: ['a', { b: '1', c: 'x: y' }], deep: { inner: ["it's"] }, empty: null, flag: true })
  })

  it('refuses what it does not read', () => {
    for (const text of ['a: [1]', 'a: |\n  b', 'a: *x', '\tb: 1', 'just text', 'a: 1\n   b: 2'])
      expect(() => parseBlockYaml(text)).toThrow(/line \d/)
  })
})
