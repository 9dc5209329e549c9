/** google.protobuf.Any in its JSON form: the fields of the message next to its `@type`. */
import type { AnyJson } from '@bufbuild/protobuf/wkt'

export function packAny<T extends object>(typeUrl: string, message: T): AnyJson {
  return { '@type': typeUrl, ...message } as AnyJson
}

/** The message of an Any of that type; undefined when it is another or none. */
export function unpackAny<T extends object>(typeUrl: string, any: AnyJson | undefined): T | undefined {
  return any !== undefined && typeOf(any) === typeUrl ? (any as T) : undefined
}

export function typeOf(any: AnyJson | undefined): string | undefined {
  return any === undefined ? undefined : (any as { readonly '@type'?: string })['@type']
}
