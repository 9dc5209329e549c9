import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import type { Secret } from '@heddle/routing'
import {
  type Certificate,
  createCrl,
  createKeySigner,
  encodePem,
  generateKey,
  issueCertificate,
  parseCertificate,
  publicKeyOf,
} from '@heddle/x509'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWorkloadSecrets } from '../../src/identity/workload-secrets.js'

const folder = 'var/run/secrets/istio/crl'
const startMs = Date.parse('2026-11-01')
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heddle-crl-file-'))
  mkdirSync(join(root, folder), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const key = generateKey()
const authority = certificateOf(
  issueCertificate(
    {
      serial: Uint8Array.of(1),
      subject: { organization: 'mesh' },
      publicKey: publicKeyOf(key),
      notBeforeMs: startMs,
      notAfterMs: startMs + 86_400_000,
      basicConstraints: { isCa: true },
      keyUsages: ['keyCertSign', 'cRLSign'],
    },
    { privateKey: key },
  ),
)

function certificateOf(der: Uint8Array): Certificate {
  const parsed = parseCertificate(der)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.certificate
}

async function listPem(number: bigint): Promise<string> {
  const fields = { number, thisUpdateMs: startMs, nextUpdateMs: startMs + 3_600_000, revoked: [] }
  return encodePem('X509 CRL', await createCrl(fields, { signer: createKeySigner(key), certificate: authority }))
}

it('lists that cannot be read at the first look are told of, and taken when they can be', async () => {
  const [clock, logger] = [createFakeClock(), createMemoryLogger()]
  const path = join(root, folder, 'ca-crl.pem')
  mkdirSync(path)
  const roots: Secret = { kind: 'validation', name: 'ROOTCA', rootsPem: 'roots' }
  const secrets = createWorkloadSecrets({ get: () => roots, subscribe: () => () => {} }, root, { clock, logger })
  expect(logger.records.at(-1)).toMatchObject({ level: 'error', message: 'a file cannot be read: nothing of it is known yet' })
  rmSync(path, { recursive: true })
  writeFileSync(path, 'no list at all')
  clock.advance(1000)
  expect(logger.records.at(-1)).toMatchObject({
    level: 'error',
    message: expect.stringContaining('none are in force, and what they revoke is believed') as string,
  })
  const crlPem = await listPem(1n)
  writeFileSync(path, crlPem)
  clock.advance(1000)
  expect(secrets.get('ROOTCA')).toMatchObject({ crlPem })
  secrets.close()
})

it('lists that are mounted go with the roots of the mesh alone, as long as they can be read and none are pushed', async () => {
  const [clock, logger] = [createFakeClock(), createMemoryLogger()]
  const rootsOf = (name: string): Extract<Secret, { kind: 'validation' }> => ({ kind: 'validation', name, rootsPem: 'roots' })
  const pushed = new Map<string, Secret>(['ROOTCA', 'other'].map((name) => [name, rootsOf(name)]))
  const secrets = createWorkloadSecrets({ get: (name) => pushed.get(name), subscribe: () => () => {} }, root, { clock, logger })
  const changed: string[] = []
  secrets.subscribe((name) => changed.push(name))
  const put = (text: string): void => {
    writeFileSync(join(root, folder, 'ca-crl.pem'), text)
    clock.advance(1000)
  }
  expect(secrets.get('ROOTCA')).toBe(pushed.get('ROOTCA'))
  const [crlPem, newer] = [await listPem(1n), await listPem(2n)]
  put(crlPem)
  expect(changed).toEqual(['ROOTCA'])
  expect(secrets.get('ROOTCA')).toEqual({ ...rootsOf('ROOTCA'), crlPem })
  expect(secrets.get('other')).not.toHaveProperty('crlPem')
  put('no list at all')
  expect(secrets.get('ROOTCA')).toMatchObject({ crlPem })
  expect(logger.records.at(-1)).toMatchObject({ level: 'error' })
  rmSync(join(root, folder, 'ca-crl.pem'))
  mkdirSync(join(root, folder, 'ca-crl.pem'))
  clock.advance(1000)
  expect(secrets.get('ROOTCA'), 'a file that cannot be read').toMatchObject({ crlPem })
  rmSync(join(root, folder, 'ca-crl.pem'), { recursive: true })
  clock.advance(1000)
  expect(secrets.get('ROOTCA')).not.toHaveProperty('crlPem')
  expect(logger.records.at(-1)).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('revocation lists were taken away') as string,
  })
  pushed.set('ROOTCA', { ...rootsOf('ROOTCA'), crlPem: newer })
  expect(secrets.get('ROOTCA')).toMatchObject({ crlPem: newer })
  secrets.close()
})
