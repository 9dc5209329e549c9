/** Keys that sign JWT-SVIDs: P-256 (ES256), never a root's own, so that one key serves one purpose. */
import { type KeyObject, createPublicKey } from 'node:crypto'
import type { Random } from '@heddle/base'
import { newKey } from '../authority/new-key.js'

export interface JwtKey {
  /** `kid` in headers and bundles. */
  readonly id: string
  readonly key: KeyObject
  readonly publicKey: KeyObject
}

export function createJwtKey(random: Random): JwtKey {
  return jwtKeyOf(Buffer.from(random.bytes(16)).toString('base64url'), newKey(random))
}

export function jwtKeyOf(id: string, key: KeyObject): JwtKey {
  return { id, key, publicKey: createPublicKey(key) }
}
