/** envoy.extensions.transport_sockets.tls.v3.Secret: key material by name, kept outside of the configuration. */

export type Secret =
  | {
      readonly kind: 'certificate'
      readonly name: string
      /** Leaf first. */ readonly certificateChainPem: string
      readonly privateKeyPem: string
    }
  | {
      readonly kind: 'validation'
      readonly name: string
      /** PEM of the trusted roots; SPIFFE ids of `trustDomain` only when given. */ readonly rootsPem: string
      readonly trustDomain?: string
      /** PEM of those among the roots whose certificates are being replaced: connections under them are not used longer than needed. Default: none. */
      readonly taintedRootsPem?: string
      /** PEM of the roots of other trust domains, by domain: each vouches for the ids of its own domain and no other. Default: none. */
      readonly federatedRootsPem?: Readonly<Record<string, string>>
      /** Revocation lists in PEM that every chain is held to. Default: none. */
      readonly crlPem?: string
      /** Peers that are not believed whatever they show. Default: nobody. */
      readonly denied?: { readonly spiffeIds: readonly string[]; readonly serials: readonly string[] }
    }

/** Current secrets and their changes. The owner closes it; the engine only reads. */
export interface SecretSource {
  get(name: string): Secret | undefined
  /** Calls `listener` with the name of each secret that changed. Returns the way to stop. */
  subscribe(listener: (name: string) => void): () => void
}
