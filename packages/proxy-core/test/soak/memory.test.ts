/** Short forms of what `npm run soak` does with full counts. They need /proc. */
import { platform } from 'node:os'
import { describe, expect, test } from 'vitest'
import { floods } from './flood-part.js'
import { handshakes } from './handshake-part.js'
import { aborts, bulk, idle, idleTime, type PartResult, slowReaders } from './memory-parts.js'

const mebi = 1024 * 1024

describe.skipIf(platform() !== 'linux')('a proxy holds little and gives it back', () => {
  const parts: readonly (readonly [string, () => Promise<PartResult>])[] = [
    ['64 MiB each way', () => bulk(64 * mebi)],
    ['200 clients that do not read', () => slowReaders(200, 12 * mebi)],
    ['1,000 idle connections', () => idle(1000)],
    ['500 requests that their client left', () => aborts(500)],
    ['three seconds without anything to do', () => idleTime(3, 20, 1.5)],
    ['20 floods of each kind of HTTP/2', () => floods({ connections: 20, seconds: 0 })],
    ['T54: 500 handshakes a second for three seconds', () => handshakes(500, 3)],
  ]
  test.each(parts)(
    '%s',
    async (_, run) => {
      const result = await run()
      expect(result, result.found).toMatchObject({ fine: true })
    },
    120_000,
  )
})
