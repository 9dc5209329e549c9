import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeCertificate } from '../../src/commands/cert-issue.js'
import { temporaryFolder } from '../cli.fixture.js'

it('keeps the key to its owner, also where a file that others may read stood', async () => {
  const folder = join(temporaryFolder(), 'certs')
  mkdirSync(folder)
  writeFileSync(join(folder, 'key.pem'), 'old')
  chmodSync(join(folder, 'key.pem'), 0o644)
  const paths = await writeCertificate(folder, { chainPem: 'chain', privateKeyPem: 'key', rootsPem: 'roots' })
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['chain', 'key', 'roots'])
  expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600)
})
