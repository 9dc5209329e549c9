/**
 * Certificates by name, each as it last came in a form that can be used: a renewal whose key does not fit, or that was cut
 * short on its way, is said and passed over while the one before it still serves.
 */
import { createSecureContext } from 'node:tls'
import { messageOf } from '@heddle/base'
import type { Secret, SecretSource } from '@heddle/routing'

export type KeyPair = Extract<Secret, { readonly kind: 'certificate' }>

/** Names of configurations that are gone would otherwise stay for ever. */
const maxRemembered = 1024

export class UsableCertificates {
  readonly #secrets: SecretSource
  readonly #onRefused: (name: string, reason: string) => void
  readonly #good = new Map<string, KeyPair>()

  constructor(secrets: SecretSource, onRefused: (name: string, reason: string) => void) {
    this.#secrets = secrets
    this.#onRefused = onRefused
  }

  /** Undefined when there is none, or none any more. One that was never good is given as it is: whoever uses it says why it fails. */
  get(name: string): KeyPair | undefined {
    const secret = this.#secrets.get(name)
    if (secret?.kind !== 'certificate') {
      this.#good.delete(name)
      return undefined
    }
    const good = this.#good.get(name)
    if (good !== undefined && good.certificateChainPem === secret.certificateChainPem && good.privateKeyPem === secret.privateKeyPem)
      return good
    const fault = faultOf(secret)
    if (fault === '') {
      if (this.#good.size >= maxRemembered) this.#good.clear()
      this.#good.set(name, secret)
      return secret
    }
    if (good !== undefined) this.#onRefused(name, fault)
    return good ?? secret
  }
}

function faultOf({ certificateChainPem, privateKeyPem }: KeyPair): string {
  if (certificateChainPem.trim() === '' || privateKeyPem.trim() === '') return 'it is empty'
  try {
    createSecureContext({ cert: certificateChainPem, key: privateKeyPem })
    return ''
  } catch (error) {
    return messageOf(error)
  }
}
