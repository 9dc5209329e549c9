import { expect, it } from 'vitest'
import { statusError } from '../../src/resources/api-error.js'
import type { ApiConnection } from '../../src/resources/api-connection.js'
import { listAll } from '../../src/resources/list-pages.js'

const pods = { group: '', version: 'v1', plural: 'pods' }

interface FakePage {
  readonly resourceVersion: string
  readonly names: readonly string[]
}

/** A server that gives one page after the other; `expired` answers the first continuation with 410. */
function connectionOf(pages: readonly FakePage[], expired = false): ApiConnection & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    send: () => Promise.reject(new Error('not used')),
    close: () => undefined,
    async call({ path }) {
      asked.push(path)
      const query = new URL(path, 'https://api').searchParams
      const index = Number(query.get('continue') ?? 0)
      if (expired && index > 0) throw statusError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 410, reason: 'Expired' })
      const given = query.has('limit') ? pages.slice(index, index + 1) : pages
      const items = given.flatMap(({ names }) => names.map((name) => ({ metadata: { name } })))
      const last = given.at(-1)
      const next = query.has('limit') && index + 1 < pages.length ? { continue: String(index + 1) } : {}
      return { apiVersion: 'v1', kind: 'PodList', metadata: { name: '', resourceVersion: last?.resourceVersion ?? '', ...next }, items }
    },
  }
}

const pages: readonly FakePage[] = [
  { resourceVersion: '7', names: ['a', 'b'] },
  { resourceVersion: '9', names: ['c'] },
]

it('a list of several pages is as old as its first page, so that a watch misses nothing that changed meanwhile', async () => {
  const { resourceVersion, items } = await listAll(connectionOf(pages), pods)
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
  expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod' })
  expect(resourceVersion).toBe('7')
})

it('a continuation that is too old is answered by one list without pages', async () => {
  const connection = connectionOf(pages, true)
  const { resourceVersion, items } = await listAll(connection, pods)
  expect(items).toHaveLength(3)
  expect(resourceVersion).toBe('9')
  expect(connection.asked.at(-1)).not.toContain('limit')
})
