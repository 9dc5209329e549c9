/** Rules of fault injection: something to inject, and a percentage, without which nothing ever happens. */
import { grpcStatusNames } from '@heddle/base'
import type { Abort, Delay, HTTPFaultInjection } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { likelyWord } from '../validate/likely-word.js'
import { checkPercent } from './percentage.js'
import { error, warning, within } from './reporter.js'

export function checkFault(fault: HTTPFaultInjection | undefined, faults: FaultList): void {
  if (fault === undefined) return
  within(faults, ['fault'], () => {
    if (fault.abort === undefined && fault.delay === undefined)
      error(faults, 'fault/empty', [], 'A fault needs abort, delay, or both.', { expected: 'abort or delay' })
    if (fault.abort) within(faults, ['abort'], () => checkAbort(fault.abort as Abort, faults))
    if (fault.delay) within(faults, ['delay'], () => checkDelay(fault.delay as Delay, faults))
  })
}

function checkAbort(abort: Abort, faults: FaultList): void {
  checkPercent(abort.percentage?.value, ['percentage', 'value'], faults)
  if (abort.percentage === undefined) warning(faults, 'fault/percentage-missing', [], 'Without a percentage no request is aborted.')
  if (abort.http2Error !== undefined)
    error(faults, 'fault/unsupported', ['http2Error'], 'http2Error is not supported; use httpStatus or grpcStatus.', { part: 'key' })
  else if (abort.httpStatus === undefined && abort.grpcStatus === undefined)
    warning(faults, 'fault/status-missing', [], 'The abort has no httpStatus and no grpcStatus.')
  const status = abort.httpStatus
  if (status !== undefined && (status < 200 || status > 600))
    error(faults, 'bad-status', ['httpStatus'], `${status} is not a status a response may have.`, { expected: 'a status from 200 to 599' })
  if (abort.grpcStatus !== undefined && !grpcStatusNames.includes(abort.grpcStatus)) {
    const meant = likelyWord(abort.grpcStatus, grpcStatusNames)
    error(
      faults,
      'fault/grpc-status',
      ['grpcStatus'],
      `"${clip(abort.grpcStatus)}" is not a gRPC status; expected a name such as UNAVAILABLE.`,
      { expected: grpcStatusNames.join(', '), ...(meant === undefined ? {} : { suggestion: meant }) },
    )
  }
}

function checkDelay(delay: Delay, faults: FaultList): void {
  checkPercent(delay.percentage?.value, ['percentage', 'value'], faults)
  checkPercent(delay.percent, ['percent'], faults)
  if (delay.percentage === undefined && delay.percent === undefined)
    warning(faults, 'fault/percentage-missing', [], 'Without a percentage no request is delayed.')
  if (delay.exponentialDelay !== undefined)
    error(faults, 'fault/unsupported', ['exponentialDelay'], 'exponentialDelay is not supported; use fixedDelay.', { part: 'key' })
  else if (delay.fixedDelay === undefined)
    error(faults, 'missing-field', ['fixedDelay'], 'The delay needs fixedDelay, such as 5s.', {
      part: 'key',
      expected: 'a duration such as 5s',
    })
}
