import { createFakeClock, createMemoryLogger, createSeededRandom, type FakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { statusError } from '../../src/resources/api-error.js'
import { createInformer, type InformerSource } from '../../src/resources/informer.js'
import type { Informer, InformerEvent, KubernetesObject, ResourceList } from '../../src/resources/resource-client.js'
import type { WatchEvent } from '../../src/resources/watch-stream.js'

const object = (name: string, resourceVersion: number, uid: string = name): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid, resourceVersion: String(resourceVersion) },
})

/** A server whose lists and watches the test scripts; every call is recorded. */
function scriptedSource(
  lists: readonly ResourceList[],
  watches: readonly (readonly (WatchEvent | Error)[])[],
): InformerSource & { readonly calls: string[] } {
  const calls: string[] = []
  let listed = 0
  let watched = 0
  return {
    calls,
    what: 'configmaps',
    list: async () => {
      calls.push('list')
      const list = lists[listed++]
      if (!list) throw new Error('the server is away')
      return list
    },
    async *watch(resourceVersion, signal) {
      calls.push(`watch ${resourceVersion}`)
      const events = watches[watched++]
      for (const event of events ?? []) {
        if (event instanceof Error) throw event
        yield event
      }
      if (events === undefined || events === watches.at(-1))
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
}

const list = (resourceVersion: number, ...items: readonly KubernetesObject[]): ResourceList => ({
  resourceVersion: String(resourceVersion),
  items,
})
const gone = (): Error => statusError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 410, reason: 'Expired' })

interface Watched {
  readonly informer: Informer
  readonly seen: string[]
  readonly clock: FakeClock
  readonly until: (count: number) => Promise<void>
}

function watchScript(source: InformerSource): Watched {
  const clock = createFakeClock()
  const seen: string[] = []
  const waiting: (() => void)[] = []
  const describeEvent = (event: InformerEvent): string =>
    event.type === 'synced' ? 'synced' : `${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`
  const onEvent = (event: InformerEvent): void => {
    seen.push(describeEvent(event))
    for (const wake of waiting.splice(0)) wake()
  }
  const informer = createInformer(source, { onEvent }, { clock, random: createSeededRandom(1), logger: createMemoryLogger() })
  return {
    informer,
    seen,
    clock,
    async until(count) {
      while (seen.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}

/** Lets promises settle until the informer waits for the clock. */
async function settle(clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 50 && clock.pendingTimers() === 0; turn++) await Promise.resolve()
}

describe('informer', () => {
  it('delivers the list, then synced, then the changes', async () => {
    const source = scriptedSource(
      [list(5, object('a', 3), object('b', 5))],
      [
        [
          { type: 'MODIFIED', object: object('a', 6) },
          { type: 'DELETED', object: object('b', 7) },
        ],
      ],
    )
    const { informer, seen, until } = watchScript(source)
    await until(5)
    expect(seen).toEqual(['applied a@3', 'applied b@5', 'synced', 'applied a@6', 'deleted b@7'])
    expect(informer.isSynced).toBe(true)
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a'])
    expect(informer.get('a', 'default')?.metadata.resourceVersion).toBe('6')
    await informer.close()
  })

  it('never goes back to an older version', async () => {
    const source = scriptedSource(
      [list(9, object('a', 9))],
      [
        [
          { type: 'MODIFIED', object: object('a', 4) },
          { type: 'ADDED', object: object('z', 10) },
        ],
      ],
    )
    const { informer, seen, until } = watchScript(source)
    await until(3)
    expect(seen).toEqual(['applied a@9', 'synced', 'applied z@10'])
    await informer.close()
  })

  it('tells an object made anew under the same name as a deletion and a creation', async () => {
    const source = scriptedSource([list(1, object('a', 1, 'first'))], [[{ type: 'ADDED', object: object('a', 2, 'second') }]])
    const { informer, seen, until } = watchScript(source)
    await until(4)
    expect(seen).toEqual(['applied a@1', 'synced', 'deleted a@1', 'applied a@2'])
    await informer.close()
  })

  it('goes on from the last bookmark after a watch ended', async () => {
    const source = scriptedSource([list(1)], [[{ type: 'BOOKMARK', resourceVersion: '40' }], []])
    const { informer, until, clock } = watchScript(source)
    await until(1)
    await settle(clock)
    clock.advance(100)
    await settle(createFakeClock())
    expect(source.calls).toEqual(['list', 'watch 1', 'watch 40'])
    await informer.close()
  })

  it('lists again after 410 and tells only what changed', async () => {
    const source = scriptedSource([list(5, object('a', 3), object('b', 5)), list(20, object('a', 3), object('c', 20))], [[gone()], []])
    const { informer, seen, until } = watchScript(source)
    await until(5)
    expect(seen).toEqual(['applied a@3', 'applied b@5', 'synced', 'deleted b@5', 'applied c@20'])
    expect(source.calls.slice(0, 4)).toEqual(['list', 'watch 5', 'list', 'watch 20'])
    await informer.close()
  })

  it('backs off between failures, at most two seconds', async () => {
    const source = scriptedSource([], [])
    const { informer, clock } = watchScript(source)
    let waitedMs = 0
    for (let attempt = 1; attempt <= 12; attempt++) {
      await settle(clock)
      expect(source.calls).toHaveLength(attempt)
      let stepMs = 0
      while (source.calls.length === attempt && stepMs <= 2000) {
        clock.advance(50)
        stepMs += 50
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      }
      expect(stepMs).toBeLessThanOrEqual(2050)
      waitedMs += stepMs
    }
    expect(waitedMs).toBeGreaterThan(8000)
    await informer.close()
  })
})
