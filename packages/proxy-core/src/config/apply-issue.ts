/**
 * Resources that a configuration brought and the proxy could not take: they keep their last good version, or stay away,
 * while everything else is in force. Envoy shows them as `error_state` in its config dump.
 */
import { isHeddleError, type Logger, messageOf } from '@heddle/base'
import type { Cluster, Listener, ProxyConfig, RouteConfiguration } from '@heddle/routing'

export type ResourceKind = 'listener' | 'route configuration' | 'cluster'

export interface ApplyIssue {
  /** A `HEDDLE_...` code. */
  readonly code: string
  readonly message: string
  readonly kind: ResourceKind
  readonly name: string
}

export interface RefusedResource extends ApplyIssue {
  /** When it was first refused for this reason; milliseconds since the Unix epoch. */
  readonly sinceMs: number
  readonly lastAttemptMs: number
  /** The version that was refused. Undefined when the configuration has no such resource any more. */
  readonly config: Listener | RouteConfiguration | Cluster | undefined
}

export function applyIssue(kind: ResourceKind, name: string, error: unknown): ApplyIssue {
  return { code: isHeddleError(error) ? error.code : 'HEDDLE_PROXY_CONFIG', message: messageOf(error), kind, name }
}

/** What is refused now. */
export interface RefusedResources {
  readonly list: readonly RefusedResource[]
  /** Takes the outcome of an attempt. @returns what was refused before and is not any more. */
  update(issues: readonly ApplyIssue[], config: ProxyConfig, nowMs: number): readonly ApplyIssue[]
}

/** Says each refusal once, however often it is tried again, and its end. */
export function createRefusedResources(logger: Logger): RefusedResources {
  let known = new Map<string, RefusedResource>()
  return {
    get list() {
      return [...known.values()]
    },
    update(issues, config, nowMs) {
      const before = known
      known = new Map()
      for (const issue of issues) {
        const { kind, name, message } = issue
        const key = keyOf(issue)
        const older = before.get(key)
        const isNew = older?.message !== message
        if (isNew) logger.warn('a resource is not in force as it was sent', { kind, name, reason: message })
        known.set(key, { ...issue, sinceMs: isNew ? nowMs : older.sinceMs, lastAttemptMs: nowMs, config: findResource(config, kind, name) })
      }
      const recovered = [...before].filter(([key]) => !known.has(key)).map(([, issue]) => issue)
      for (const { kind, name } of recovered) logger.info('a resource that was refused is in force, or gone', { kind, name })
      return recovered
    },
  }
}

function keyOf({ kind, name }: ApplyIssue): string {
  return `${kind} ${name}`
}

function findResource(config: ProxyConfig, kind: ResourceKind, name: string): RefusedResource['config'] {
  const lists = { listener: config.listeners, 'route configuration': config.routeConfigurations, cluster: config.clusters }
  return lists[kind].find((resource) => resource.name === name)
}
