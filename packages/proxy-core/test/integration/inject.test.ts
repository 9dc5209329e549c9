import { expect, test } from 'vitest'
import { createProxy } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, staticCluster } from './harness.js'

const keep = keepOpen()

test('a request in memory takes the same way without a port', async () => {
  const upstream = keep(
    await httpUpstream((incoming, outgoing) => {
      let body = ''
      incoming.on('data', (data: Buffer) => (body += data.toString()))
      incoming.on('end', () => outgoing.end(`${incoming.method ?? ''} ${incoming.url ?? ''} ${body}`))
    }),
  )
  const proxy = keep(createProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])))
  expect(await proxy.inject({ method: 'POST', path: '/x?y', authority: 'web', body: 'hello' })).toMatchObject({
    status: 200,
    body: 'POST /x?y hello',
    broken: false,
  })
  for (const bad of [{ path: '/a b' }, { method: 'GE T' }, { headers: { 'x:y': 'v' } }, { headers: { x: 'v\r\ny: z' } }])
    await expect(proxy.inject({ authority: 'web', ...bad })).rejects.toMatchObject({ code: 'HEDDLE_PROXY_WIRE_TEXT' })
  expect(proxy.listeners()).toEqual([])
  await expect(proxy.inject({ listener: 'none', authority: 'a' })).rejects.toMatchObject({ code: 'HEDDLE_PROXY_LISTENER_UNKNOWN' })
})
