/**
 * `heddle proxy-status`: istioctl's table of what each proxy acknowledged, and how many resources do not do what they say; with a
 * Pod, how its configuration differs from istiod's.
 */
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import type { ConfigDump } from '../output/config-dump.js'
import { compareConfiguration, type IstiodDump } from '../output/config-comparison.js'
import { dataFormatOf } from '../output/data-format.js'
import { problemSummary } from '../output/problem-text.js'
import { type ProxySync, readableType, statusTable } from '../output/proxy-status-table.js'
import { renderTable } from '../output/table.js'
import { askIstiods } from '../target/istiod.js'
import { getFromPod } from '../target/pod-http.js'
import { findProxyPod } from '../target/pods.js'
import { findProblems } from '../target/problems.js'
import { type Target, withTarget } from '../target/target.js'

const adminPort = 15000

export async function run(invocation: Invocation): Promise<number> {
  const { flags, positionals } = invocation
  const verbosity = flags.string('verbosity') ?? '0'
  if (!/^\d+$/.test(verbosity)) throw usageError(`-v ${verbosity} is not a level: 0 or 1`)
  const format = dataFormatOf(invocation)
  return withTarget(invocation, (target) =>
    positionals[0] === undefined ? showAll(invocation, target, Number(verbosity), format) : compareOne(invocation, target, positionals[0]),
  )
}

async function showAll(
  { streams }: Invocation,
  target: Target,
  verbosity: number,
  format: ReturnType<typeof dataFormatOf>,
): Promise<number> {
  const answers = await askIstiods<readonly Omit<ProxySync, 'istiod'>[]>(target, '/debug/syncz')
  const entries = answers.flatMap(({ pod, answer }) => answer.map((entry) => ({ ...entry, istiod: pod.metadata.name })))
  if (format) {
    streams.stdout.write(await format(entries))
    return exitCode.ok
  }
  if (entries.length === 0) streams.stderr.write('No proxies are connected.\n')
  else streams.stdout.write(renderTable(statusTable(entries, verbosity)))
  for (const { proxy, types } of entries)
    for (const [type, { error }] of Object.entries(types))
      if (error !== undefined) streams.stderr.write(`${proxy} refused ${readableType(type)}: ${error}\n`)
  const report = await findProblems(target)
  // A control plane that has no such page still has its table.
  if (report.kind === 'known') streams.stderr.write(problemSummary(report.problems))
  return exitCode.ok
}

/** Only the istiod that the proxy is connected to knows it; the others answer 404. */
async function compareOne({ streams }: Invocation, target: Target, word: string): Promise<number> {
  const pod = await findProxyPod(target, word)
  const { name, namespace = target.namespace } = pod.metadata
  const path = `/debug/config_dump?proxyID=${encodeURIComponent(`${name}.${namespace}`)}`
  const [sent, own] = await Promise.all([
    askIstiods<IstiodDump>(target, path, 'first'),
    getFromPod(target, pod, adminPort, '/config_dump?include_eds'),
  ])
  const parts = compareConfiguration((sent[0] as (typeof sent)[number]).answer, JSON.parse(own) as ConfigDump)
  for (const { title, differences } of parts) {
    streams.stdout.write(`${title} ${differences.length === 0 ? 'Match' : "Don't Match"}\n`)
    for (const difference of differences) streams.stdout.write(`  ${difference}\n`)
  }
  return exitCode.ok
}
