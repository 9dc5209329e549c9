/** `heddle ca status` and `heddle ca rotate plan`: roots with their phases and ends, what comes next and who still lacks it. */
import type { CaView } from '@heddle/control-plane'
import type { Invocation, Streams } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { renderTable } from '../output/table.js'
import { askAuthority } from '../target/authority.js'
import { withTarget } from '../target/target.js'

export async function runStatus(invocation: Invocation): Promise<number> {
  return show(invocation, (view) => {
    writeStatus(invocation.streams, view)
    invocation.streams.stdout.write('\n')
    writePlan(invocation.streams, view)
  })
}

export async function runPlan(invocation: Invocation): Promise<number> {
  return show(invocation, (view) => writePlan(invocation.streams, view))
}

async function show(invocation: Invocation, write: (view: CaView) => void): Promise<number> {
  return withTarget(invocation, async (target) => {
    const view = await askAuthority(target)
    if (invocation.flags.string('output') === 'json') invocation.streams.stdout.write(`${JSON.stringify(view, null, 2)}\n`)
    else write(view)
    return exitCode.ok
  })
}

function writeStatus({ stdout }: Streams, { trustDomain, rotation, handover, denied, metrics }: CaView): void {
  stdout.write(`trust domain: ${trustDomain}\n`)
  stdout.write(`issued: ${metrics.issued}   signing certificate ends: ${isoOf(metrics.chainNotAfterMs)}\n`)
  if (rotation) {
    const rows = rotation.roots.map(({ fingerprint, phase, sinceMs, notAfterMs, leavesEndMs }) => [
      fingerprint.slice(0, 16),
      phase,
      isoOf(sinceMs),
      isoOf(notAfterMs),
      leavesEndMs === undefined ? '-' : isoOf(leavesEndMs),
    ])
    stdout.write(`\n${renderTable({ header: ['ROOT', 'PHASE', 'SINCE', 'ENDS', 'LAST LEAF ENDS'], rows })}`)
  }
  if (handover) stdout.write(`\n${handoverText(handover)}`)
  if (denied.length === 0) return
  const rows = denied.map(({ kind, value, sinceMs, claimedActor, reason }) => [
    kind,
    value,
    isoOf(sinceMs),
    claimedActor ?? '-',
    reason ?? '',
  ])
  stdout.write(`\n${renderTable({ header: ['DENIED', 'VALUE', 'SINCE', 'CLAIMED BY', 'REASON'], rows })}`)
}

/** Those that still lack what the phase waits for stand below it. */
function handoverText({ phase, formerRoots, untilMs, lacking = [], lackingElsewhere }: NonNullable<CaView['handover']>): string {
  const what =
    phase === 'waiting'
      ? 'nothing is issued until every workload trusts the roots of the authority that was plugged in'
      : 'certificates under the former roots are being renewed'
  const names = lacking.map(({ id, spiffeId }) => `  ${id}  ${spiffeId ?? ''}\n`).join('')
  const roots = formerRoots.map((fingerprint) => fingerprint.slice(0, 16)).join(', ')
  const from = roots === '' ? '' : ` from ${roots}`
  const elsewhere = lackingElsewhere === undefined ? '' : `, ${lackingElsewhere || 'some'} at other replicas`
  const toGo = `${lacking.length} to go${elsewhere}${names === '' ? '' : ':'}`
  return `handover${from}: ${what}, until ${isoOf(untilMs)} at the latest; ${toGo}\n${names}`
}

function writePlan(streams: Streams, view: CaView): void {
  writeSteps(streams, view)
  for (const { severity, message } of view.alarms) streams.stdout.write(`${severity}: ${message}\n`)
}

function writeSteps({ stdout }: Streams, { rotation, handover }: CaView): void {
  if (!rotation) {
    stdout.write('The root is plugged in: it is rotated by changing the files of "cacerts".\n')
    if (handover) stdout.write(handoverText(handover))
    return
  }
  const { plan, forecast } = rotation
  stdout.write(`rotation: ${plan.isRunning ? 'running' : 'not running'}\n`)
  stdout.write(`next step: ${plan.next.step}${plan.next.isReady ? ' (ready)' : `, waits for ${plan.next.waitsFor}`}\n`)
  if (plan.observed !== undefined)
    stdout.write(
      `workloads: ${plan.observed} connected${plan.lacking.length === 0 ? '' : `, ${plan.lacking.length} ${lackOf(rotation)}:`}\n`,
    )
  for (const { id, spiffeId } of plan.lacking) stdout.write(`  ${id}  ${spiffeId ?? ''}\n`)
  stdout.write(`the next rotation begins by itself: ${isoOf(forecast.rotationStartsMs)}\n`)
}

/** In the words of what the next step waits for. */
function lackOf({ plan, roots }: NonNullable<CaView['rotation']>): string {
  const isTainted = roots.some(({ phase }) => phase === 'tainted')
  if (isTainted) return 'still hold a certificate under the tainted root'
  return plan.next.step === 'activate' ? 'do not trust the prepared root yet' : 'have not confirmed the roots as they are now'
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
