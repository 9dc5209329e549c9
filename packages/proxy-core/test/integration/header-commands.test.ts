/** Header values that carry commands of the access log language, as VirtualService `headers` may. */
import { expect, test } from 'vitest'
import type { HeaderMutations } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

async function received(values: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const upstream = keep(await httpUpstream((incoming, outgoing) => void outgoing.end(`<${JSON.stringify(incoming.headers)}>`)))
  const requestAdd: HeaderMutations['requestAdd'] = Object.entries(values).map(([key, value]) => ({
    key,
    value,
    append: 'OVERWRITE_IF_EXISTS_OR_ADD',
  }))
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('u'), { headers: { requestAdd } })]), [staticCluster('u', [upstream.port])])),
  )
  const answer = await exchange(front.port, 'GET /a?b=1 HTTP/1.1\r\nHost: shop.example\r\nX-User: jason\r\nConnection: close\r\n\r\n')
  return JSON.parse(/<(.*)>/.exec(answer)?.[1] ?? '{}')
}

test('parts of the request are read by their HTTP/2 names, with a second choice and a length', async () => {
  const headers = await received({
    'x-authority': '%REQ(:authority)%',
    'x-line': '%REQ(:METHOD)% %REQ(:path)%',
    'x-who': 'u=%REQ(x-other?x-user):3%',
    'x-direct': '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
    'x-percent': '100%%',
  })
  expect(headers).toMatchObject({
    'x-authority': 'shop.example',
    'x-line': 'GET /a?b=1',
    'x-who': 'u=jas',
    'x-direct': '127.0.0.1',
    'x-percent': '100%',
  })
})

test('a header whose value comes out empty is not sent, and one that stood there stays', async () => {
  const headers = await received({ 'x-none': '%REQ(x-absent)%', 'x-user': '%REQ(x-absent)%' })
  expect(headers).not.toHaveProperty('x-none')
  expect(headers).toMatchObject({ 'x-user': 'jason' })
})

test('what is no command stays as written', async () => {
  expect(await received({ 'x-odd': '50% of %NOT_THERE%' })).toMatchObject({ 'x-odd': '50% of %NOT_THERE%' })
})
