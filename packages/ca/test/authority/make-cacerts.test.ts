import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { makeCacerts } from '../../src/index.js'
import { caller, csr, startCa, withCode } from '../support/fixtures.js'

describe('made cacerts', () => {
  it('are a set that an authority signs below, clamped to the intermediate', async () => {
    const clock = createFakeClock()
    const { rootKeyPem, ...cacerts } = makeCacerts({ trustDomain: 'cluster.local', caTtlSeconds: 3600 }, { clock })
    expect(rootKeyPem).toContain('PRIVATE KEY')
    const { ca } = await startCa({ cacerts }, clock)
    const signed = await ca.sign(csr(), caller)
    expect(signed.chain).toHaveLength(2)
    expect(signed.notAfterMs).toBe(clock.now() + 3_600_000)
    expect(ca.bundle().rootsPem).toBe(cacerts.rootCertPem)
    await expect(ca.issueJwt(caller, ['x'])).rejects.toEqual(withCode('HEDDLE_CA_JWT_UNAVAILABLE'))
  })

  it('are refused for a bad trust domain', () => {
    expect(() => makeCacerts({ trustDomain: 'A' })).toThrow('not a trust domain')
  })
})
