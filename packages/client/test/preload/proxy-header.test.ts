import { describe, expect, it } from 'vitest'
import { allocateProxyHeader, fillProxyHeader } from '../../src/preload/proxy-header.js'

const signature = '0d0a0d0a000d0a515549540a'

function header(destination: string): Buffer {
  const buffer = allocateProxyHeader('c0ffee')
  fillProxyHeader(buffer, { source: '127.9.0.4', destination, destinationPort: 80, token: 'c0ffee' })
  return buffer
}

describe('the PROXY v2 header', () => {
  it('holds an IPv4 destination, a NOOP TLV and the token TLV', () => {
    const bytes = header('127.9.128.7')
    expect(bytes.subarray(0, 16).toString('hex')).toBe(`${signature}2111002d`)
    expect([...bytes.subarray(16, 28)]).toEqual([127, 9, 0, 4, 127, 9, 128, 7, 0, 0, 0, 80])
    expect([...bytes.subarray(28, 31)]).toEqual([0x04, 0, 21])
    expect([...bytes.subarray(52, 55)]).toEqual([0xe0, 0, 6])
    expect(bytes.subarray(55).toString('latin1')).toBe('c0ffee')
    expect(bytes.readUInt16BE(14)).toBe(bytes.length - 16)
  })

  it('has the same length with an IPv6 destination', () => {
    const bytes = header('2001:db8::ffff:192.0.2.1')
    expect(bytes.length).toBe(header('127.9.128.7').length)
    expect(bytes[13]).toBe(0x21)
    expect(bytes.subarray(32, 48).toString('hex')).toBe('20010db8000000000000ffffc0000201')
    expect(bytes.subarray(16, 32).toString('hex')).toBe('00000000000000000000ffff7f090004')
  })

  it('clears what an earlier fill left behind', () => {
    const buffer = allocateProxyHeader('c0ffee')
    const fields = { source: '127.9.0.4', destinationPort: 80, token: 'c0ffee' }
    fillProxyHeader(buffer, { ...fields, destination: '::1' })
    expect(buffer.subarray(32, 48).toString('hex')).toBe('00000000000000000000000000000001')
  })
})
