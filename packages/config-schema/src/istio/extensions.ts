/** extensions.istio.io WasmPlugin and TrafficExtension: code that proxies run for every request. */
import {
  anything,
  described,
  describedWords,
  int32,
  integer,
  list,
  object,
  oneWord,
  required,
  shortText,
  text,
  type Field,
  type ObjectType,
} from '../model/field-type.js'
import { targetChoice, targets } from './shared.js'

const phase: Field = {
  type: oneWord('UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'),
  default: 'UNSPECIFIED_PHASE',
  doc: 'Where in the chain it stands: before authentication, authorization, statistics, or before the router.',
}
const priority: Field = { type: int32, isNullable: true, default: 0, doc: 'Order within a phase: higher comes first.' }

const match = described(
  list(
    object('TrafficSelector', {
      mode: { type: oneWord('UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'), default: 'CLIENT_AND_SERVER' },
      ports: list(object('TrafficSelectorPort', { number: required(integer(0, 4_294_967_295)) })),
    }),
  ),
  'Which traffic; absent means all.',
)

const environment = object(
  'WasmEnvironmentVariable',
  {
    name: required(shortText(256)),
    valueFrom: { type: oneWord('INLINE', 'HOST'), default: 'INLINE' },
    value: described(text(undefined, { maxLength: 2048 }), 'With INLINE only.'),
  },
  {
    cel: [
      {
        rule: "(has(self.valueFrom) ? self.valueFrom : '') != 'HOST' || !has(self.value)",
        message: 'value may only be set when valueFrom is INLINE',
      },
    ],
  },
)

const code: Readonly<Record<string, Field>> = {
  url: required(shortText(65_536), 'oci://, https://, http:// or file://; without a scheme it is oci.'),
  sha256: described(text('sha256'), 'Checksum of the module.'),
  imagePullPolicy: { type: oneWord('UNSPECIFIED_POLICY', 'IfNotPresent', 'Always') },
  imagePullSecret: described(shortText(253), 'Secret of the same namespace.'),
  verificationKey: described(text(), 'Public key that signed the image.'),
  pluginConfig: described(anything, 'Handed to the plugin as JSON.'),
  pluginName: described(shortText(256), 'Name in statistics and logs.'),
  vmConfig: described(object('WasmVmConfig', { env: list(environment, { maxItems: 256 }) }), 'Environment of the module.'),
  failStrategy: {
    type: describedWords({
      FAIL_CLOSE: 'Requests fail when the plugin cannot be loaded or breaks.',
      FAIL_OPEN: 'Requests go on without it.',
      FAIL_RELOAD: 'It is loaded again, and requests fail meanwhile.',
    }),
    default: 'FAIL_CLOSE',
    doc: 'What happens when the plugin fails.',
  },
  type: { type: oneWord('UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'), default: 'HTTP' },
}

export const wasmPluginSpec: ObjectType = object(
  'WasmPluginSpec',
  { ...targets, ...code, phase, priority, match },
  { oneOf: [targetChoice], doc: 'A WebAssembly module in the filter chain of proxies.' },
)

export const trafficExtensionSpec: ObjectType = object(
  'TrafficExtensionSpec',
  {
    selector: targets.selector,
    targetRefs: targets.targetRefs,
    phase,
    priority,
    match,
    wasm: object('WasmConfig', code),
    lua: object('LuaConfig', { inlineCode: required(shortText(65_536), 'The script itself.') }),
  },
  {
    oneOf: [{ fields: ['selector', 'targetRefs'] }, { fields: ['wasm', 'lua'], isRequired: true }],
    doc: 'A WebAssembly module or a Lua script in the filter chain of proxies.',
  },
)
