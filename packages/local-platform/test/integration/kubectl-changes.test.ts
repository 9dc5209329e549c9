/** Changes of built-in kinds as the real kubectl makes them: a second apply, set, scale, edit by patch. */
import type { KubernetesObject } from '@heddle/client'
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
})
