/** An authority with a clock that the test moves, and what callers send to it. */
import { type FakeClock, createFakeClock } from '@heddle/base/testing'
import { createCsr, generateKey } from '@heddle/x509'
import { expect } from 'vitest'
import { type Ca, type CaOptions, type Caller, createCa, createMemoryCaStore } from '../../src/index.js'

export const caller: Caller = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'hello', method: 'jwt' }
export const workloadUri = 'spiffe://cluster.local/ns/default/sa/hello'

export async function startCa(
  options: Partial<CaOptions> = {},
  clock: FakeClock = createFakeClock(),
): Promise<{ ca: Ca; clock: FakeClock }> {
  const ca = await createCa(
    { trustDomain: 'cluster.local', ...(!options.cacerts && { store: createMemoryCaStore() }), ...options },
    { clock },
  )
  return { ca, clock }
}

export function csr(): string {
  return createCsr({ privateKey: generateKey() })
}

export function withCode(code: string): unknown {
  return expect.objectContaining({ code })
}
