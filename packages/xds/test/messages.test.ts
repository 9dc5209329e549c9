import { isHeddleError } from '@heddle/base'
import type { Secret } from '@heddle/routing'
import { describe, expect, it } from 'vitest'
import { toJson } from '../src/message/canonical-json.js'
import { decodeNameTable, encodeNameTable } from '../src/service/name-table.js'
import { createResource } from '../src/resource.js'
import { decodeSecret, encodeSecret } from '../src/secret.js'
import { typeUrls } from '../src/type-url.js'

describe('the name table', () => {
  const table = {
    'b.default.svc.cluster.local': { addresses: ['10.96.0.2'], registry: 'Kubernetes', shortName: 'b', namespace: 'default' },
    'a.default.svc.cluster.local': { addresses: ['10.96.0.1', '10.1.0.1'], registry: 'Kubernetes', shortName: 'a', namespace: 'default' },
  }

  it('comes back, and its bytes do not depend on the order of names', () => {
    const bytes = encodeNameTable(table)
    expect(decodeNameTable(bytes)).toEqual(table)
    expect(encodeNameTable(Object.fromEntries(Object.entries(table).toReversed()))).toEqual(bytes)
  })

  it('has a JSON form like other resources', () => {
    const json = toJson(createResource(typeUrls.nameTable, 'table', encodeNameTable(table)))
    expect(json).toMatchObject({ '@type': typeUrls.nameTable, table: { 'b.default.svc.cluster.local': { ips: ['10.96.0.2'] } } })
  })
})

describe('secrets', () => {
  const secrets: readonly Secret[] = [
    { kind: 'certificate', name: 'kubernetes://shop', certificateChainPem: 'CHAIN', privateKeyPem: 'KEY' },
    { kind: 'validation', name: 'ROOTCA', rootsPem: 'ROOTS' },
    { kind: 'validation', name: 'ROOTCA', rootsPem: 'ROOTS', trustDomain: 'cluster.local' },
    { kind: 'validation', name: 'ROOTCA', rootsPem: 'ROOTS', crlPem: 'LISTS' },
    { kind: 'validation', name: 'ROOTCA', rootsPem: 'ROOTS', trustDomain: 'cluster.local', crlPem: 'LISTS' },
  ]

  it.each(secrets.map((secret) => [secret]))('come back: %o', (secret) => {
    expect(decodeSecret(encodeSecret(secret))).toEqual(secret)
  })

  it('without PEM are refused by name', () => {
    const empty = { bytes: new Uint8Array([0x0a, 1, 0x78]) }
    expect(() => decodeSecret(empty)).toThrowError(expect.toSatisfy((error: unknown) => isHeddleError(error, 'HEDDLE_XDS_SECRET_INVALID')))
  })
})
