/** Commands that need no mesh: kube-inject, validate, completion, install --dry-run. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocuments } from '@heddle/config-schema'
import { describe, expect, it } from 'vitest'
import { call, configMap, deployment, service, temporaryFolder } from '../cli.fixture.js'

const workload = (name: string, annotations: object = {}): string => {
  const { metadata, spec, ...rest } = deployment(name) as unknown as { metadata: object; spec: { template: { metadata: object } } }
  const template = { ...spec.template, metadata: { ...spec.template.metadata, annotations } }
  return JSON.stringify({ ...rest, metadata: { ...metadata, namespace: undefined }, spec: { ...spec, template } })
}

describe('kube-inject', () => {
  const inject = (input: string, ...flags: readonly string[]) => call(['kube-inject', '-f', '-', ...flags], { input })

  it('adds the sidecar and nothing else, natively or as an ordinary container', async () => {
    const { code, stdout, stderr } = await inject(workload('web'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/initContainers:[^]*name: istio-proxy/)
    expect((await inject(workload('web'), '--classic')).stdout).toMatch(/ containers:[^]*name: istio-proxy/)
    expect((await inject(service('web'))).stdout).toBe(service('web'))
  })

  it('keeps files apart, whether they end with a line end or not', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'a.yaml'), '# a\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}')
    writeFileSync(join(cwd, 'b.yaml'), '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n')
    writeFileSync(join(cwd, 'c.yaml'), workload('c'))
    const { stdout } = await call(['kube-inject', '-f', '.'], { cwd })
    expect(parseDocuments(stdout).documents.map(({ value }) => (value as { metadata: { name: string } }).metadata.name)).toEqual([
      'a',
      'b',
      'c',
    ])
    expect(stdout).toMatch(/^# a\n/)
    expect(stdout.match(/^---$/gm)).toHaveLength(2)
  })

  it('writes to a file with -o', async () => {
    const cwd = temporaryFolder()
    expect(await call(['kube-inject', '-f', '-', '-o', 'out.yaml'], { input: service('web'), cwd })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(readFileSync(join(cwd, 'out.yaml'), 'utf8')).toBe(service('web'))
  })

  it('says on standard error which workloads get none, and why', async () => {
    const out = await inject(workload('quiet', { 'sidecar.istio.io/inject': 'false' }))
    expect(out).toMatchObject({
      code: 0,
      stderr: 'note: Deployment "quiet" gets no sidecar: its label or annotation sidecar.istio.io/inject says so\n',
    })
    const system = await inject(workload('agent'), '-n', 'kube-system')
    expect(system).toMatchObject({ code: 0, stderr: 'note: Deployment "agent" gets no sidecar: nothing in its namespace does\n' })
  })

  it('judges the workloads as apply does, in its words, together with what only the injector sees', async () => {
    const head = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n'
    const faulty = `${head}    metadata: {labels: {app: web}, annotations: {"status.sidecar.istio.io/port": x}}\n    spec:\n      container: [{name: a, image: i}]\n      restartPolicy: 5\n`
    const list = `---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, imag: i}]}}\n`
    const { code, stdout, stderr } = await inject(faulty + list)
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' })
    const lines = stderr.split('\n').slice(0, -3)
    expect(lines.map((line) => line.replace(/^<stdin>:(\d+):\d+: error: ([^ ]+): .*(\[.+\])$/, '$1 $2 $3'))).toEqual([
      '7 spec.template.metadata.annotations["status.sidecar.istio.io/port"] [inject]',
      '9 spec.template.spec.container [unknown-field]',
      '10 spec.template.spec.restartPolicy [wrong-type]',
      '15 spec.containers[0].imag [unknown-field]',
    ])
    const words = (await call(['validate', '-f', '-'], { input: faulty + list })).stderr.split('\n')
    expect(words).toEqual(expect.arrayContaining(lines.slice(1)))
  })

  it('lets kinds through that are not modelled, and leaves other kinds to apply', async () => {
    const other = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {anything: true}\n'
    const config =
      'apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: a}\nspec: {test: 5, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: i}]}}}\n'
    expect((await inject(`${other}---\n${service('web').replace('port: 80', 'prt: 80')}`)).code).toBe(0)
    expect((await inject(config)).stdout).toContain('istio-proxy')
  })

  it.each([
    ['no YAML', 'a: [\n'],
    ['nothing', ''],
    ['no workload of its kind', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: 7}\n'],
  ])('refuses %s with 65', async (_what, input) => {
    expect(await inject(input)).toMatchObject({ code: 65, stdout: '', stderr: expect.stringContaining('(HEDDLE_CLI_BAD_DATA)') })
  })
})

describe('a manifest that is not UTF-8', () => {
  const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {text: "\ufffd '

  it.each([
    ['a stray byte', [0xff], head.length + 2],
    ['a character without its end', [0xe2, 0x82], head.length + 2],
  ])('is refused with its place for %s, and nothing stands for it', async (_what, bytes, offset) => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'a.yaml'), Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from('"}\n')]))
    for (const argv of [
      ['kube-inject', '-f', 'a.yaml'],
      ['validate', '-f', '.'],
    ])
      expect(await call(argv, { cwd })).toMatchObject({
        code: 65,
        stdout: '',
        stderr: expect.stringContaining(`error: a.yaml is not UTF-8 text: the byte at offset ${offset} fits no character`),
      })
  })

  it('is none when it holds U+FFFD itself', async () => {
    expect(await call(['validate', '-f', '-'], { input: `${head}"}` })).toMatchObject({ code: 0 })
  })
})

describe('validate', () => {
  const validate = (input: string) => call(['validate', '-f', '-'], { input })

  it('accepts what apply would take', async () => {
    expect(await validate(service('web'))).toEqual({ code: 0, stdout: '1 object is valid\n', stderr: '' })
    expect((await validate(`${service('web')}---\n${configMap('a')}`)).stdout).toBe('2 objects are valid\n')
  })

  it('tells every fault of every document of every file at once, each once, in their order', async () => {
    const cwd = temporaryFolder()
    const head = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n'
    const route = '  http: [{route: [{destination: {host: a}}]}]\n'
    const texts = {
      'a.yaml': `${head}  hosts: [5, -b]\n  gateway: []\n${route}---\n${head}  hosts: [a]\n  hosts: [b]\n  tsl: []\n${route}`,
      'b.yaml': `a: [\n---\n${head}  hosts: [a]\n  http: [{timeout: soon, retries: x, route: [{destination: {host: "*"}}]}]\n`,
    }
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(cwd, file), text)
    const { code, stderr } = await call(['validate', '-f', 'b.yaml', '-f', 'a.yaml'], { cwd })
    expect(code).toBe(65)
    expect(stderr.match(/^.+\[.+\]$/gm)?.map((line) => line.replace(/^([^:]+:\d+):\d+.*(\[.+\])$/, '$1 $2'))).toEqual([
      'b.yaml:2 [yaml-syntax]',
      'b.yaml:8 [bad-duration]',
      'b.yaml:8 [wrong-type]',
      'b.yaml:8 [bad-host]',
      'a.yaml:5 [wrong-type]',
      'a.yaml:5 [bad-host]',
      'a.yaml:6 [unknown-field]',
      'a.yaml:14 [yaml-duplicate-key]',
      'a.yaml:15 [unknown-field]',
    ])
    expect(stderr).toContain('9 faults found, nothing was accepted')
  })

  it('names kinds of other projects in a warning and judges what stands beside them', async () => {
    const foreign = 'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {secretName: a}\n---\n'
    const { code, stdout, stderr } = await validate(foreign + service('web'))
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 object is valid; 1 of kinds that are not known here was not checked\n' })
    expect(stderr).toBe(
      '<stdin>:2:7: warning: kind: The kind Certificate (cert-manager.io/v1) is not supported, so it is not checked. [kind-not-supported]\n',
    )
    expect((await validate(foreign)).code).toBe(0)
    const gateway = `${service('web')
      .replace('kind: Service', 'kind: ServiceAccount')
      .replace(/spec:[^]*/, '')}---\n`
    const route = 'spec: {hosts: [a.com], gateways: [g], http: [{route: [{destination: {host: b, port: {number: 80}}}]}]}\n'
    const input = `${foreign}${gateway}apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\n${route}`
    expect((await call(['convert', '-f', '-'], { input })).code).toBe(0)
    expect((await validate(foreign + service('web').replace('port:', 'prot:'))).code).toBe(79)
    expect((await call(['validate', '-f', '-', '--target', 'heddle'], { input: foreign })).code).toBe(79)
    for (const [version, kind] of [
      ['networking.istio.io/v1', 'Mesh'],
      ['rbac.istio.io/v1alpha1', 'ServiceRole'],
      ['apps/v1', 'Deploymnet'],
    ])
      expect((await validate(`apiVersion: ${version}\nkind: ${kind}\nmetadata: {name: a}\n`)).code).toBe(79)
  })

  it('does not speak of this mesh when manifests are for Istio', async () => {
    const rule = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec:\n  host: a\n'
    const tunnel = `${rule}  trafficPolicy: {tunnel: {targetHost: a.com, targetPort: 443}}\n`
    const settings = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n`
    const modern = `${settings}    outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}\n`
    expect((await validate(tunnel)).stderr).toContain('[no-effect]')
    expect(await validate(modern)).toMatchObject({ code: 0, stderr: expect.stringContaining('warning: data.mesh') })
    for (const input of [tunnel, modern, `${settings}    ingressClass: x\n`])
      expect(await call(['validate', '-f', '-', '--target', 'istio'], { input })).toMatchObject({ code: 0, stderr: '' })
    expect(await call(['validate', '-f', '-', '--target', 'heddle'], { input: modern })).toMatchObject({ code: 79 })
  })

  it('reads the settings of the mesh in their ConfigMap', async () => {
    const settings = (text: string, name = 'istio'): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: istio-system\ndata:\n  mesh: ${text}\n`
    const bad = '|\n    enableTracing: true\n    outboundTrafficPolicy:\n      mode: REGISTRYONLY\n    acessLogFile: x'
    const { code, stderr } = await validate(settings(bad))
    expect(code).toBe(79)
    expect(stderr).toMatch(
      /^<stdin>:10: error: data\.mesh: outboundTrafficPolicy\.mode: "REGISTRYONLY" is not allowed here;.*did you mean "REGISTRY_ONLY"/m,
    )
    expect(stderr).toMatch(/^<stdin>:11: error: data\.mesh: acessLogFile: .*did you mean "accessLogFile"\? \[unknown-field\]$/m)
    expect((await validate(settings('"enableTracing: 3"'))).stderr).toMatch(/^<stdin>:7:9: error: data\.mesh: enableTracing: /m)
    expect(await validate(settings('|\n    ingressClass: x'))).toMatchObject({
      code: 0,
      stderr: '<stdin>:8: warning: data.mesh: ingressClass: the field has no effect: this mesh does not read it [no-effect]\n',
    })
    expect((await validate(settings('|\n    outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}'))).stderr).toContain('[mesh-config]')
    expect(await validate(settings('anything', 'other'))).toMatchObject({ code: 0, stderr: '' })
  })

  it('names every fault with its place, and ends with 79', async () => {
    const { code, stdout, stderr } = await validate(service('web').replace('port: 80,', 'prt: 80,'))
    expect({ code, stdout }).toEqual({ code: 79, stdout: '' })
    expect(stderr).toMatch(/^<stdin>:9:\d+: error: spec\.ports\[0\]\.prt: .*did you mean "port"\?/m)
    expect(stderr).toMatch(/faults? found, nothing was accepted/)
  })
})

describe('demo', () => {
  it('gives no command to try for a command line that is wrong', async () => {
    const { code, stderr } = await call(['demo', '--state', 'mesh'])
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringMatching(/say which file with -f FILE; "-" is standard input\n {4}exit code 64\n$/),
    })
  })
})

describe('install --dry-run', () => {
  it('prints resources that are valid', async () => {
    const { code, stdout } = await call(['install', '--dry-run'])
    expect(code).toBe(0)
    expect(await call(['validate', '-f', '-'], { input: stdout })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d\d objects are valid/),
    })
  })
})

it('what install makes gives analyze nothing to say', async () => {
  const { stdout: input } = await call(['install', '--dry-run'])
  expect(await call(['analyze', '-'], { input })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^No problems found in \d+ resources\.\n$/),
  })
})

describe('install --set', () => {
  it('puts settings of the mesh over those of the profile', async () => {
    const words = [
      'meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY',
      'meshConfig.enableTracing=false',
      'meshConfig.trustDomain=example.org',
    ]
    const { code, stdout } = await call(['install', '--dry-run', ...words.flatMap((word) => ['--set', word])])
    expect(code).toBe(0)
    expect(stdout).toContain('    outboundTrafficPolicy:\n      mode: REGISTRY_ONLY\n')
    expect(stdout).toContain('    enableTracing: false\n')
    expect(stdout).toContain('    accessLogFile: /dev/stdout\n')
    expect(stdout).toMatch(/name: TRUST_DOMAIN\n +value: example\.org/)
  })

  it.each([
    ['profile', '--set profile is not NAME=VALUE'],
    ['profile=minimal', 'there is no profile "minimal"'],
    ['values.global.hub=x', '--set values.global.hub sets nothing here: there are profile and meshConfig.NAME'],
    ['meshConfig.acessLogFile=x', '--set meshConfig.acessLogFile: '],
    ['meshConfig.enableTracing=maybe', '--set meshConfig.enableTracing: '],
    ['meshConfig.ingressClass=x', '--set meshConfig.ingressClass would have no effect'],
    ['meshConfig.__proto__.x=y', '--set meshConfig.__proto__'],
  ])('refuses %s', async (word, message) => {
    expect(await call(['install', '--dry-run', '--set', word])).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })
})

describe('what install grants', () => {
  it('lets a gateway read the Secrets of its namespace and istiod do its work, to accounts that are installed too', async () => {
    const { stdout } = await call(['install', '--dry-run'])
    const objects = parseDocuments(stdout).documents.map(({ value }) => value as { kind: string; metadata: { name: string } })
    const find = (kind: string, name: string) => objects.find((object) => object.kind === kind && object.metadata.name === name)
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }
    expect(find('Role', 'istio-ingressgateway-sds')).toMatchObject({ metadata: { namespace: 'istio-system' }, rules: [secrets] })
    expect(find('RoleBinding', 'istio-ingressgateway-sds')).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'istio-ingressgateway-sds' },
      subjects: [{ kind: 'ServiceAccount', name: 'istio-ingressgateway-service-account', namespace: 'istio-system' }],
    })
    const rights = JSON.stringify(find('ClusterRole', 'istiod-clusterrole-istio-system'))
    for (const word of [
      'namespaces',
      'nodes',
      'pods',
      'services',
      'serviceaccounts',
      'endpointslices',
      'networking.istio.io',
      'security.istio.io',
    ])
      expect(rights).toContain(`"${word}"`)
    for (const word of ['subjectaccessreviews', 'tokenreviews', 'configmaps']) expect(rights).toContain(`"${word}"`)
    for (const binding of objects.filter(({ kind }) => kind.endsWith('Binding'))) {
      const { roleRef, subjects } = binding as unknown as { roleRef: { kind: string; name: string }; subjects: { name: string }[] }
      expect(find(roleRef.kind, roleRef.name)).toBeDefined()
      for (const { name } of subjects) expect(find('ServiceAccount', name)).toBeDefined()
    }
  })
})

describe('completion', () => {
  it('of bash and zsh offers commands, the words of a group, and the flags of a command', async () => {
    const { stdout } = await call(['completion', 'bash'])
    if (spawnSync('bash', ['--version']).status !== 0) return
    const offered = (...words: readonly string[]): readonly string[] => {
      const script = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _heddle; printf '%s\\n' "\${COMPREPLY[@]}"`
      return spawnSync('bash', ['-c', script, 'bash', 'heddle', ...words], { encoding: 'utf8' })
        .stdout.trimEnd()
        .split('\n')
    }
    expect(offered('rol')).toEqual(['rollout'])
    expect(offered('rollout', '')).toEqual(['status', 'restart'])
    expect(offered('get', 'pods', '--all')).toEqual(['--all-namespaces'])
    expect(offered('get', 'pods', '--names')).toEqual(['--namespace'])
    expect(offered('pc', 'clu')).toEqual(['clusters', 'cluster'])
    expect(offered('ca', 'rotate', 's')).toEqual(['start'])
    expect(offered('-n', 'shop', 'rollout', 'r')).toEqual(['restart'])
    expect(offered('get', 'virt')).toEqual(['virtualservices'])
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    // Files, which the shell knows.
    expect(offered('apply', '-f', '')).toEqual([''])
    expect(offered('get', 'pods', '-o', '')).toEqual([''])
    expect((await call(['completion', 'zsh'])).stdout).toContain(stdout)
  })

  it('of fish has a line a command and a flag', async () => {
    const { stdout } = await call(['completion', 'fish'])
    expect(stdout).toContain("complete -c heddle -n '__fish_use_subcommand' -a get -d 'List objects'\n")
    expect(stdout).toContain("-n '__fish_seen_subcommand_from rollout; and __fish_seen_subcommand_from status' -l timeout -r")
    expect(stdout).toContain("-n '__fish_seen_subcommand_from ca; and __fish_seen_subcommand_from rotate' -a start ")
    expect(stdout).toContain("-n '__fish_seen_subcommand_from ca' -a rotate -d 'Commands of ca rotate'\n")
    expect(stdout).toMatch(/-l filename -s f -r -F/)
  })
})

describe('manifest crds', () => {
  const kindsOf = (text: string) =>
    parseDocuments(text).documents.map(({ value }) => (value as { spec: { group: string; names: { kind: string } } }).spec)

  it("prints the definitions of Istio's kinds", async () => {
    const { code, stdout } = await call(['manifest', 'crds'])
    expect(code).toBe(0)
    expect(kindsOf(stdout).map(({ names }) => names.kind)).toContain('AuthorizationPolicy')
  })

  it("prints the Gateway API's when asked", async () => {
    const { stdout } = await call(['manifest', 'crds', '--gateway-api'])
    expect([...new Set(kindsOf(stdout).map(({ group }) => group))]).toEqual(['gateway.networking.k8s.io'])
  })
})

describe('what this mesh does not execute', () => {
  const policy = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {}\n'
  const telemetry = 'apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: a}\nspec: {accessLogging: [{disabled: true}]}\n'

  it('is refused where it would protect something', async () => {
    const { code, stderr } = await call(['validate', '-f', '-', '--target', 'heddle'], { input: policy })
    expect(code).toBe(79)
    expect(stderr).toMatch(/error: .*\[not-enforced\]/)
  })

  it('is a warning for who does not say which mesh the files are for', async () => {
    const { code, stdout, stderr } = await call(['validate', '-f', '-'], { input: policy })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 object is valid\n' })
    expect(stderr).toMatch(/warning: .*\[not-enforced\]/)
    expect((await call(['validate', '-f', '-', '--failure-threshold', 'Warning'], { input: policy })).code).toBe(79)
  })

  it('is compared with the words of RE2, as the control plane does', async () => {
    const regex =
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  http:\n  - match: [{uri: {regex: "a{1001}"}}]\n    route: [{destination: {host: a}}]\n'
    expect(await call(['validate', '-f', '-'], { input: regex })).toMatchObject({
      code: 79,
      stderr: expect.stringContaining('[bad-regex]'),
    })
  })

  it('is valid all the same for Istio', async () => {
    const ok = { code: 0, stdout: '1 object is valid\n' }
    expect(await call(['validate', '-f', '-', '--target', 'istio'], { input: policy })).toMatchObject(ok)
    expect(await call(['validate', '-f', '-', '--target', 'envoy'], { input: policy })).toMatchObject({ code: 64 })
  })

  it('is accepted with a warning otherwise', async () => {
    const { code, stderr } = await call(['validate', '-f', '-'], { input: telemetry })
    expect(code).toBe(0)
    expect(stderr).toContain('Accepted, not yet executed')
  })
})

describe('convert', () => {
  const virtualService = (http: string) =>
    `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  hosts: [web]\n  http:\n${http}`
  const destination = '    route: [{destination: {host: web}}]\n'
  const convert = (input: string, ...flags: readonly string[]) => call(['convert', '-f', '-', ...flags], { input })

  it('prints what is exact, with the ports of the Services it was given', async () => {
    const { code, stdout, stderr } = await convert(
      `${service('web')}\n---\n${virtualService(`  - match: [{uri: {exact: /a}}]\n${destination}`)}`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(parseDocuments(stdout).documents[0]?.value).toMatchObject({
      kind: 'HTTPRoute',
      spec: { parentRefs: [{ kind: 'Service', name: 'web' }], rules: [{ backendRefs: [{ name: 'web', port: expect.any(Number) }] }] },
    })
  })

  it('names what is not with its place, and prints that only as a draft', async () => {
    const input = `${service('web')}\n---\n${virtualService(`  - retries: {attempts: 3}\n${destination}`)}`
    const line = input.split('\n').findIndex((text) => text.includes('retries')) + 1
    const { code, stdout, stderr } = await convert(input)
    expect({ code, stdout }).toEqual({ code: 79, stdout: '' })
    expect(stderr).toContain(`<stdin>:${line}:5: inexact: VirtualService "web": spec.http[0].retries: `)
    expect(await convert(input, '--partial')).toMatchObject({ code: 79, stdout: expect.stringContaining('kind: HTTPRoute') })
  })
})
