import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rolloutState } from '../../src/commands/rollout.js'
import { deployment, type Platform, startPlatform, types } from '../cli.fixture.js'

describe('the state of a rollout', () => {
  const state = (status: object, replicas = 2) => rolloutState({ metadata: { name: 'web', generation: 3 }, spec: { replicas }, status })
  const waiting = (what: string) => ({ outcome: 'waiting', text: `Waiting for deployment "web" rollout to finish: ${what}...` })

  it.each([
    [{ observedGeneration: 2 }, { outcome: 'waiting', text: 'Waiting for deployment spec update to be observed...' }],
    [{ observedGeneration: 3, updatedReplicas: 1, replicas: 2 }, waiting('1 out of 2 new replicas have been updated')],
    [{ observedGeneration: 3, updatedReplicas: 2, replicas: 3 }, waiting('1 old replicas are pending termination')],
    [{ observedGeneration: 3, updatedReplicas: 2, replicas: 2, availableReplicas: 1 }, waiting('1 of 2 updated replicas are available')],
    [
      { observedGeneration: 3, updatedReplicas: 2, replicas: 2, availableReplicas: 2 },
      { outcome: 'done', text: 'deployment "web" successfully rolled out' },
    ],
    [
      { observedGeneration: 3, conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] },
      { outcome: 'failed', text: 'error: deployment "web" exceeded its progress deadline' },
    ],
  ])('of %j', (status, expected) => {
    expect(state(status)).toEqual(expected)
  })
})

describe('rollout', () => {
  let mesh: Platform
  beforeAll(async () => {
    mesh = await startPlatform()
  })
  afterAll(() => mesh?.close())

  it('status gives up after its timeout, with 1', async () => {
    await mesh.client.create(types.deployments, deployment('slow'))
    const { code, stdout, stderr } = await mesh.cli('rollout', 'status', 'deploy/slow', '--timeout', '200ms')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^Waiting for deployment /)
    expect(stderr).toContain('deployment "slow" was not rolled out within 0.2 s')
  })

  it('status follows until the rollout is complete', async () => {
    await mesh.client.create(types.deployments, deployment('none', 0))
    expect(await mesh.cli('rollout', 'status', 'deployment/none')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/deployment "none" successfully rolled out\n$/),
    })
  })

  it('status says that the Deployment went away meanwhile', async () => {
    await mesh.client.create(types.deployments, deployment('brief'))
    const outcome = await mesh.cliWith(
      { onOutput: () => void mesh.client.delete(types.deployments, 'brief', 'default').catch(() => {}) },
      'rollout',
      'status',
      'deploy/brief',
    )
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('deployments.apps "brief" has been deleted') })
  })

  it('status ends with 130 on Ctrl-C', async () => {
    await mesh.client.create(types.deployments, deployment('stuck'))
    const stop = new AbortController()
    expect(await mesh.cliWith({ signal: stop.signal, onOutput: () => stop.abort() }, 'rollout', 'status', 'deploy/stuck')).toMatchObject({
      code: 130,
    })
  })

  it('restart changes the template of the Pods', async () => {
    expect((await mesh.cli('rollout', 'restart', 'deploy/none')).stdout).toBe('deployment.apps/none restarted\n')
    const live = await mesh.client.get(types.deployments, 'none', 'default')
    expect(JSON.stringify(live?.['spec'])).toContain('kubectl.kubernetes.io/restartedAt')
  })

  it.each(['sts/web', 'ds/web', 'job/web', 'statefulsets.apps/web'])(
    'of %s says that the local platform does not run that kind',
    async (word) => {
      for (const verb of ['status', 'restart'])
        expect(await mesh.cli('rollout', verb, word)).toMatchObject({
          code: 64,
          stderr: expect.stringMatching(/^error: the local platform does not run (StatefulSet|DaemonSet|Job)s; it runs Deployments/),
        })
    },
  )

  it('of other kinds says what it is for', async () => {
    expect((await mesh.cli('rollout', 'status', 'svc/web')).stderr).toContain('a Service has no rollout here')
    expect((await mesh.cli('rollout', 'status', 'wibble/web')).stderr).toContain('"wibble" is no kind of workload')
    expect((await mesh.cli('rollout', 'status', 'sts/web', '--kubeconfig', 'k')).stderr).toContain('a StatefulSet has no rollout here')
    for (const words of [['deploy'], ['deploy/'], ['deploy/a/b'], []])
      expect(await mesh.cli('rollout', 'status', ...words)).toMatchObject({ code: 64, stderr: expect.stringContaining('deploy/NAME') })
    for (const word of ['deployment.apps/none', 'deployments/none', 'Deployment/none'])
      expect(await mesh.cli('rollout', 'status', word)).toMatchObject({ code: 0 })
  })

  it('names a Deployment that is not there', async () => {
    expect(await mesh.cli('rollout', 'status', 'deploy/nope')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('deployments.apps "nope" not found in namespace default'),
    })
    expect(await mesh.cli('rollout', 'restart', 'deploy/nope')).toMatchObject({
      code: 1,
      stderr: 'Error from server (NotFound): deployments.apps "nope" not found\n',
    })
  })
})
