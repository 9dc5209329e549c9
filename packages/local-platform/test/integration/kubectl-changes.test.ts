/** Changes of built-in kinds as the real kubectl makes them: a second apply, set, scale, edit by patch. */
import type { KubernetesObject } from '@heddle/client'
import { customResourceDefinitions } from '@heddle/config-schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PlatformHarness, startHarness, types } from '../platform-harness.js'
import { hasKubectl, type Kubectl, manifestFile, runKubectl } from './kubectl.js'

interface Container {
  readonly name: string
  readonly image?: string
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly ports?: readonly { readonly containerPort: number; readonly name?: string }[]
}

function deployment(containers: readonly Container[], strategy?: object): object {
  const labels = { app: 'shop' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: {
      replicas: 0,
      ...(strategy && { strategy }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  }
}

function service(ports: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { selector: { app: 'shop' }, ports } }
}

const named = (kind: string, apiVersion: string, name: string): object => ({ apiVersion, kind, metadata: { name } })

describe.skipIf(!hasKubectl)('changes by kubectl (skipped when it is not installed)', () => {
  let harness: PlatformHarness
  beforeAll(async () => {
    harness = await startHarness()
  })
  afterAll(() => harness.close())

  const kubectl: Kubectl = (...args) => runKubectl(harness, ...args)
  const apply = async (...objects: readonly object[]): Promise<string> => {
    const { output, errors } = await kubectl('apply', '-f', manifestFile(harness, 'shop.json', ...objects))
    return `${output}${errors}`
  }
  const containers = async (): Promise<readonly Container[]> => {
    const { spec } = (await harness.client.get(types.deployments, 'shop', 'default')) as KubernetesObject & {
      spec: { template: { spec: { containers: readonly Container[] } } }
    }
    return spec.template.spec.containers
  }

  const web = { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 8080, name: 'http' }] }
  const side = { name: 'side', image: 'side:1' }

  it('applies again: what changed is merged by name, what went away goes, what others set stays', async () => {
    expect(await apply(deployment([web, side]), service([{ name: 'http', port: 80 }]))).toBe(
      'deployment.apps/shop created\nservice/shop created\n',
    )
    await kubectl('set', 'env', 'deployment/shop', '-c', 'web', 'OTHER=set')
    const changed = {
      ...web,
      image: 'web:2',
      env: [{ name: 'B', value: '2' }, ...web.env],
      ports: [{ containerPort: 9090, name: 'admin' }],
    }
    const ports = [
      { name: 'https', port: 443 },
      { name: 'http', port: 80, targetPort: 8080 },
    ]
    expect(await apply(deployment([{ name: 'log', image: 'log:1' }, changed]), service(ports))).toBe(
      'deployment.apps/shop configured\nservice/shop configured\n',
    )
    const after = await containers()
    expect(after.map(({ name, image }) => `${name} ${image}`)).toEqual(['log log:1', 'web web:2'])
    expect(after[1]?.env).toEqual(expect.arrayContaining([{ name: 'B', value: '2' }, ...web.env, { name: 'OTHER', value: 'set' }]))
    expect(after[1]?.ports).toEqual([{ containerPort: 9090, name: 'admin', protocol: 'TCP' }])
    expect((await harness.client.get(types.services, 'shop', 'default'))?.['spec']).toMatchObject({
      ports: [
        { name: 'https', port: 443, targetPort: 443 },
        { name: 'http', port: 80, targetPort: 8080 },
      ],
    })
    await kubectl('set', 'env', 'deployment/shop', '-c', 'web', 'OTHER-')
    expect(await apply(deployment([{ name: 'log', image: 'log:1' }, changed]), service(ports))).toBe(
      'deployment.apps/shop unchanged\nservice/shop unchanged\n',
    )
  })

  it('drops the settings of another strategy', async () => {
    expect(await apply(deployment([web], { type: 'Recreate' }))).toBe('deployment.apps/shop configured\n')
    expect((await harness.client.get(types.deployments, 'shop', 'default'))?.['spec']).toMatchObject({ strategy: { type: 'Recreate' } })
  })

  it('sets an image, scales, and takes patches of all three kinds', async () => {
    expect((await kubectl('set', 'image', 'deployment/shop', 'web=web:3')).output).toBe('deployment.apps/shop image updated\n')
    expect((await containers())[0]).toMatchObject({ name: 'web', image: 'web:3', ports: [{ containerPort: 8080 }] })
    expect((await kubectl('scale', 'deployment/shop', '--replicas=0')).output).toBe('deployment.apps/shop scaled\n')
    const patch = async (type: string, body: object): Promise<string> => {
      const { output, errors } = await kubectl('patch', 'deployment', 'shop', `--type=${type}`, '-p', JSON.stringify(body))
      return `${output}${errors}`
    }
    const container = { name: 'web', image: 'web:4' }
    expect(await patch('strategic', { spec: { template: { spec: { containers: [container] } } } })).toBe('deployment.apps/shop patched\n')
    expect((await containers())[0]).toMatchObject({ image: 'web:4', ports: [{ containerPort: 8080 }] })
    const image = '/spec/template/spec/containers/0/image'
    expect(await patch('json', [{ op: 'replace', path: image, value: 'web:5' }])).toBe('deployment.apps/shop patched\n')
    expect((await containers())[0]).toMatchObject({ image: 'web:5', ports: [{ containerPort: 8080 }] })
    expect(await patch('json', [{ op: 'remove', path: '/spec/nothing' }])).toContain('there is nothing at "/spec/nothing"')
    expect(await patch('merge', { spec: { template: { spec: { containers: [container] } } } })).toBe('deployment.apps/shop patched\n')
    expect((await containers())[0]).not.toHaveProperty('ports')
  })

  it('prints what the platform does not do of what it was given', async () => {
    const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'db:1' }], restartPolicy: 'Never' } }
    const away = { ...named('Service', 'v1', 'away'), spec: { type: 'ExternalName', externalName: 'example.com', ports: [{ port: 443 }] } }
    const node = { ...named('Service', 'v1', 'node'), spec: { type: 'NodePort', ports: [{ port: 80 }] } }
    const job = { ...named('Job', 'batch/v1', 'job'), spec: { template } }
    const spaces = { ...named('Namespace', 'v1', 'injected'), metadata: { name: 'injected', labels: { 'istio.io/rev': 'canary' } } }
    const { errors, output } = await kubectl('apply', '-f', manifestFile(harness, 'warned.json', away, node, job, spaces))
    const lines = errors.split('\n').filter((line) => line !== '')
    expect(lines).toEqual([
      expect.stringMatching(/^Warning: spec\.type: .*ExternalName/),
      expect.stringMatching(/^Warning: spec\.type: .*node ports/),
      'Warning: a Job is stored but not run by the local platform; use a Deployment',
      expect.stringMatching(/^Warning: metadata\.labels: istio\.io\/rev=canary .*heddle kube-inject/),
    ])
    expect(output.split('\n')).toContain('service/away created')
    expect((await kubectl('label', 'ns', 'default', 'istio-injection=enabled')).errors).toContain(
      'Warning: metadata.labels: istio-injection=',
    )
    expect((await kubectl('label', 'ns', 'default', 'other=1')).errors).toBe('')
    expect((await kubectl('get', 'svc', 'away')).output).toMatch(/\naway +ExternalName +<none> +example\.com +443\/TCP +/)
    const lb = { ...named('Service', 'v1', 'lb'), spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }
    await kubectl('apply', '-f', manifestFile(harness, 'lb.json', lb))
    expect((await kubectl('get', 'svc', 'lb')).output).toMatch(/\nlb +LoadBalancer +127\.[\d.]+ +<pending> +80\/TCP +/)
  })

  it('explains fields of built-in kinds and of definitions', async () => {
    const container = await kubectl('explain', 'deployment.spec.template.spec.containers')
    expect(container.output).toMatch(/GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n/)
    expect(container.output).toMatch(/FIELD: containers <\[\]Container>/)
    expect(container.output).toMatch(/ {2}env\t<\[\]EnvVar>/)
    expect(container.output).toMatch(/ {2}name\t<string> -required-/)
    for (const definition of customResourceDefinitions().filter(({ spec }) => spec.names.kind === 'VirtualService'))
      await harness.client.create(types.definitions, definition as unknown as KubernetesObject)
    const route = await kubectl('explain', 'virtualservice.spec.http', '--api-version=networking.istio.io/v1')
    expect(route.output).toMatch(/ {2}timeout\t<string>/)
    expect(await kubectl('explain', 'pod.spec.nothing')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('field "nothing" does not exist'),
    })
  })
})
