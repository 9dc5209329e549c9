import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, createMemoryLogger, createSeededRandom, type FakeClock } from '@heddle/base/testing'
import { createTestCa } from '@heddle/ca/testing'
import { parseCsr } from '@heddle/x509'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIdentitySource, type IdentitySource } from '../../src/identity/identity-source.js'

const spiffeId = 'spiffe://cluster.local/ns/default/sa/web'
const dayMs = 86_400_000
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

let stateDir: string
const open: IdentitySource[] = []
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'heddle-identity-'))
})
afterEach(() => {
  for (const source of open.splice(0)) source.close()
  rmSync(stateDir, { recursive: true, force: true })
})

/** An authority that the test can take away; `requests` counts what it was asked. */
function harness(clock: FakeClock = createFakeClock(), authorityClock: FakeClock = clock) {
  const ca = createTestCa({ clock: authorityClock })
  const logger = createMemoryLogger()
  /** `answer` spoils what the authority would say. */
  const state = { authority: ca, requests: 0, isAway: false, isSilent: false, wrongKey: false, answer: (good: readonly string[]) => good }
  const requestCertificate = async (csrPem: string, ttlSeconds: number, signal: AbortSignal): Promise<readonly string[]> => {
    state.requests++
    if (state.isAway) throw new Error('the authority is away')
    if (state.isSilent) await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    const csr = parseCsr(csrPem)
    if (!csr.ok) throw new Error(csr.reason)
    const fields = state.wrongKey ? {} : { publicKey: csr.csr.publicKey }
    return state.answer([state.authority.issue(spiffeId, { ttlSeconds, fields }).certPem, state.authority.rootPem])
  }
  const create = (
    options: { readonly stateDir?: string; readonly spiffeId?: string; readonly ttlSeconds?: number } = {},
  ): IdentitySource => {
    const source = createIdentitySource(
      { spiffeId, trustDomain: 'cluster.local', requestCertificate, ...options },
      { clock, random: createSeededRandom(7), logger },
    )
    open.push(source)
    return source
  }
  /** Lets time pass as a process would see it. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  return { clock, logger, state, create, pass }
}

describe('an identity', () => {
  it('is asked for at the start and given out as Istio’s two secrets', async () => {
    const { create, pass } = harness()
    const source = create()
    expect(source.get('default')).toBeUndefined()
    const ready = source.ready()
    await pass(0)
    await ready
    expect(source.get('default')).toMatchObject({ kind: 'certificate', certificateChainPem: expect.stringMatching(/BEGIN CERTIFICATE/) })
    expect(source.get('ROOTCA')).toMatchObject({ kind: 'validation', trustDomain: 'cluster.local' })
    expect(source.get('other')).toBeUndefined()
  })

  it('T47: is renewed between two fifths and half of its life, and subscribers hear of it', async () => {
    const { create, pass, state } = harness()
    const source = create()
    await pass(0)
    const changed: string[] = []
    source.subscribe((name) => changed.push(name))
    const first = source.current
    await pass(0.39 * dayMs)
    expect(state.requests).toBe(1)
    await pass(0.12 * dayMs)
    expect(state.requests).toBe(2)
    expect(changed).toEqual(['default', 'ROOTCA'])
    expect(source.current?.privateKeyPem).not.toBe(first?.privateKeyPem)
  })

  it('of a minute, dated back by two, is renewed once in its life and not all the time', async () => {
    const { create, pass, state } = harness()
    create({ ttlSeconds: 60 })
    await pass(0)
    for (let second = 0; second < 23; second++) await pass(1000)
    expect(state.requests).toBe(1)
    for (let second = 0; second < 8; second++) await pass(1000)
    expect(state.requests).toBe(2)
  })

  it('ca T37: is renewed within half a minute of waking when the machine slept through its time', async () => {
    const { create, pass, state, clock } = harness()
    const source = create()
    await pass(0)
    const first = source.current
    clock.sleep(0.9 * dayMs)
    await pass(30_000)
    expect(state.requests).toBe(2)
    expect(source.current).not.toBe(first)
  })

  it('T46: that cannot be renewed stays, and is asked for again with growing waits', async () => {
    const { create, pass, state, logger } = harness()
    const source = create()
    await pass(0)
    const first = source.current
    state.isAway = true
    await pass(0.51 * dayMs)
    for (let waited = 0; waited < 60; waited++) await pass(1000)
    expect(source.current).toBe(first)
    expect(state.requests).toBeGreaterThan(6)
    expect(state.requests).toBeLessThan(25)
    expect(logger.records.at(-1)).toMatchObject({ message: 'no new certificate yet', fields: { hasOlder: true } })
    state.isAway = false
    await pass(10_000)
    expect(source.current).not.toBe(first)
  })

  it('is asked for again when the authority does not answer', async () => {
    const { create, pass, state } = harness()
    const source = create()
    state.isSilent = true
    await pass(0)
    expect(state.requests).toBe(1)
    state.isSilent = false
    await pass(10_000)
    await pass(200)
    expect(source.current).toBeDefined()
  })

  it('is never one for another key', async () => {
    const { create, pass, state, logger } = harness()
    const source = create()
    state.wrongKey = true
    await pass(0)
    expect(source.current).toBeUndefined()
    expect(logger.records.at(-1)?.fields['error']).toMatch(/another key/)
  })

  it.each<[string, (good: readonly string[]) => readonly string[], RegExp]>([
    ['roots that are cut short', ([leaf = '', root = '']) => [leaf, root.slice(0, 200)], /cannot be used/],
    ['roots that are none', ([leaf = '']) => [leaf, ''], /does not verify against its roots/],
    ['the roots of somebody else', ([leaf = '']) => [leaf, createTestCa().rootPem], /does not verify against its roots/],
    ['a leaf that is cut short', ([leaf = '', root = '']) => [leaf.slice(0, 200), root], /cannot be used/],
    ['a chain in the wrong order', ([leaf = '', root = '']) => [root, leaf], /cannot be used/],
  ])('that comes with %s does not replace the one in use, here or on disk', async (_case, answer, reason) => {
    const { create, pass, state, logger } = harness()
    const source = create({ stateDir })
    await pass(0)
    const first = source.current
    const stored = readFileSync(join(stateDir, 'identity.json'), 'utf8')
    state.answer = answer
    source.renew()
    await pass(0)
    expect(state.requests).toBe(2)
    expect(source.current).toBe(first)
    expect(readFileSync(join(stateDir, 'identity.json'), 'utf8')).toBe(stored)
    expect(logger.records.at(-1)?.fields['error']).toMatch(reason)
  })

  it('is never somebody else’s, though the key fits', async () => {
    const { create, pass, logger } = harness()
    const source = create({ spiffeId: 'spiffe://cluster.local/ns/default/sa/other' })
    await pass(0)
    expect(source.current).toBeUndefined()
    expect(logger.records.at(-1)?.fields['error']).toMatch(/not for spiffe:\/\/cluster.local\/ns\/default\/sa\/other/)
  })

  it('is taken by a workload whose clock is slow', async () => {
    const slow = createFakeClock(createFakeClock().now() - 3_600_000)
    const { create, pass } = harness(slow, createFakeClock())
    const source = create()
    await pass(0)
    expect(source.current).toBeDefined()
  })

  it('is not waited for after the signal', async () => {
    const { create, state } = harness()
    state.isAway = true
    const source = create()
    await expect(source.ready(AbortSignal.abort(new Error('SIGTERM')))).rejects.toThrow('SIGTERM')
  })

  it('leaves no timer behind', async () => {
    const { create, pass, clock } = harness()
    const source = create()
    await pass(0)
    source.close()
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('roots that are pushed', () => {
  const pushedOf = (sequence: number, ...pems: readonly string[]) => ({
    trustDomain: 'cluster.local',
    roots: pems.map((pem) => ({ pem, isTainted: false })),
    fingerprint: String(sequence),
    sequence,
  })
  const rootsOf = (source: IdentitySource): string => {
    const secret = source.get('ROOTCA')
    return secret?.kind === 'validation' ? secret.rootsPem : ''
  }

  it('by another authority are trusted at once beside the former ones, which end with a certificate of the new one', async () => {
    const { create, pass, state, clock } = harness()
    const source = create({ stateDir })
    await pass(0)
    const former = rootsOf(source)
    const other = createTestCa({ clock })
    await source.trust(pushedOf(1, other.rootPem))
    expect(rootsOf(source)).toContain(former.trim())
    expect(rootsOf(source)).toContain(other.rootPem.trim())
    state.authority = other
    await pass(2000)
    expect(state.requests).toBe(2)
    expect(rootsOf(source).trim()).toBe(other.rootPem.trim())
    await pass(60_000)
    expect(state.requests).toBe(2)
  })

  it('by another authority lead to one that answers for it, with growing waits, also over a restart', async () => {
    const { create, pass, state, clock } = harness()
    const first = create({ stateDir })
    await pass(0)
    const other = createTestCa({ clock })
    await first.trust(pushedOf(1, other.rootPem))
    for (let waited = 0; waited < 30; waited++) await pass(1000)
    expect(state.requests).toBeGreaterThan(4)
    expect(state.requests).toBeLessThan(25)
    first.close()
    state.authority = other
    const second = create({ stateDir })
    await second.trust(pushedOf(1, other.rootPem))
    await pass(2000)
    expect(rootsOf(second).trim()).toBe(other.rootPem.trim())
  })

  it('by a replica that is behind change nothing: it knows one of the roots that came with the certificate', async () => {
    const { create, pass, state, clock } = harness()
    const former = createTestCa({ clock })
    state.answer = ([leaf = '', root = '']) => [leaf, `${former.rootPem}\n${root}`]
    const source = create()
    await pass(0)
    const before = rootsOf(source)
    await source.trust(pushedOf(1, former.rootPem))
    await pass(60_000)
    expect(state.requests).toBe(1)
    expect(rootsOf(source)).toBe(before)
  })
})

describe('a stored certificate', () => {
  const file = (): string => join(stateDir, 'identity.json')

  it('is used by the next start, readable by its owner only', async () => {
    const { create, pass, state } = harness()
    const first = create({ stateDir })
    await pass(0)
    first.close()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    state.isAway = true
    const second = create({ stateDir })
    await second.ready()
    expect(second.current).toEqual(first.current)
  })

  it('that has expired is not', async () => {
    const { create, pass, clock } = harness()
    create({ stateDir }).close()
    const first = create({ stateDir })
    await pass(0)
    first.close()
    clock.advance(dayMs + 1)
    expect(create({ stateDir }).current).toBeUndefined()
  })

  it('of another workload is not', async () => {
    const { create, pass } = harness()
    const first = create({ stateDir })
    await pass(0)
    first.close()
    expect(create({ stateDir, spiffeId: 'spiffe://cluster.local/ns/default/sa/other' }).current).toBeUndefined()
  })

  it.each(['', 'garbage', '{}', 'null', '{"chainPem":"x","privateKeyPem":"secret","rootsPem":"","notBeforeMs":0,"notAfterMs":9e15}'])(
    'that reads %j is not, and its text is not logged',
    (text) => {
      const { create, logger } = harness()
      writeFileSync(file(), text)
      expect(create({ stateDir }).current).toBeUndefined()
      expect(JSON.stringify(logger.records)).not.toContain('secret')
    },
  )

  it('is used without being stored when the folder cannot be written', async () => {
    const { create, pass, logger } = harness()
    const blocked = join(stateDir, 'a-file')
    writeFileSync(blocked, '')
    const source = create({ stateDir: join(blocked, 'folder') })
    await pass(0)
    expect(source.current).toBeDefined()
    expect(logger.records.map(({ message }) => message)).toContain('the certificate cannot be kept')
  })
})
