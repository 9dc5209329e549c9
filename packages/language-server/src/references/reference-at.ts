/** What the name at a cursor refers to, read from the lines around it. */
import { type Reference, referenceKindAt } from '@heddle/config-schema/analysis'
import type { Cursor } from '../cursor/cursor.js'
import type { Identity } from '../cursor/identity.js'

/** Kinds of names beside which a `namespace` of the same mapping counts. */
const scoped = new Set(['service', 'gateway-api-gateway', 'virtual-service'])

/** @param fallbackNamespace of resources that name none. */
export function referenceAt(cursor: Cursor, identity: Identity, fallbackNamespace: string): Reference | undefined {
  const { kind = '', namespace = fallbackNamespace } = identity
  const reference = cursor.part === 'key' ? undefined : referenceKindAt(kind, cursor.path)
  if (reference === undefined) return undefined
  const host = cursor.siblings.get('host')
  const beside = scoped.has(reference) ? cursor.siblings.get('namespace') : undefined
  return { kind: reference, text: cursor.text, namespace: beside || namespace, ...(host === undefined ? {} : { host }) }
}
