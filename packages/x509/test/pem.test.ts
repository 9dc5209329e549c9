import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodePem, parseCertificatePem, parsePem } from '../src/index.js'
import { seed } from './support/seed.js'

describe('PEM', () => {
  it('keeps any bytes both ways, also with CRLF', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), (der, isCrlf) => {
        const pem = encodePem('CERTIFICATE', der)
        const result = parsePem(isCrlf ? pem.replaceAll('\n', '\r\n') : pem)
        return result.ok && result.blocks.length === 1 && Buffer.compare(result.blocks[0]?.der ?? Buffer.alloc(0), der) === 0
      }),
      { seed },
    )
  })

  it('reads several blocks in order', () => {
    const text = encodePem('A', Uint8Array.of(1)) + encodePem('B', Uint8Array.of(2))
    const result = parsePem(text)
    expect(result.ok && result.blocks.map((block) => block.label)).toEqual(['A', 'B'])
  })

  const good = encodePem('CERTIFICATE', Buffer.from('hello world'))
  it.each([
    ['leading text', `x\n${good}`],
    ['trailing text', `${good}x`],
    ['no end', good.replace(/-----END.*/, '')],
    ['another end label', good.replace('END CERTIFICATE', 'END KEY')],
    ['a block in a block', good.replace('\n', '\n-----BEGIN X-----\n')],
    ['letters outside ASCII', good.replace('a', 'ä')],
    ['padding in the middle', good.replace('aGVs', 'aG=s')],
    ['a length that is no multiple of four', good.replace('aGVs', 'aGV')],
    ['a header of encrypted keys', good.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n')],
    ['nothing inside', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
  ])('refuses %s', (_, text) => {
    expect(parsePem(text)).toMatchObject({ ok: false })
  })

  it('refuses a text over its limit', () => {
    expect(parsePem(good, { maxLength: good.length })).toMatchObject({ ok: true })
    expect(parsePem(good, { maxLength: good.length - 1 })).toMatchObject({ ok: false })
  })

  it('reads a megabyte of begin lines in time', () => {
    const text = '-----BEGIN A-----\n'.repeat(50_000)
    expect(parsePem(text)).toMatchObject({ ok: false })
    expect(parseCertificatePem(`${'x\n'.repeat(400_000)}`)).toMatchObject({ ok: false })
  })

  it('reads a megabyte of blocks in time: looking for each end from the top would take seconds', () => {
    const text = encodePem('A', Uint8Array.of(1, 2, 3)).repeat(20_000)
    const started = process.cpuUsage()
    expect(parsePem(text)).toMatchObject({ ok: true })
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000)
  })

  it('skips the text that openssl writes above a certificate, and refuses other blocks', () => {
    expect(parseCertificatePem(`Certificate:\n    Data:\n${good}`)).toMatchObject({ ok: true })
    expect(parseCertificatePem(good + encodePem('PRIVATE KEY', Uint8Array.of(1)))).toMatchObject({ ok: false })
    expect(parseCertificatePem('')).toMatchObject({ ok: false })
  })
})
