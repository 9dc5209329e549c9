import { status } from '@grpc/grpc-js'
import type { HttpLogEntry } from '@heddle/xds'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFakeControlPlane, fakeToken, type FakeControlPlane } from '../../src/testing.js'
import { node } from '../mesh-objects.js'
import { createCaller } from './grpc-caller.js'

let controlPlane: FakeControlPlane
beforeAll(async () => {
  controlPlane = await createFakeControlPlane()
})
afterAll(() => controlPlane.close())

const entry = (tags: Record<string, string>): HttpLogEntry => ({
  kind: 'http',
  startTimeMs: 1000,
  durationMs: 7,
  responseFlags: [],
  requestBodyBytes: 0,
  responseBodyBytes: 5,
  responseCode: 200,
  path: '/api/hello',
  tags,
})
const page = async (port: number, path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text()

async function report(token: string | undefined, entries: HttpLogEntry[]): Promise<number | undefined> {
  const caller = createCaller(controlPlane, token === undefined ? {} : { token })
  const { call, ended } = caller.report()
  call.write({ sender: { node: node(), logName: 'heddle' }, entries })
  call.end()
  const error = await ended
  caller.close()
  return error?.code
}

it('adds records up into the metrics of both ports and keeps the last ones', async () => {
  const own = { reporter: 'destination', destination_workload: 'web', destination_workload_namespace: 'default', response_code: '200' }
  expect(await report(fakeToken('default', 'default'), [entry(own), entry(own)])).toBeUndefined()
  const line =
    'istio_requests_total{destination_workload="web",destination_workload_namespace="default",reporter="destination",response_code="200"} 2'
  expect((await page(controlPlane.ports.telemetry, '/metrics')).split('\n')).toContain(line)
  expect((await page(controlPlane.ports.monitoring, '/telemetry/metrics')).split('\n')).toContain(line)
  const records = JSON.parse(await page(controlPlane.ports.monitoring, '/telemetry/records?limit=1')) as { entry: { path: string } }[]
  expect(records.map((record) => record.entry.path)).toEqual(['/api/hello'])
})

it('believes nobody who speaks for another namespace', async () => {
  const foreign = { reporter: 'source', source_workload: 'bank', source_workload_namespace: 'finance' }
  expect(await report(fakeToken('default', 'default'), [entry(foreign)])).toBeUndefined()
  const metrics = await page(controlPlane.ports.telemetry, '/metrics')
  expect(metrics).not.toContain('finance')
  expect(metrics).toContain('heddle_telemetry_dropped_records_total 1')
})

it('refuses records without credentials and records of another identity', async () => {
  expect(await report(undefined, [entry({})])).toBe(status.UNAUTHENTICATED)
  expect(await report(fakeToken('other', 'default'), [entry({})])).toBe(status.PERMISSION_DENIED)
})
