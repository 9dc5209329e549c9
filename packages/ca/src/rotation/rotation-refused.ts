/** The answer to a step that is out of order. */
import { caError } from '../ca-error.js'

export function rotationRefused(reason: string): Error {
  return caError('HEDDLE_CA_ROTATION_REFUSED', `the root rotation cannot take this step: ${reason}`, { origin: 'user' })
}
