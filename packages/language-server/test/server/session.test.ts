/** When diagnostics are worked out and sent, by a clock that the test moves. */
import { silentLogger } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { createSession } from '../../src/server/session.js'
import type { FileText } from '../../src/server/workspace-files.js'

const serviceNamed = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80, name: http}]}\n`
const service = serviceNamed('a')
const faulty = (text: string): string => text.replace('ports', 'prots')

function start(onDisk: Readonly<Record<string, string>> = {}) {
  const clock = createFakeClock()
  const sent: string[] = []
  const disk = new Map(Object.entries(onDisk))
  const sink = {
    sendDiagnostics: ({ uri, diagnostics, version }: { uri: string; diagnostics: readonly object[]; version?: number }) => {
      sent.push(`${uri.split('/').at(-1)}${version === undefined ? '' : `@${version}`} ${diagnostics.length}`)
      return Promise.resolve()
    },
  }
  async function* walk(): AsyncIterable<FileText> {
    for (const [uri, text] of disk) yield { uri, text: await Promise.resolve(text) }
  }
  const files = { walk, read: (uri: string) => Promise.resolve(disk.get(uri)) }
  const session = createSession(sink, {}, { clock, logger: silentLogger, files })
  return { clock, sent, session, disk }
}

const append = (text: string, line: number) => [{ range: { start: { line, character: 0 }, end: { line, character: 0 } }, text }]

describe('a session', () => {
  it('sends nothing before all files are known', async () => {
    const { sent, session } = start({ 'file:///a.yaml': faulty(service) })
    session.open('file:///b.yaml', faulty(serviceNamed('b')), 1)
    expect(sent).toEqual([])
    await session.load(['file:///'])
    expect(sent).toEqual(['b.yaml@1 1', 'a.yaml 1'])
  })

  it('waits for a pause in typing, and then looks once', async () => {
    const { sent, session, clock } = start()
    await session.load([])
    session.open('file:///b.yaml', serviceNamed('b'), 1)
    for (let version = 2; version < 6; version++) {
      session.change('file:///b.yaml', append(`x${version}: 1\n`, 4), version)
      clock.advance(99)
    }
    expect(sent).toEqual([])
    clock.advance(1)
    expect(sent).toEqual(['b.yaml@5 4'])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('sends what changed, and takes back what is mended', async () => {
    const { sent, session, clock } = start({ 'file:///a.yaml': faulty(service) })
    await session.load(['file:///'])
    session.open('file:///b.yaml', faulty(serviceNamed('b')), 1)
    session.change('file:///b.yaml', [{ text: serviceNamed('b') }], 2)
    clock.advance(100)
    expect(sent).toEqual(['a.yaml 1', 'b.yaml@1 1', 'b.yaml@2 0'])
  })

  it('takes an open document for what it is on the screen, until it is closed', async () => {
    const { sent, session, clock, disk } = start({ 'file:///a.yaml': service })
    await session.load(['file:///'])
    session.open('file:///a.yaml', faulty(service), 1)
    disk.set('file:///a.yaml', service)
    session.reload('file:///a.yaml')
    session.close('file:///a.yaml')
    await Promise.resolve()
    await Promise.resolve()
    clock.advance(100)
    expect(sent).toEqual(['a.yaml@1 1', 'a.yaml 0'])
  })

  it('forgets the files of a folder that is closed', async () => {
    const { sent, session, clock } = start({ 'file:///one/a.yaml': faulty(service) })
    await session.load(['file:///one'])
    session.forget(['file:///one'])
    clock.advance(100)
    expect(sent).toEqual(['a.yaml 1', 'a.yaml 0'])
  })
})
