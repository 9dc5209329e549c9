/** How connections of one bound address learn what their clients meant to reach. */
export type OriginalDestination =
  /** The socket's own local address. */
  | { readonly kind: 'local' }
  | { readonly kind: 'fixed'; readonly address: string; readonly port: number }
  /** PROXY protocol v2 comes first. With `token`, only with that text in TLV 0xE0. */
  | { readonly kind: 'proxy-v2'; readonly token?: string }
  /** An explicit HTTP proxy: absolute form or CONNECT. With `token`, only with it in Proxy-Authorization. */
  | { readonly kind: 'http-proxy'; readonly token?: string }
