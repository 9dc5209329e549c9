/** Every case of the families beside, and one table of the places where we knowingly differ from the standards. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createTrustBundle, encodePem, verifySvidPath } from '../../src/index.js'
import { encodingCases } from './encoding-cases.js'
import { extensionCases } from './extension-cases.js'
import { fieldCases } from './field-cases.js'
import type { LimboCase } from './limbo-case.js'
import { nameCases } from './name-cases.js'
import { pathCases } from './path-cases.js'
import { nowMs } from './raw-certificate.js'

const all: readonly LimboCase[] = [...encodingCases, ...fieldCases, ...extensionCases, ...nameCases, ...pathCases]

function verdictOf({ chain, roots, role, keyAlgorithms, ...input }: LimboCase): string {
  let bundle: ReturnType<typeof createTrustBundle>
  try {
    const pem = roots.map((der) => encodePem('CERTIFICATE', der)).join('')
    bundle = createTrustBundle({ roots: { 'cluster.local': pem }, ...(keyAlgorithms && { keyAlgorithms }) })
  } catch (error) {
    expect(error).toMatchObject({ code: 'HEDDLE_X509_BUNDLE_INVALID' })
    return 'bundle'
  }
  const result = verifySvidPath({ chain, bundle, nowMs: input.nowMs ?? nowMs, ...(role && { role }) })
  return result.ok ? 'accept' : result.reason
}

function differsFrom({ must, reasons }: LimboCase, verdict: string): boolean {
  if (must === 'accept') return verdict !== 'accept'
  return verdict === 'accept' || (reasons !== undefined && !reasons.includes(verdict))
}

describe('the path check, asked as x509-limbo asks', () => {
  it.each(all.filter(({ deviation }) => deviation === undefined))('$id: $must', (asked) => {
    const verdict = verdictOf(asked)
    expect(differsFrom(asked, verdict), `${verdict}, wanted ${asked.must} ${asked.reasons?.join(' or ') ?? ''}`).toBe(false)
  })

  it('asks several hundred questions, none twice', () => {
    expect(all.length).toBeGreaterThan(400)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  it('differs where the page says so, and nowhere else', () => {
    const page = readFileSync(new URL('../../../../docs/conformance.md', import.meta.url), 'utf8')
    const known = all.filter(({ deviation }) => deviation !== undefined)
    for (const asked of known) {
      expect(verdictOf(asked) === 'accept', `${asked.id} does what the standards ask for: it is no deviation`).toBe(asked.must === 'refuse')
      expect(page.toLowerCase()).toContain(`| ${asked.deviation} |`)
    }
  })
})
