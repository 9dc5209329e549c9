/** `heddle certs list`: the certificate of every proxy, with its end. */
import { systemClock } from '@heddle/base/node'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { renderTable } from '../output/table.js'
import { withTarget } from '../target/target.js'
import { allCertificates, type ProxyCertificates } from '../target/workload-certificates.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams } = invocation
  return withTarget(invocation, async (target) => {
    const all = await allCertificates(target, flags.boolean('all-namespaces') ? undefined : target.namespace)
    if (flags.string('output') === 'json') streams.stdout.write(`${JSON.stringify(all.map(plain), null, 2)}\n`)
    else if (all.length === 0) streams.stderr.write('No Pod here has a proxy.\n')
    else streams.stdout.write(renderTable({ header: ['POD', 'IDENTITY', 'SERIAL', 'ENDS', 'LEFT', 'ROOTS'], rows: all.map(rowOf) }))
    return exitCode.ok
  })
}

function plain({ pod, leaf, roots, fault }: ProxyCertificates): object {
  return { pod: nameOf(pod), leaf, roots, ...(fault !== undefined && { fault }) }
}

function rowOf({ pod, leaf, roots, fault }: ProxyCertificates): readonly string[] {
  if (fault !== undefined) return [nameOf(pod), `unknown: ${fault.slice(0, 80)}`, '-', '-', '-', '-']
  if (!leaf?.not_after) return [nameOf(pod), 'none yet', '-', '-', '-', String(roots.length)]
  const leftMs = Date.parse(leaf.not_after) - systemClock.now()
  const left = leftMs <= 0 ? 'EXPIRED' : leftMs < 3_600_000 ? `${Math.floor(leftMs / 60_000)}m` : `${Math.floor(leftMs / 3_600_000)}h`
  return [nameOf(pod), leaf.uris?.join(',') ?? '-', leaf.serial_number ?? '-', leaf.not_after, left, String(roots.length)]
}

function nameOf({ metadata: { name, namespace = '' } }: ProxyCertificates['pod']): string {
  return `${name}.${namespace}`
}
