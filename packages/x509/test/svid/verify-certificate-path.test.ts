import { expect, it } from 'vitest'
import { createTrustBundle, verifyCertificatePath } from '../../src/index.js'
import { type Party, hourMs, issueIntermediate, issueLeaf, issueRoot, nowMs } from '../support/authority.js'

const root = issueRoot()
const web = { altNames: { dnsNames: ['client.example.com'] } }

function verify(chain: readonly Party[], trusted: readonly Party[] = [root], atMs = nowMs): string {
  const bundle = createTrustBundle({ roots: { any: trusted.map(({ pem }) => pem).join('') } })
  const result = verifyCertificatePath({ chain: chain.map(({ der }) => der), anchors: bundle.anchorsOf('any') ?? [], nowMs: atMs })
  return result.ok ? 'trusted' : result.reason
}

it('trusts what one of the anchors vouches for, whatever its names', () => {
  const intermediate = issueIntermediate(root)
  const leaf = issueLeaf(intermediate, web)
  expect(verify([issueLeaf(root, web)])).toBe('trusted')
  expect(verify([leaf, intermediate], [issueRoot(), root])).toBe('trusted')
  expect(verify([leaf], [intermediate])).toBe('trusted')
})

it('says why a chain leads nowhere', () => {
  const leaf = issueLeaf(root, web)
  expect(verify([])).toBe('chain-empty')
  expect(verify([leaf], [issueRoot('other')])).toBe('issuer-unknown')
  expect(verify([leaf], [issueRoot()])).toBe('issuer-unknown')
  expect(verify([leaf], [root], nowMs + 2 * hourMs)).toBe('expired')
})
