/** Where the signing key and the published roots come from: our own state, or files that somebody else made. */
import type { Rotation } from '../rotation/rotation.js'
import type { Authority } from './authority.js'
import type { StateKeeper } from './state-keeper.js'

export interface SigningSource {
  readonly rotation: Rotation | undefined
  signer(): Authority
  rootsPem(): string
  isAuthorityKey(spki: Uint8Array): boolean
  onChange(listener: () => void): void
  close(): Promise<void>
}

export function pluggedInSource(authority: Authority): SigningSource {
  return {
    rotation: undefined,
    signer: () => authority,
    rootsPem: () => authority.rootsPem,
    isAuthorityKey: (spki) => isSpkiOf(authority, spki),
    onChange: () => {},
    close: () => Promise.resolve(),
  }
}

export function selfSignedSource(keeper: StateKeeper, rotation: Rotation): SigningSource {
  const authorities = (): readonly Authority[] => keeper.current().roots.map((root) => root.authority)
  return {
    rotation,
    signer: () => (keeper.current().roots.find((root) => root.phase === 'active') as { readonly authority: Authority }).authority,
    rootsPem: () =>
      authorities()
        .map((authority) => authority.rootsPem)
        .join(''),
    isAuthorityKey: (spki) => authorities().some((authority) => isSpkiOf(authority, spki)),
    onChange: (listener) => keeper.onChange(listener),
    close: () => keeper.close(),
  }
}

function isSpkiOf(authority: Authority, spki: Uint8Array): boolean {
  return Buffer.compare(authority.certificate.publicKey.spki, spki) === 0
}
