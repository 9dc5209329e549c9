/**
 * Builders: a resource as a typed object, in which a field that the kind does not know does not compile. They fill in what a
 * kind always says of itself; what types cannot tell is for `validate`.
 */
import type { ObjectMeta } from '../gen/types.js'

/** A resource without what follows from its kind; another served version may be named. */
export type Draft<Resource, Versions extends string> = Omit<Resource, 'apiVersion' | 'kind' | 'metadata' | 'status'> & {
  /** Default: the preferred version. */
  readonly apiVersion?: Versions
  readonly metadata: ObjectMeta & { readonly name: string }
}

export function identified<Resource>(apiVersion: string, kind: string, draft: object): Resource {
  return { apiVersion, kind, ...draft } as Resource
}
