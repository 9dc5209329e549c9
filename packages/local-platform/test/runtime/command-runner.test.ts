import { systemClock } from '@heddle/base/node'
import { startHttpEcho } from '@heddle/testing'
import { describe, expect, it } from 'vitest'
import { pilotAgentRequest, runCommand } from '../../src/runtime/command-runner.js'

const place = { environment: { PATH: process.env['PATH'] ?? '' }, workingDirectory: '.', podIp: '127.0.0.1' }
const within = (timeoutMs: number) => ({ timeoutMs, onTimeout: (callback: () => void) => systemClock.setTimer(timeoutMs, callback) })

describe('a command in a container', () => {
  it('gives its output and exit code', async () => {
    expect(await runCommand(['sh', '-c', 'echo out; echo err >&2; exit 3'], place, within(5000))).toEqual({
      exitCode: 3,
      output: 'out\nerr\n',
    })
  })

  it('is ended when its time is up', async () => {
    expect(await runCommand(['sleep', '100'], place, within(30))).toEqual({ exitCode: 137, output: '' })
  })

  it('that is "pilot-agent request" calls the admin port of the proxy', async () => {
    const admin = await startHttpEcho()
    const command = ['pilot-agent', 'request', `--debug-port=${admin.port}`, 'POST', 'drain']
    const { exitCode, output } = await runCommand(command, place, within(5000))
    expect([exitCode, JSON.parse(output)]).toEqual([0, expect.objectContaining({ method: 'POST', path: '/drain' })])
    expect(await pilotAgentRequest([...command.slice(0, 3), 'GET', '/x?status=503'], '127.0.0.1')).toMatchObject({ exitCode: 1 })
    await admin.close()
    expect(await pilotAgentRequest(command, '127.0.0.1')).toMatchObject({ exitCode: 1, output: expect.stringContaining('ECONNREFUSED') })
  })
})
