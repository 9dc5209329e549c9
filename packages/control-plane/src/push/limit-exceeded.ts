/** A proxy asks for more than any proxy needs: its stream ends, so that one workload cannot fill the control plane's memory. */
import { HeddleError } from '@heddle/base'

export function limitExceeded(what: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_CONTROL_PLANE_LIMIT', message: `the stream asks for ${what}`, origin: 'downstream' })
}
