import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, askMany, startLoad } from './http.fixture.js'
import { has, type Mesh, heddleProgram, repositoryRoot, run, startMesh } from '../mesh.fixture.js'

const manifests = join(repositoryRoot, 'apps/helloworld/manifests')
const manifest = join(manifests, 'helloworld.yaml')
const soon = { timeout: 10_000, interval: 25 }

const created = [
  'service/helloworld created',
  'deployment.apps/helloworld-v1 created',
  'gateway.networking.istio.io/helloworld-gateway created',
  'virtualservice.networking.istio.io/helloworld created',
]

describe('the article, command by command', () => {
  let mesh: Mesh
  beforeAll(async () => {
    mesh = await startMesh({ flags: ['--ports', 'auto', '--seed', '7'] })
  })
  afterAll(() => mesh?.stop())

  it('lists the components of the control plane, and where the gateway is', async () => {
    const table = await mesh.must('get', 'svc', '-n', 'istio-system')
    const rows = new Map(table.split('\n').map((line): [string, string[]] => [line.split(/ +/)[0] as string, line.split(/ +/)]))
    expect([...rows.keys()].filter(Boolean)).toEqual([
      'NAME',
      'istio-citadel',
      'istio-ingressgateway',
      'istio-pilot',
      'istio-telemetry',
      'istiod',
    ])
    expect(rows.get('istio-pilot')?.[4]).toBe('15010/TCP,15012/TCP,15014/TCP')
    expect(rows.get('istio-citadel')?.[4]).toBe('8060/TCP,15014/TCP')
    expect(rows.get('istio-telemetry')?.[4]).toBe('15014/TCP,42422/TCP')
    const [, type, , externalIp, ports] = rows.get('istio-ingressgateway') ?? []
    const { hostname, port } = new URL(mesh.gatewayUrl)
    expect([type, externalIp]).toEqual(['LoadBalancer', hostname])
    expect(ports?.split(',')).toContain(`80:${port}/TCP`)
  })

  it('is not changed by a second install', async () => {
    const lines = (await mesh.must('install', '--profile', 'demo')).trimEnd().split('\n')
    expect(lines.at(-1)).toBe('✔ Installation complete')
    expect(lines.filter((line) => !line.startsWith('✔')).map((line) => line.split(' ').at(-1))).toEqual(
      lines.slice(0, -3).map(() => 'unchanged'),
    )
    const strict = await mesh.must('get', 'peerauthentication', 'default', '-n', 'istio-system', '-o', 'yaml')
    expect(strict).toContain('mode: STRICT')
  })

  it('applies the injected manifest through process substitution', async () => {
    if (!(await has('bash'))) {
      expect((await mesh.inject(manifest)).trimEnd().split('\n')).toEqual(created)
      return
    }
    const script = '"$0" "$1" apply -f <("$0" "$1" kube-inject -f "$2")'
    const outcome = await run('bash', ['-c', script, process.execPath, heddleProgram, manifest], {
      env: { HEDDLE_STATE: mesh.stateFolder },
    })
    expect(outcome).toEqual({ code: 0, stdout: `${created.join('\n')}\n`, stderr: '' })
  })

  it('shows the Pod with its sidecar, and the service', async () => {
    await mesh.must('rollout', 'status', 'deploy/helloworld-v1', '--timeout', '20')
    const lines = (await mesh.must('get', 'pod,svc')).split('\n').filter((line) => line.includes('helloworld'))
    expect(lines).toEqual([
      expect.stringMatching(/^pod\/helloworld-v1-[a-z0-9]+-[a-z0-9]{5} +2\/2 +Running +0 +\d+s$/),
      expect.stringMatching(/^service\/helloworld +ClusterIP +127\.\d+\.\d+\.\d+ +<none> +80\/TCP +\d+s$/),
    ])
  })

  it('answers through the gateway', async () => {
    const url = `${mesh.gatewayUrl}/api/hello`
    await expect.poll(() => ask(url), soon).toEqual({ status: 200, body: 'Hello world v1' })
    if (await has('curl')) expect(await run('curl', ['-sS', url])).toEqual({ code: 0, stdout: 'Hello world v1\n', stderr: '' })
  })

  it('sends one request in ten to the second version, then all of them, and loses none on the way', { timeout: 60_000 }, async () => {
    const url = `${mesh.gatewayUrl}/api/hello`
    await mesh.inject(join(manifests, 'helloworld-v2.yaml'))
    await mesh.must('rollout', 'status', 'deploy/helloworld-v2', '--timeout', '20')
    const gatewayIp = await mesh.must('get', 'pods', '-n', 'istio-system', '-l', 'istio=ingressgateway', '-o', 'json').then(podIpOf)
    const canary = readFileSync(join(manifests, 'canary.yaml'), 'utf8')
    const shift = async (percent: number): Promise<void> => {
      const text = canary.replace(/weight: (90|10)$/gm, (_, weight) => `weight: ${weight === '90' ? 100 - percent : percent}`)
      const { code, stderr } = await mesh.heddle(['apply', '-f', '-'], { input: text })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      await expect.poll(() => gatewayWeights(gatewayIp), soon).toEqual([100 - percent, percent].filter((weight) => weight > 0))
    }
    await shift(10)

    const requests = 2000
    const split = await askMany(url, requests)
    expect(Object.keys(split).toSorted()).toEqual(['200 Hello world v1', '200 Hello world v2'])
    const sixSigma = 6 * Math.sqrt(requests * 0.1 * 0.9)
    expect(Math.abs((split['200 Hello world v2'] ?? 0) - requests * 0.1)).toBeLessThan(sixSigma)

    const load = startLoad(url)
    for (const percent of [20, 30, 40, 50, 60, 70, 80, 90, 95, 100]) await shift(percent)
    load.stop()
    const answers = await load.done
    expect(Object.keys(answers).toSorted()).toEqual(['200 Hello world v1', '200 Hello world v2'])
    expect(await askMany(url, 100)).toEqual({ '200 Hello world v2': 100 })
  })
})

/** The weights of the gateway's only route as it runs now, from the proxy itself. */
async function gatewayWeights(gatewayIp: string): Promise<readonly number[]> {
  const { body } = await ask(`http://${gatewayIp}:15000/config_dump`)
  return [...body.matchAll(/"weight": ?(\d+)/g)].map(([, weight]) => Number(weight))
}

function podIpOf(pods: string): string {
  return (JSON.parse(pods) as { readonly items: readonly { readonly status: { readonly podIP: string } }[] }).items[0]?.status.podIP ?? ''
}
