import { expect, it, vi } from 'vitest'
import { resolveSettings } from '../src/settings.js'

vi.mock('../package.json', () => ({ default: { version: '9.8.7' } }))

it('the tag of the proxy is the version of this package', () => {
  expect(resolveSettings({}).tag).toBe('9.8.7')
  expect(resolveSettings({ tag: '1.2.3' }).tag).toBe('1.2.3')
})
