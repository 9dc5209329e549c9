/** Keys of ConfigMaps and Secrets become file names, so only letters, digits, `-`, `_` and `.` are allowed. */
import type { ConfigMap, Secret } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { error } from './reporter.js'

export function checkDataKeys(resource: ConfigMap | Secret, faults: FaultList): void {
  const { data, binaryData, stringData } = resource as ConfigMap & Secret
  for (const [name, entries] of Object.entries({ data, binaryData, stringData })) {
    for (const key of Object.keys(entries ?? {})) {
      if (/^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== '.' && !key.startsWith('..')) continue
      error(faults, 'bad-data-key', [name, key], `"${clip(key)}" cannot be a key; expected letters, digits, "-", "_" and ".".`, {
        part: 'key',
      })
    }
  }
}
