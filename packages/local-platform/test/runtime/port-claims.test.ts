import { afterEach, describe, expect, it } from 'vitest'
import { type AddressInfo, createServer } from 'node:net'
import { createPortClaims, type PortClaims } from '../../src/runtime/port-claims.js'

const open: PortClaims[] = []
const claims = (): PortClaims => {
  const made = createPortClaims()
  open.push(made)
  return made
}
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

/** A number that nothing on the machine listens on at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

describe('claims of ports outside the mesh', () => {
  it('give a port to one mesh, again to the same, and to no other', async () => {
    const port = await freePort()
    const [first, second] = [claims(), claims()]
    expect(await first.take(port)).toBe(true)
    expect(await first.take(port)).toBe(true)
    expect(await second.take(port)).toBe(false)
  })

  it('pass a port on when its holder lets go', async () => {
    const port = await freePort()
    const [first, second] = [claims(), claims()]
    await first.take(port)
    first.release(port)
    await expect.poll(() => second.take(port)).toBe(true)
  })
})
