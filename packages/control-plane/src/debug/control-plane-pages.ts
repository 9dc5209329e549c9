/** The pages of 15014 by path. */
import type { Credentials } from '../credentials/credentials.js'
import type { Discovery } from '../push/discovery.js'
import type { AccessStore } from '../telemetry/access-store.js'
import type { MeshMetrics } from '../telemetry/mesh-metrics.js'
import { configDumpOf } from './config-dump.js'
import { json, type Page, type Pages, text } from './monitoring-server.js'
import { type CertificateCounters, renderPilotMetrics } from './pilot-metrics.js'
import { syncStatusOf } from './sync-status.js'

export interface PageSources {
  readonly discovery: Discovery
  readonly records: AccessStore
  readonly metrics: MeshMetrics
  readonly certificates: CertificateCounters
  readonly credentials: Pick<Credentials, 'errorCount'> | undefined
  readonly isReady: () => boolean
  readonly version: string
}

const defaultRecords = 100

export function controlPlanePages(sources: PageSources): Pages {
  const { discovery, records, certificates, credentials, isReady, version } = sources
  return {
    '/ready': { render: () => (isReady() ? text('ready\n') : text('starting\n', 503)) },
    '/metrics': {
      render: () => prometheus(renderPilotMetrics({ discovery, certificates, secretErrors: credentials?.errorCount ?? 0, version })),
    },
    '/telemetry/metrics': { render: () => prometheus(sources.metrics.render()) },
    '/telemetry/records': { render: (query) => recordsPage(records, query.get('limit')), isLocalOnly: true },
    '/debug/syncz': { render: () => json(discovery.proxies().map(syncStatusOf)), isLocalOnly: true },
    '/debug/issues': { render: () => json(discovery.issues()), isLocalOnly: true },
    '/debug/config_dump': { render: (query) => configDumpOf(discovery, query.get('proxyID')), isLocalOnly: true },
  }
}

/** 42422: Mixer's port has the mesh's metrics and nothing else. */
export function telemetryPages(metrics: MeshMetrics): Pages {
  return { '/metrics': { render: () => prometheus(metrics.render()) } }
}

function recordsPage(records: AccessStore, limitText: string | null): Page {
  const limit = limitText === null ? defaultRecords : Number(limitText)
  if (!Number.isInteger(limit) || limit < 0) return text(`limit must be a number of records, not "${limitText}"\n`, 400)
  return json(records.last(limit))
}

function prometheus(body: string): Page {
  return { contentType: 'text/plain; version=0.0.4; charset=utf-8', body }
}
