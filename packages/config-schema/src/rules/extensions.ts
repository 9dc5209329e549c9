/** Rules of WasmPlugin and TrafficExtension. */
import type { TrafficExtension, TrafficSelector, WasmConfig, WasmPlugin } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { checkPort } from './ports.js'
import { eachOf, error, firstPlaces, within } from './reporter.js'
import { checkTargets } from './targets.js'

const schemes = ['oci', 'https', 'http', 'file']
/** Without a scheme the module is an image: registry, name, tag and digest. */
const imageCharacters = /^[\w./:@+-]*$/

export function checkWasmPlugin({ spec }: WasmPlugin, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkTargets(spec, faults)
    checkModule(spec, faults)
    checkMatch(spec.match, faults)
  })
}

export function checkTrafficExtension({ spec }: TrafficExtension, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkTargets(spec, faults)
    if (spec.wasm) within(faults, ['wasm'], () => checkModule(spec.wasm as WasmConfig, faults))
    checkMatch(spec.match, faults)
  })
}

function checkModule({ url, vmConfig }: WasmConfig, faults: FaultList): void {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url ?? '')?.[1]
  if (scheme !== undefined && !schemes.includes(scheme.toLowerCase()))
    error(faults, 'wasm/url', ['url'], `"${clip(url ?? '')}": modules are not fetched by ${clip(scheme)}.`, {
      expected: schemes.map((name) => `${name}://`).join(', '),
    })
  if (url !== undefined && /\s/.test(url)) error(faults, 'wasm/url', ['url'], `"${clip(url)}" holds white space.`)
  else if (url !== undefined && scheme === undefined && !imageCharacters.test(url))
    error(faults, 'wasm/url', ['url'], `"${clip(url)}" is neither a URL nor the name of an image.`, {
      expected: 'an address such as oci://registry.example.com/filters/name:1.0',
    })
  const seen = firstPlaces<string>()
  within(faults, ['vmConfig'], () =>
    eachOf(faults, 'env', vmConfig?.env, ({ name, valueFrom = 'INLINE', value = '' }) => {
      const first = name === undefined ? undefined : seen.take(name, faults, 'name')
      if (first !== undefined) error(faults, 'wasm/duplicate-env', ['name'], `The variable "${clip(name)}" stands twice.`, first)
      if (valueFrom === 'HOST' && value !== '')
        error(faults, 'wasm/env-value', ['value'], 'A variable taken from the host has no value of its own.', { part: 'key' })
    }),
  )
}

function checkMatch(match: readonly TrafficSelector[] | undefined, faults: FaultList): void {
  eachOf(faults, 'match', match, ({ ports }) => eachOf(faults, 'ports', ports, ({ number }) => checkPort(number, ['number'], faults)))
}
