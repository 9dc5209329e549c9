/** The argument forms of `Socket.prototype.connect` and `tls.connect`, brought to one shape. */

export interface ConnectOptions {
  readonly host?: string
  readonly port?: number | string
  readonly path?: string | null
  readonly localAddress?: string
  readonly lookup?: unknown
  readonly [option: string]: unknown
}

export interface ConnectArguments {
  readonly options: ConnectOptions
  readonly listener: (() => void) | undefined
}

/** `(options, listener)`, `(port, host, listener)`, or Node's own already normalised array; undefined for a path. */
export function connectArguments(args: readonly unknown[]): ConnectArguments | undefined {
  const list = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  const last = list.findLast((value) => value !== undefined && value !== null)
  const listener = typeof last === 'function' ? (last as () => void) : undefined
  const first = list[0]
  if (typeof first === 'object' && first !== null) {
    const options = first as ConnectOptions
    return options.path ? undefined : { options, listener }
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return undefined
  if (typeof first !== 'number' && typeof first !== 'string') return undefined
  const host = list[1]
  return { options: typeof host === 'string' ? { port: first, host } : { port: first }, listener }
}
