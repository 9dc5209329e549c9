/**
 * The bound addresses of a proxy. A listener that cannot be bound anywhere keeps its last good version, the others open; one
 * of several addresses that cannot be bound is reported while the rest serve. A socket whose listener goes passes to the
 * listener that takes its address, so that no connection attempt falls in between. A shared address that another process
 * holds is waited for.
 */
import type { Socket } from 'node:net'
import { HeddleError, isHeddleError, type Logger } from '@heddle/base'
import type { Listener } from '@heddle/routing'
import { type ApplyIssue, applyIssue } from '../config/apply-issue.js'
import type { BindTarget } from '../deps.js'
import type { ListenerRuntime } from './listener-runtime.js'
import { openSocketListener, type SocketListener } from './socket-listener.js'

export type Listeners = ReadonlyMap<string, ListenerRuntime>

export interface BoundAddress {
  readonly name: string
  readonly target: BindTarget
  readonly runtime: ListenerRuntime
  readonly port: number
  connections: number
}

export interface BindDeps {
  readonly logger: Logger
  readonly targetsOf: (listener: Listener) => readonly BindTarget[]
  /** @returns false when the connection must be closed at once. */
  readonly accept: (bound: BoundAddress, socket: Socket) => boolean
}

export interface BindPlanned {
  /** What can be served: the wanted version where an address of it is bound, else the last good one. */
  readonly listeners: Listeners
  readonly issues: readonly ApplyIssue[]
  /** The first address that could not be bound. */
  readonly failure: Error | undefined
  /** Puts it in force. */
  commit(): void
  /** Closes what was opened for it. */
  discard(): void
}

export interface BoundListeners {
  /** Binds what is missing; nothing changes for what is bound before `commit`. One call at a time. */
  open(wanted: Listeners, previous: Listeners): Promise<BindPlanned>
  list(): readonly BoundAddress[]
  /** Whether other processes hold addresses that are wanted here too. */
  readonly isWaiting: boolean
  /** Binds what they have left meanwhile. One call at a time, as of `open`. */
  openWaiting(): Promise<void>
  /** Takes the newest runtimes and closes what no listener wants any more. */
  follow(listeners: Listeners): void
  close(): void
}

export function createBoundListeners(deps: BindDeps): BoundListeners {
  return new Sockets(deps)
}

interface Bound extends BoundAddress {
  key: string
  name: string
  target: BindTarget
  runtime: ListenerRuntime
  socket: SocketListener
}

interface Want {
  readonly key: string
  readonly name: string
  readonly target: BindTarget
  readonly runtime: ListenerRuntime
}

/** How a wanted address is had. */
type Source =
  | { readonly kind: 'bound' }
  | { readonly kind: 'spare'; readonly spare: Bound }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly error: Error }

class Sockets implements BoundListeners {
  readonly #deps: BindDeps
  readonly #bound = new Map<string, Bound>()
  readonly #waiting = new Map<string, Want>()

  constructor(deps: BindDeps) {
    this.#deps = deps
  }

  async open(wanted: Listeners, previous: Listeners): Promise<BindPlanned> {
    const wants = this.#wantsOf(wanted)
    const opened = new Map<string, Bound>()
    const failures = new Map<string, Error>()
    for (const want of wants) {
      if (this.#bound.has(want.key) || opened.has(want.key) || this.#holderOf(want.target) !== undefined) continue
      try {
        opened.set(want.key, await this.#open(want))
      } catch (error) {
        failures.set(want.key, error as Error)
      }
    }
    const { listeners, sources } = this.#settle(wants, opened, failures, wanted, previous)
    const issues = wants.flatMap((want) => {
      const source = sources.get(want.key)
      return source?.kind === 'failed' ? [applyIssue('listener', want.name, source.error)] : []
    })
    const close = (bounds: Iterable<Bound>): void => {
      for (const bound of bounds) bound.socket.close()
    }
    return {
      listeners,
      issues: oneEach(issues),
      failure: [...sources.values()].flatMap((source) => (source.kind === 'failed' ? [source.error] : []))[0],
      discard: () => close(opened.values()),
      commit: () => {
        const isKept = (bound: Bound): boolean => listeners.get(bound.name) === bound.runtime
        close([...opened.values()].filter((bound) => !isKept(bound)))
        for (const bound of opened.values()) if (isKept(bound)) this.#bound.set(bound.key, bound)
        for (const want of wants) {
          const source = sources.get(want.key)
          if (listeners.get(want.name) !== want.runtime) continue
          if (source?.kind === 'spare') this.#handOver(source.spare, want)
          else if (source?.kind === 'waiting') this.#wait(want)
        }
      },
    }
  }

  list(): readonly BoundAddress[] {
    return [...this.#bound.values()]
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  async openWaiting(): Promise<void> {
    for (const [key, want] of this.#waiting) {
      const bound = await this.#open(want).catch(() => undefined)
      if (bound === undefined) continue
      // It may not be wanted any more, or by a newer runtime.
      const current = this.#waiting.get(key)
      if (current === undefined) {
        bound.socket.close()
        continue
      }
      bound.runtime = current.runtime
      this.#waiting.delete(key)
      this.#bound.set(key, bound)
      this.#deps.logger.info('took over an address that another process had', { listener: want.name, ...at(want.target) })
    }
  }

  follow(listeners: Listeners): void {
    const wanted = new Set(this.#wantsOf(listeners).map(({ key }) => key))
    for (const [key, want] of this.#waiting) {
      const runtime = wanted.has(key) && !this.#bound.has(key) ? listeners.get(want.name) : undefined
      if (runtime === undefined) this.#waiting.delete(key)
      else this.#waiting.set(key, { ...want, runtime })
    }
    for (const [key, bound] of this.#bound) {
      bound.runtime = listeners.get(bound.name) ?? bound.runtime
      if (wanted.has(key)) continue
      bound.socket.close()
      this.#bound.delete(key)
    }
  }

  close(): void {
    for (const bound of this.#bound.values()) bound.socket.close()
    this.#bound.clear()
    this.#waiting.clear()
  }

  /**
   * Which listeners can be served. One that falls back to its last good version keeps its sockets, which may take them from
   * another listener: so this goes on until nothing changes.
   */
  #settle(
    wants: readonly Want[],
    opened: ReadonlyMap<string, Bound>,
    failures: ReadonlyMap<string, Error>,
    wanted: Listeners,
    previous: Listeners,
  ): { readonly listeners: Listeners; readonly sources: ReadonlyMap<string, Source> } {
    const refused = new Set<string>()
    for (;;) {
      const listeners = fallBack(wanted, previous, refused)
      const sources = this.#sourcesOf(wants, opened, failures, new Set(this.#wantsOf(listeners).map(({ key }) => key)))
      const more = [...wanted.keys()].filter((name) => {
        const own = wants.filter((want) => want.name === name)
        return !refused.has(name) && own.length > 0 && own.every(({ key }) => sources.get(key)?.kind === 'failed')
      })
      if (more.length === 0) return { listeners, sources }
      for (const name of more) refused.add(name)
    }
  }

  #sourcesOf(
    wants: readonly Want[],
    opened: ReadonlyMap<string, Bound>,
    failures: ReadonlyMap<string, Error>,
    kept: ReadonlySet<string>,
  ): ReadonlyMap<string, Source> {
    const taken = new Set<Bound>()
    return new Map(
      wants.map((want): [string, Source] => {
        const error = failures.get(want.key)
        if (error !== undefined) return [want.key, isHeldElsewhere(want, error) ? { kind: 'waiting' } : { kind: 'failed', error }]
        if (this.#bound.has(want.key) || opened.has(want.key)) return [want.key, { kind: 'bound' }]
        const holder = this.#holderOf(want.target)
        if (holder === undefined || taken.has(holder) || kept.has(holder.key))
          return [want.key, { kind: 'failed', error: heldBy(want, holder) }]
        taken.add(holder)
        return [want.key, { kind: 'spare', spare: holder }]
      }),
    )
  }

  /** The socket that has the address already, under whatever name. */
  #holderOf(target: BindTarget): Bound | undefined {
    if (target.port === 0) return undefined
    return [...this.#bound.values()].find((bound) => bound.target.address === target.address && bound.target.port === target.port)
  }

  #wantsOf(listeners: Listeners): readonly Want[] {
    return [...listeners].flatMap(([name, runtime]) =>
      this.#deps.targetsOf(runtime.config).map((target) => ({ key: bindKey(name, target), name, target, runtime })),
    )
  }

  #handOver(bound: Bound, { key, name, target, runtime }: Want): void {
    this.#bound.delete(bound.key)
    Object.assign(bound, { key, name, target, runtime })
    this.#bound.set(key, bound)
  }

  #wait(want: Want): void {
    if (!this.#waiting.has(want.key))
      this.#deps.logger.info('another process has an address: it is taken over as soon as it is free', {
        listener: want.name,
        ...at(want.target),
      })
    this.#waiting.set(want.key, want)
  }

  async #open({ key, name, target, runtime }: Want): Promise<Bound> {
    const { logger, accept } = this.#deps
    const { address, port } = target
    const socket = await openSocketListener({ address, port, name, logger, accept: (accepted) => accept(bound, accepted) })
    const bound: Bound = { key, name, target, socket, runtime, port: socket.port, connections: 0 }
    return bound
  }
}

function fallBack(wanted: Listeners, previous: Listeners, refused: ReadonlySet<string>): Listeners {
  return new Map(
    [...wanted].flatMap(([name, runtime]) => {
      const served = refused.has(name) ? previous.get(name) : runtime
      return served === undefined ? [] : [[name, served]]
    }),
  )
}

function oneEach(issues: readonly ApplyIssue[]): readonly ApplyIssue[] {
  const byName = new Map<string, ApplyIssue>()
  for (const issue of issues) {
    const other = byName.get(issue.name)
    byName.set(issue.name, other === undefined ? issue : { ...other, message: `${other.message}; ${issue.message}` })
  }
  return [...byName.values()]
}

function heldBy({ name, target }: Want, holder: Bound | undefined): Error {
  const who = holder === undefined ? 'is wanted twice' : `is served by listener "${holder.name}"`
  return new HeddleError({
    code: 'HEDDLE_PROXY_LISTEN',
    message: `listener "${name}" cannot bind ${target.address}:${target.port}: the address ${who}`,
    origin: 'user',
  })
}

function isHeldElsewhere({ target }: Want, error: Error): boolean {
  return target.shared === true && isHeddleError(error) && error.retryable
}

function at({ address, port }: BindTarget): { readonly address: string; readonly port: number } {
  return { address, port }
}

function bindKey(name: string, { address, port, original }: BindTarget): string {
  return JSON.stringify([name, address, port, original])
}
