/**
 * What the primary and its workers say to each other, over Node's channel between processes (structured clone). Questions
 * carry an id and get one answer; everything else is news.
 */
import type { ApplyResult } from '@heddle/proxy-core'
import type { ProxyConfig, Secret } from '@heddle/routing'
import type { HttpLogEntry, NameTable, TcpLogEntry } from '@heddle/xds'
import type { DataPlaneView } from '../engine/data-plane.js'

export type AccessEntry = HttpLogEntry | TcpLogEntry

export type ToWorker =
  /** Undefined: the secret is gone. */
  | { readonly kind: 'secrets'; readonly secrets: readonly (readonly [name: string, secret: Secret | undefined])[] }
  | { readonly kind: 'names'; readonly table: NameTable }
  | { readonly kind: 'apply'; readonly id: number; readonly config: ProxyConfig }
  | { readonly kind: 'view' | 'metrics'; readonly id: number }
  | { readonly kind: 'drain'; readonly id: number; readonly deadlineMs: number }

export type FromWorker =
  | { readonly kind: 'started' }
  | { readonly kind: 'applied'; readonly id: number; readonly result: ApplyResult }
  | { readonly kind: 'view'; readonly id: number; readonly view: DataPlaneView }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string }
  | { readonly kind: 'drained'; readonly id: number }
  | { readonly kind: 'records'; readonly entries: readonly AccessEntry[] }
  /** A refused resource came into force without a new configuration. */
  | { readonly kind: 'recovered' }
