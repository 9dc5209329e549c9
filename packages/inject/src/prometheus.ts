/**
 * Merged metrics: the Pod's scrape annotations point to the agent (15020 /stats/prometheus), which adds the app's own metrics; where those are
 * moves to ISTIO_PROMETHEUS_ANNOTATIONS.
 */
import { annotation, parseBoolean, splitList } from './annotations.js'
import { isJsonObject, type JsonObject, readRecord, toText } from './json.js'
import type { Metadata } from './pod-spec.js'
import type { ResolvedSettings } from './settings.js'

export const prometheusEnv = 'ISTIO_PROMETHEUS_ANNOTATIONS'

/** Both spellings that scrapers accept. */
const prefixes = ['prometheus.io/', 'prometheus.io.'] as const
const agentPort = '15020'
const agentPath = '/stats/prometheus'

/** Points the scrape annotations at the agent, in place; returns the value of ISTIO_PROMETHEUS_ANNOTATIONS when the app has metrics of its own. */
export function mergePrometheus(metadata: Metadata, settings: ResolvedSettings): string | undefined {
  const annotations = (metadata.annotations ??= {})
  const isMerged = parseBoolean(annotations[annotation.mergeMetrics]) ?? settings.mergePrometheus
  if (!isMerged || (read(annotations, 'scrape') ?? 'true') !== 'true') return undefined
  // scraping our own port is what an earlier injection left, not a wish of the app
  if (read(annotations, 'port') === agentPort) clear(annotations)
  const app = appMetrics(annotations)
  clear(annotations)
  annotations['prometheus.io/path'] = agentPath
  annotations['prometheus.io/port'] = agentPort
  annotations['prometheus.io/scrape'] = 'true'
  return app === undefined ? undefined : JSON.stringify(app)
}

/** Puts the app's own scrape annotations back; without a record the app had none, and ours are taken out when they are written anew. */
export function restorePrometheus(metadata: Metadata, recorded: string | undefined): void {
  if (recorded === undefined) return
  const annotations = (metadata.annotations ??= {})
  clear(annotations)
  const app = readRecord(recorded)
  for (const key of ['scrape', 'path', 'port']) {
    const value = app[key]
    if (typeof value === 'string' && value !== '') annotations[`prometheus.io/${key}`] = value
  }
  const targets = Array.isArray(app['targets']) ? app['targets'].filter(isJsonObject) : []
  const listed = targets.map((target) => `${toText(target['port'])}:${toText(target['path'])}`)
  if (listed.length > 0) annotations[annotation.scrapeTargets] = listed.join(',')
}

function appMetrics(annotations: Readonly<Record<string, string>>): JsonObject | undefined {
  const targets = splitList(annotations[annotation.scrapeTargets] ?? '').map(readTarget)
  const scrape = read(annotations, 'scrape') ?? ''
  const path = read(annotations, 'path') ?? targets[0]?.path ?? ''
  const port = read(annotations, 'port') ?? targets[0]?.port ?? ''
  if (scrape === '' && path === '' && port === '') return undefined
  return { scrape, path, port, ...(targets.length > 0 ? { targets } : {}) }
}

/** `8080:/metrics`; a port alone means /metrics. */
function readTarget(text: string): { port: string; path: string } {
  const colon = text.indexOf(':')
  return colon === -1 ? { port: text, path: '/metrics' } : { port: text.slice(0, colon), path: text.slice(colon + 1) }
}

function read(annotations: Readonly<Record<string, string>>, key: string): string | undefined {
  return annotations[`${prefixes[0]}${key}`] ?? annotations[`${prefixes[1]}${key}`]
}

function clear(annotations: Record<string, string>): void {
  for (const prefix of prefixes) for (const key of ['scrape', 'path', 'port']) delete annotations[`${prefix}${key}`]
  delete annotations[annotation.scrapeTargets]
}
