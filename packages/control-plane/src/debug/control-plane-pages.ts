/** The pages of 15014 by path. */
import type { Ca, CertificateServiceCounters } from '@heddle/ca'
import { issuancePage } from './issuance-page.js'
import { caViewOf } from '../citadel/ca-view.js'
import type { FederationFollower } from '../citadel/federation-follower.js'
import type { Credentials } from '../credentials/credentials.js'
import type { Discovery } from '../push/discovery.js'
import type { AccessStore } from '../telemetry/access-store.js'
import type { MeshMetrics } from '../telemetry/mesh-metrics.js'
import { configDumpOf } from './config-dump.js'
import { json, type Page, type Pages, text } from './monitoring-server.js'
import { renderPilotMetrics } from './pilot-metrics.js'
import { syncStatusOf } from './sync-status.js'

export interface PageSources {
  readonly discovery: Discovery
  readonly records: AccessStore
  readonly metrics: MeshMetrics
  readonly ca: Ca
  readonly federation: Pick<FederationFollower, 'view'> | undefined
  readonly certificates: () => CertificateServiceCounters
  /** Folder of the issuance log; undefined where none is kept. */
  readonly issuanceLog: string | undefined
  readonly credentials: Pick<Credentials, 'errorCount'> | undefined
  readonly isReady: () => boolean
  readonly version: string
}

const defaultRecords = 100

export function controlPlanePages(sources: PageSources): Pages {
  const { discovery, records, ca, certificates, credentials, isReady, version } = sources
  return {
    '/ready': { render: () => (isReady() ? text('ready\n') : text('starting\n', 503)) },
    '/metrics': {
      render: () => {
        const figures = { discovery, ca: ca.metrics(), certificates: certificates(), secretErrors: credentials?.errorCount ?? 0, version }
        return prometheus(renderPilotMetrics(figures))
      },
    },
    '/telemetry/metrics': { render: () => prometheus(sources.metrics.render()) },
    '/telemetry/records': { render: (query) => recordsPage(records, query.get('limit')), isLocalOnly: true },
    '/debug/ca': { render: () => json(caViewOf(ca, sources.federation?.view())), isLocalOnly: true },
    '/debug/ca/log': { render: (query) => issuancePage(sources.issuanceLog, query), isLocalOnly: true },
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
