/** Certificates and roots as an agent would deliver them. */
import type { TestIdentity } from '@heddle/ca/testing'
import type { Secret, SecretSource } from '@heddle/routing'

export interface TestSecrets extends SecretSource {
  put(secret: Secret): void
}

export function secretsOf(...initial: Secret[]): TestSecrets {
  const byName = new Map(initial.map((secret) => [secret.name, secret]))
  const listeners = new Set<(name: string) => void>()
  return {
    get: (name) => byName.get(name),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    put(secret) {
      byName.set(secret.name, secret)
      for (const listener of listeners) listener(secret.name)
    },
  }
}

export const certificate = (identity: TestIdentity, name = 'default'): Secret => ({
  kind: 'certificate',
  name,
  certificateChainPem: identity.chainPem,
  privateKeyPem: identity.keyPem,
})
export const roots = (pem: string, trustDomain?: string): Secret => ({
  kind: 'validation',
  name: 'ROOTCA',
  rootsPem: pem,
  ...(trustDomain ? { trustDomain } : {}),
})
