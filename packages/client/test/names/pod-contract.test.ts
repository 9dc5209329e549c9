import { describe, expect, it } from 'vitest'
import { boundPort, parsePortMap, readPodContract } from '../../src/names/pod-contract.js'

describe('the Pod contract', () => {
  it('is absent outside a Pod', () => {
    expect(readPodContract({})).toBeUndefined()
    expect(readPodContract({ HEDDLE_POD_IP: '127.9.0.3' })).toBeUndefined()
  })

  it('takes a Pod without an app address of its own as one without a sidecar', () => {
    const contract = readPodContract({ HEDDLE_POD_ROOT: '/r', HEDDLE_POD_IP: '127.9.0.3', HEDDLE_PORT_MAP: '{"80":20000}' })
    expect(contract).toMatchObject({ appAddress: '127.9.0.3', isInjected: false, portMap: { '80': 20000 } })
    expect(readPodContract({ HEDDLE_POD_ROOT: '/r', HEDDLE_POD_IP: '127.9.0.3', HEDDLE_APP_ADDRESS: '127.9.0.4' })?.isInjected).toBe(true)
  })

  it('maps declared ports to bound ones and leaves the others as they are', () => {
    expect(boundPort({ '80': 20000 }, 80)).toBe(20000)
    expect(boundPort({ '80': 20000 }, 8080)).toBe(8080)
  })

  it.each(['', '[]', 'null', '{', '{"80":"x"}', '{"80":0}', '{"80":70000}'])('reads the port map %j as empty', (text) => {
    expect(parsePortMap(text)).toEqual({})
  })
})
