/** Manifests with faults: refused before anything is sent, one line a fault with its place, exit 65; what the API refuses ends with 1. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endAll, heddle, type Mesh, newStateFolder, type Outcome, startMesh, temporaryFolder } from '../mesh.fixture.js'

const service = (name: string, ports: string, namespace = 'default'): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  selector: {app: ${name}}\n  ports: ${ports}\n`

interface Faulty {
  readonly name: string
  readonly text: string
  /** Starts of the lines expected on standard error, in order. */
  readonly lines: readonly RegExp[]
  /** kube-inject reads no fields of what it does not inject. */
  readonly isInjectable?: boolean
}

const faulty: readonly Faulty[] = [
  {
    name: 'an unknown field',
    text: `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  http:\n  - route:\n    - destination: {host: a, port: {numbr: 80}}\n`,
    lines: [/^f\.yaml:8:37: error: spec\.http\[0\]\.route\[0\]\.destination\.port\.numbr: .* did you mean "number"\? \[unknown-field\]$/],
    isInjectable: true,
  },
  {
    name: 'a wrong type',
    text: service('a', '[{port: eighty}]'),
    lines: [/^f\.yaml:6:18: error: spec\.ports\[0\]\.port: Expected a whole number, but found the text "eighty"\. \[wrong-type\]$/],
    isInjectable: true,
  },
  {
    name: 'a bad enum',
    text: `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec:\n  host: a\n  trafficPolicy:\n    tls: {mode: ISTIO_MUTAL}\n`,
    lines: [
      /^f\.yaml:7:17: error: spec\.trafficPolicy\.tls\.mode: .*expected one of DISABLE, .*did you mean "ISTIO_MUTUAL"\? \[bad-enum\]$/,
    ],
    isInjectable: true,
  },
  {
    name: 'several faults, each on a line of its own',
    text: `${service('a', '[{port: eighty, protocl: TCP}]')}---\n${service('b', '[{port: 80, protocol: TPC}]')}`,
    lines: [/^f\.yaml:6:18: /, /^f\.yaml:6:\d+: .*protocl.*"protocol"/, /^f\.yaml:13:\d+: .*"TCP"/],
    isInjectable: true,
  },
  {
    name: 'a duplicate key',
    text: 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  name: b\nspec: {ports: [{port: 80}]}\n',
    lines: [/^f\.yaml:5:3: error: .*"name" stands twice.*keep one of them\. \[yaml-duplicate-key\]$/],
  },
  {
    name: 'tabs',
    text: 'apiVersion: v1\nkind: Service\nmetadata:\n\tname: a\nspec: {ports: [{port: 80}]}\n',
    lines: [/^f\.yaml:4:1: error: .*tab.*indent with spaces.* \[yaml-tab\]$/],
  },
  {
    name: 'an alias bomb',
    text: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\na0: &a0 [x]\n${Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]\n`).join('')}`,
    lines: [/^f\.yaml:\d+:\d+: error: .*aliases.*write the values out.* \[yaml-alias-bomb\]$/],
  },
  {
    name: '2 MiB of YAML',
    text: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n${`  key: ${'x'.repeat(90)}\n`.repeat(22_000)}`,
    lines: [/^f\.yaml:1:1: error: .*larger than .*split it.* \[yaml-too-large\]$/],
  },
  {
    name: 'two documents of which the second is bad',
    text: `${service('good', '[{port: 80}]')}---\n${service('bad', '[{prot: 80}]')}`,
    lines: [/^f\.yaml:13:\d+: error: spec\.ports\[0\]\.prot: .*"port"/],
    isInjectable: true,
  },
  {
    name: 'broken YAML',
    text: 'apiVersion: v1\nkind: [\n',
    lines: [/^f\.yaml:\d+:\d+: error: .* \[yaml-syntax\]$/],
  },
]

function faultLines({ stderr }: Outcome): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('f.yaml:'))
}

function writeManifest(text: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'f.yaml'), text)
  return folder
}

afterAll(endAll)

describe('kube-inject', () => {
  test.concurrent.each(faulty.filter(({ isInjectable }) => isInjectable !== true))('refuses $name with 65', async ({ text, lines }) => {
    const outcome = await heddle(['kube-inject', '-f', 'f.yaml'], { cwd: writeManifest(text) })
    expect(outcome).toMatchObject({ code: 65, stdout: '' })
    expect(faultLines(outcome)).toHaveLength(lines.length)
    for (const [at, line] of lines.entries()) expect(faultLines(outcome)[at]).toMatch(line)
    expect(outcome.stderr).toMatch(/\d faults? found, nothing was injected/)
  })

  test('passes kinds that it does not know, byte for byte', async () => {
    const text = '# mine\napiVersion: example.com/v1\nkind:   Widget\nmetadata: {name: w}\nspec: {a: 1}\n'
    expect(await heddle(['kube-inject', '-f', '-'], { input: text })).toMatchObject({ code: 0, stdout: text, stderr: '' })
  })

  test('refuses empty input with 65 and a missing file with 1', async () => {
    expect(await heddle(['kube-inject', '-f', '-'], { input: '' })).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('no objects found'),
    })
    const missing = await heddle(['kube-inject', '-f', 'no-such.yaml'])
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('the path "no-such.yaml" does not exist') })
  })
})

describe('apply', () => {
  let mesh: Mesh
  beforeAll(async () => {
    mesh = await startMesh()
  })
  afterAll(() => mesh?.interrupt())

  const serviceNames = async (): Promise<readonly string[]> =>
    (await mesh.get<{ items: readonly { metadata: { name: string } }[] }>('/api/v1/namespaces/default/services')).items.map(
      ({ metadata }) => metadata.name,
    )

  test.each(faulty)('refuses $name with 65 and applies nothing of the file', async ({ text, lines }) => {
    const before = await serviceNames()
    const outcome = await mesh.heddle(['apply', '-f', 'f.yaml'], { cwd: writeManifest(text) })
    expect(outcome).toMatchObject({ code: 65, stdout: '' })
    expect(faultLines(outcome)).toHaveLength(lines.length)
    for (const [at, line] of lines.entries()) expect(faultLines(outcome)[at]).toMatch(line)
    expect(outcome.stderr).toMatch(/\d faults? found, nothing was applied/)
    expect(await serviceNames()).toEqual(before)
  })

  test('applies the good documents of a file with --partial, and still ends with 65', async () => {
    const text = `${service('partial-good', '[{port: 80}]')}---\n${service('partial-bad', '[{prot: 80}]')}`
    const outcome = await mesh.heddle(['apply', '--partial', '-f', 'f.yaml'], { cwd: writeManifest(text) })
    expect(outcome).toMatchObject({ code: 65, stdout: 'service/partial-good created\n' })
    expect(faultLines(outcome)).toHaveLength(1)
    expect(await serviceNames()).toContain('partial-good')
    expect(await serviceNames()).not.toContain('partial-bad')
  })

  test('names the kinds that are not modelled', async () => {
    const text =
      'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n---\napiVersion: batch/v1\nkind: CronJobb\nmetadata: {name: c}\n'
    const outcome = await mesh.heddle(['apply', '-f', 'f.yaml'], { cwd: writeManifest(text) })
    expect(outcome.code).toBe(65)
    expect(outcome.stderr).toMatch(
      /^f\.yaml:2:7: error: kind: The kind Widget \(example\.com\/v1\) is not supported\. \[kind-not-supported\]$/m,
    )
    expect(outcome.stderr).toMatch(/^f\.yaml:6:7: .*did you mean "CronJob"\?/m)
  })

  test('ends with 1 for what the API refuses, and goes on with the rest', async () => {
    const text = `${service('lost', '[{port: 80}]', 'nowhere')}---\n${service('kept', '[{port: 80}]')}`
    const outcome = await mesh.heddle(['apply', '-f', 'f.yaml'], { cwd: writeManifest(text) })
    expect(outcome).toMatchObject({ code: 1, stdout: 'service/kept created\n' })
    expect(outcome.stderr).toContain('Error from server (NotFound): service/lost: namespaces "nowhere" not found')
  })

  test('refuses empty input with 65 and a missing file with 1', async () => {
    expect(await mesh.heddle(['apply', '-f', '-'])).toMatchObject({ code: 65, stderr: expect.stringContaining('no objects found') })
    expect(await mesh.heddle(['apply', '-f', 'no-such.yaml'])).toMatchObject({ code: 1, stderr: expect.stringContaining('does not exist') })
  })

  test('says with 69 that no mesh has been started', async () => {
    const outcome = await heddle(['apply', '-f', '-', '--state', newStateFolder()], { input: service('a', '[{port: 80}]') })
    expect(outcome).toMatchObject({ code: 69, stderr: expect.stringContaining('no local mesh has been started') })
  })
})
