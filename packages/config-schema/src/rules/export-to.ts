/** `exportTo`: which namespaces see a resource. Entries are `*`, `.` or names; `*` stands alone and nothing stands twice. */
import { clip } from '../model/clip.js'
import { isDnsLabel } from '../model/host-format.js'
import type { FaultList } from '../validate/fault.js'
import { error, firstPlaces, within } from './reporter.js'

/** @param mayHide whether `~` (nobody) is allowed, as in a ServiceEntry. */
export function checkExportTo(
  exportTo: readonly string[] | undefined,
  namespace: string | undefined,
  faults: FaultList,
  mayHide = false,
): void {
  const seen = firstPlaces<string>()
  within(faults, ['spec', 'exportTo'], () => {
    exportTo?.forEach((entry, index) => {
      if (entry !== '*' && entry !== '.' && !(mayHide && entry === '~') && !isDnsLabel(entry)) {
        error(faults, 'bad-export-to', [index], `"${clip(entry)}" is not a namespace; expected "*", "." or a namespace.`)
      }
      const name = entry === '.' ? (namespace ?? '.') : entry
      const first = seen.take(name, faults, index)
      if (first !== undefined) error(faults, 'bad-export-to', [index], `The namespace "${clip(entry)}" stands twice.`, first)
    })
    if (exportTo?.includes('*') && exportTo.length > 1)
      error(faults, 'bad-export-to', [], '"*" already means every namespace and must stand alone.')
    if (mayHide && exportTo?.includes('~') && exportTo.length > 1)
      error(faults, 'bad-export-to', [], '"~" means nobody and must stand alone.')
  })
}
