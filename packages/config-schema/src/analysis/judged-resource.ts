/** One resource with what is known of it by itself: what analysis keeps of a file that has not changed. */
import type { Finding } from './finding.js'
import type { View } from './mesh/view-type.js'

export interface JudgedResource {
  readonly file: string | undefined
  /** Undefined for what is no resource of a known kind. */
  readonly view: View | undefined
  /** What validation says, as findings. */
  readonly findings: readonly Finding[]
}
