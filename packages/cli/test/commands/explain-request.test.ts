import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { customResourceDefinitions } from '@heddle/config-schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, startPlatform, temporaryFolder, type Outcome, type Platform } from '../cli.fixture.js'

const manifests = `apiVersion: v1
kind: Service
metadata: {name: hello}
spec: {selector: {app: hello}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: hello}
spec: {host: hello, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: hello}
spec:
  hosts: [hello]
  http:
  - name: testers
    match: [{headers: {x-user: {exact: tester}}}]
    route: [{destination: {host: hello, subset: v2}}]
  - route:
    - {destination: {host: hello, subset: v1}, weight: 90}
    - {destination: {host: hello, subset: v2}, weight: 10}
`
const workloads = ['v1', 'v2'].map(
  (version) => `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello-${version}}
spec:
  selector: {matchLabels: {app: hello, version: ${version}}}
  template: {metadata: {labels: {app: hello, version: ${version}}}, spec: {containers: [{name: app, image: hello}]}}
`,
)

describe('explain request with manifests', () => {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'mesh.yaml'), `${manifests}${workloads.join('')}`)
  const explain = (...argv: readonly string[]): Promise<Outcome> => call(['explain', 'request', '-f', 'mesh.yaml', ...argv], { cwd })

  it('says which rule a request meets, where it is written, and why the others do not match', async () => {
    const { code, stdout, stderr } = await explain('http://hello/x', '--from', 'hello-v1', '--header', 'X-User: tester')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Rule           VirtualService default/hello spec.http[0].match[0] "testers" (mesh.yaml:18:')
    expect(stdout).toContain('not VirtualService default/hello spec.http[1]')
    expect(stdout).toMatch(/Backend +100% {2}hello\.default\.svc\.cluster\.local:80 subset v2 \(version=v2\)/)
    expect(stdout).toContain('mutual TLS: auto mTLS')
  })

  it('says once what is wrong on the way', async () => {
    const input = `${manifests.replace('host: hello, subset: v2}}]', 'host: hello, subset: v9}}]')}${workloads.join('')}`
    const { stdout } = await call(['explain', 'request', 'http://hello/', '--from', 'hello-v1', '-f', '-'], { input })
    expect(stdout.match(/^Error: .*defines the subset "v9"/gm)).toHaveLength(1)
  })

  it('gives the same as data', async () => {
    const { stdout } = await explain('http://hello/', '--from', 'hello-v1', '-o', 'json')
    const { outcome } = JSON.parse(stdout) as { outcome: { backends: { subset: string; share: number }[] } }
    expect(outcome.backends.map(({ subset, share }) => [subset, share])).toEqual([
      ['v1', 90],
      ['v2', 10],
    ])
    expect((await explain('http://hello/', '--from', 'hello-v1', '-o', 'yaml')).stdout).toContain('kind: forwarded')
  })

  it.each([
    [['http://helo/', '--from', 'hello-v1'], 'did you mean "hello"?'],
    [['http://hello/', '--from', 'hello-v3'], 'did you mean "hello-v1.default"?'],
    [['http://hello:81/', '--from', 'hello-v1'], 'Did you mean hello:80?'],
    [['http://hello/'], 'say who asks with --from'],
    [['--from', 'hello-v1'], 'say one URL'],
    [['http://hello/', '--from', 'hello-v1', '--header', 'x'], 'is not of the form'],
    [['http://hello/', '--from', 'gateway'], 'there is no Gateway'],
  ])('%j is refused with a hint', async (argv, wanted) => {
    const { code, stderr } = await explain(...argv)
    expect(code).not.toBe(0)
    expect(stderr).toContain(wanted)
  })
})

describe('explain request with a mesh', () => {
  let platform: Platform
  beforeAll(async () => {
    platform = await startPlatform()
    const definitions = customResourceDefinitions().map((definition) => JSON.stringify(definition))
    expect((await platform.cliWith({ input: definitions.join('\n---\n') }, 'apply', '-f', '-')).code).toBe(0)
  })
  afterAll(() => platform.close())

  it('takes the objects that are there', async () => {
    expect((await platform.cliWith({ input: manifests }, 'apply', '-f', '-')).code).toBe(0)
    const { code, stdout, stderr } = await platform.cli('explain', 'request', 'http://hello/', '--from', 'client')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Rule           VirtualService default/hello spec.http[1]')
    expect(stdout).toContain('no endpoint: 503')
  })
})
