import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { emptyNamesFile, normalizeName, readNamesFile, writeNamesFile } from '../../src/names/names-file.js'

const directory = mkdtempSync(join(tmpdir(), 'heddle-names-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('the names file', () => {
  it('comes back as it was written, readable by its owner only, with no temporary file left', () => {
    const path = join(directory, 'names.json')
    const file = { ...emptyNamesFile(), capture: { address: '127.9.0.3', port: 15001 }, names: { web: ['127.9.128.1'] }, direct: {} }
    writeNamesFile(path, file)
    expect(readNamesFile(path)).toEqual(file)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual(['names.json'])
  })

  it('is undefined when absent, not JSON, or of another version', () => {
    expect(readNamesFile(join(directory, 'absent.json'))).toBeUndefined()
    for (const [name, text] of [
      ['half.json', '{"version":1,"tok'],
      ['null.json', 'null'],
      ['future.json', '{"version":2,"token":"aa"}'],
    ] as const) {
      writeFileSync(join(directory, name), text)
      expect(readNamesFile(join(directory, name))).toBeUndefined()
    }
  })

  it('has keys in lower case without a final dot', () => {
    expect(normalizeName('Web.Default.SVC.')).toBe('web.default.svc')
  })
})
