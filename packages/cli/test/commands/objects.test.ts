/** Commands that change or show single objects: delete, label, describe. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configMap, type Platform, pod, service, startPlatform, types } from '../cli.fixture.js'

let mesh: Platform
beforeAll(async () => {
  mesh = await startPlatform()
})
afterAll(() => mesh?.close())

const apply = (input: string) => mesh.cliWith({ input }, 'apply', '-f', '-')
const names = async () =>
  (await mesh.client.list(types.configMaps, { namespace: 'default' })).items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.length < 3)

describe('delete', () => {
  it('deletes by name, in both spellings, and is done when the objects are gone', async () => {
    await apply(['a', 'b', 'c', 'd'].map((name) => configMap(name)).join('\n---\n'))
    expect(await mesh.cli('delete', 'cm', 'a', 'b')).toEqual({
      code: 0,
      stdout: 'configmap "a" deleted\nconfigmap "b" deleted\n',
      stderr: '',
    })
    expect((await mesh.cli('delete', 'cm/c', 'cm/d')).code).toBe(0)
    expect(await names()).toEqual([])
  })

  it('waits for a finalizer, unless told not to', async () => {
    await mesh.client.create(types.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'f', namespace: 'default', finalizers: ['example.com/wait'] },
    })
    expect((await mesh.cli('delete', 'cm', 'f', '--wait=false')).stdout).toBe('configmap "f" deleted\n')
    expect(await names()).toEqual(['f'])
    const onOutput = () => void mesh.client.patch(types.configMaps, 'f', { metadata: { finalizers: null } }, 'default')
    expect(await mesh.cliWith({ onOutput }, 'delete', 'cm', 'f')).toMatchObject({ code: 0, stderr: '' })
    expect(await names()).toEqual([])
  })

  it('gives up waiting after --timeout, with --wait said or not', async () => {
    const metadata = { name: 't', namespace: 'default', finalizers: ['example.com/wait'] }
    await mesh.client.create(types.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    for (const flags of [[], ['--wait'], ['--wait=true']])
      expect(await mesh.cli('delete', 'cm', 't', '--timeout', '50ms', '--now', ...flags)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('not everything was gone within 0.05 s'),
      })
    await mesh.client.patch(types.configMaps, 't', { metadata: { finalizers: null } }, 'default')
  })

  it('stops to wait on Ctrl-C', async () => {
    await mesh.client.create(types.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'k', namespace: 'default', finalizers: ['example.com/wait'] },
    })
    const stop = new AbortController()
    const outcome = await mesh.cliWith({ signal: stop.signal, onOutput: () => stop.abort() }, 'delete', 'cm', 'k')
    expect(outcome).toEqual({ code: 130, stdout: 'configmap "k" deleted\n', stderr: '' })
    await mesh.client.patch(types.configMaps, 'k', { metadata: { finalizers: null } }, 'default')
  })

  it('deletes what a file names', async () => {
    const text = `${configMap('g')}\n---\n${configMap('h')}`
    await apply(text)
    expect((await mesh.cliWith({ input: text }, 'delete', '-f', '-')).stdout).toBe('configmap "h" deleted\nconfigmap "g" deleted\n')
    const again = await mesh.cliWith({ input: text }, 'delete', '-f', '-')
    expect(again).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Error from server (NotFound): configmaps "h" not found\n'),
    })
    expect(await mesh.cliWith({ input: text }, 'delete', '-f', '-', '--ignore-not-found')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('deletes by selector and all of a kind, but never a whole kind by mistake', async () => {
    await apply(`${service('s1', { tier: 'x' })}---\n${service('s2', { tier: 'y' })}`)
    expect((await mesh.cli('delete', 'svc', '-l', 'tier=x')).stdout).toBe('service "s1" deleted\n')
    expect(await mesh.cli('delete', 'svc')).toMatchObject({ code: 64, stderr: expect.stringContaining('say which services to delete') })
    expect((await mesh.cli('delete', 'svc', '-l', 'tier=none')).stdout).toBe('No resources found\n')
    expect((await mesh.cli('delete', 'svc', '--all')).stdout).toContain('service "s2" deleted\n')
  })

  it('takes seconds and durations as grace period, and nothing else', async () => {
    await mesh.client.create(types.pods, pod('graceful'))
    expect(await mesh.cli('delete', 'pod', 'graceful', '--grace-period', 'soon')).toMatchObject({ code: 64 })
    expect((await mesh.cli('delete', 'pod', 'graceful', '--force')).code).toBe(0)
  })
})

describe('label', () => {
  it('sets, keeps, overwrites and removes', async () => {
    await apply(configMap('l'))
    const label = (...words: readonly string[]) => mesh.cli('label', 'cm', 'l', ...words)
    expect((await label('tier=front', 'team=a')).stdout).toBe('configmap/l labeled\n')
    expect((await label('tier=front')).stdout).toBe('configmap/l not labeled\n')
    expect(await label('tier=back')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("'tier' already has a value (front), and --overwrite is false"),
    })
    expect((await label('tier=back', '--overwrite')).stdout).toBe('configmap/l labeled\n')
    expect((await label('team-')).stdout).toBe('configmap/l unlabeled\n')
    expect((await mesh.client.get(types.configMaps, 'l', 'default'))?.metadata.labels).toEqual({ tier: 'back' })
  })

  it('labels a namespace, and what a selector picks', async () => {
    expect((await mesh.cli('label', 'namespace', 'default', 'istio-injection=enabled')).stdout).toBe('namespace/default labeled\n')
    expect((await mesh.cli('label', 'cm', '-l', 'tier=back', 'picked=yes')).stdout).toBe('configmap/l labeled\n')
    expect((await mesh.cli('label', 'cm', 'none', 'a=b')).code).toBe(1)
    expect((await mesh.cli('label', 'cm', 'a=b')).code).toBe(64)
  })
})

describe('describe', () => {
  it('says of a Pod which containers it has, how they are, and what happened, with events last', async () => {
    await mesh.client.create(types.pods, {
      ...pod('web-1'),
      spec: {
        containers: [
          {
            name: 'app',
            image: 'example/app:1',
            ports: [{ containerPort: 8080 }],
            env: [
              { name: 'MODE', value: 'fast' },
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
            ],
            readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
          },
        ],
        volumes: [{ name: 'settings', configMap: { name: 'l' } }],
      },
    })
    const status = {
      phase: 'Running',
      podIP: '127.9.0.1',
      conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
      containerStatuses: [
        {
          name: 'app',
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
          lastState: { terminated: { exitCode: 7, reason: 'Error', finishedAt: '2026-01-01T00:00:00Z' } },
        },
      ],
    }
    const live = await mesh.client.patch(types.pods, 'web-1', { status }, 'default', 'status')
    await mesh.client.create(types.events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web-1.1', namespace: 'default' },
      involvedObject: { kind: 'Pod', name: 'web-1', namespace: 'default', uid: live.metadata.uid },
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting failed container',
      count: 4,
      lastTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'kubelet' },
    })
    const { code, stdout } = await mesh.cli('describe', 'pod', 'web-1')
    expect(code).toBe(0)
    for (const line of [
      /^Name: +web-1$/,
      /^Labels: +app=web-1$/,
      /^Status: +Running$/,
      /^IP: +127\.9\.0\.1$/,
      /^ {2}app:$/,
      /^ {4}Ports: +8080\/TCP$/,
      /^ {4}State: +Waiting: CrashLoopBackOff: back-off 40s$/,
      /^ {4}Last State: +Terminated: Error, exit code 7, at 2026-01-01T00:00:00Z$/,
      /^ {4}Ready: +False$/,
      /^ {4}Restart Count: +3$/,
      /^ {4}Readiness: +http-get :8080\/healthz timeout=1s period=10s #failure=3$/,
      /^ {6}MODE=fast$/,
      /^ {6}PASSWORD=<key password of secret db>$/,
      /^ {2}Ready +False {2}ContainersNotReady$/,
      /^ {2}settings: +config map l$/,
      /^ {2}Warning +BackOff +\d+[dh] +kubelet +Back-off restarting failed container \(x4\)$/,
    ])
      expect(stdout).toMatch(new RegExp(line.source, 'm'))
    expect(stdout.indexOf('Events:')).toBeGreaterThan(stdout.indexOf('Volumes:'))
    // The scheduler tries again meanwhile.
    const settled = (text: string): string => text.replaceAll(/\(x\d+\)|\b\d+s\b/g, '-')
    expect(settled((await mesh.cli('describe', 'pod/web-1')).stdout)).toBe(settled(stdout))
    expect(settled((await mesh.cli('describe', 'pod', 'web-')).stdout)).toBe(settled(stdout))
  })

  it('never takes an empty name or selector for everything', async () => {
    await mesh.cliWith({ input: configMap('kept') }, 'apply', '-f', '-')
    for (const words of [
      ['delete', 'cm', ''],
      ['delete', 'cm', '-l', ''],
      ['label', 'cm', '', 'a=b'],
      ['label', 'cm', '-l', '', 'a=b'],
      ['describe', 'cm', ''],
    ])
      expect(await mesh.cli(...words)).toMatchObject({ code: 64, stdout: '' })
    expect((await mesh.cli('get', 'cm', 'kept', '-o', 'name')).stdout).toBe('configmap/kept\n')
  })

  it('takes all namespaces with -A, where no name is said', async () => {
    await mesh.client.create(types.pods, pod('far'))
    const { code, stdout } = await mesh.cli('describe', 'ns,pods', '-A', '-n', 'kube-system')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Name: +far\nNamespace: +default$/m)
    expect(await mesh.cli('describe', 'pod', 'far', '-A')).toMatchObject({ code: 64 })
    expect(await mesh.cli('describe', 'jobs', '-A')).toMatchObject({ stderr: 'No resources found\n' })
  })

  it('never shows what a Secret holds', async () => {
    await apply('apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n')
    const { stdout } = await mesh.cli('describe', 'secret', 'db')
    expect(stdout).toMatch(/password: +7 bytes/)
    expect(stdout).not.toMatch(/hunter2|aHVudGVyMg/)
  })

  it('puts any other kind into words, without the record of the last apply', async () => {
    await apply(service('words'))
    const { stdout } = await mesh.cli('describe', 'svc', 'words')
    expect(stdout).toMatch(/^Annotations: +<none>$/m)
    expect(stdout).toMatch(/^Spec:\n(?: {2}.*\n)* {2}Ports:\n {4}- Name: +http\n/m)
    expect(stdout).toMatch(/Events: +<none>\n$/)
    await apply(configMap('lines', { text: 'one\ntwo\n' }))
    expect((await mesh.cli('describe', 'cm', 'lines')).stdout).toContain('  text:\n    one\n    two\n')
  })

  it('shows all of a kind, and says what is missing', async () => {
    expect((await mesh.cli('describe', 'ns')).stdout.match(/^Name: /gm)?.length).toBeGreaterThan(1)
    expect(await mesh.cli('describe', 'svc', 'nope')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('services "nope" not found in namespace default'),
    })
    expect(await mesh.cli('describe', 'deploy')).toEqual({ code: 0, stdout: '', stderr: 'No resources found in default namespace.\n' })
  })
})
