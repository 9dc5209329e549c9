export { toJson } from './canonical-json.js'
export {
  decode,
  decodeCluster,
  decodeEndpoints,
  decodeListener,
  decodeRouteConfiguration,
  type Decoded,
  type DecodedConfig,
  type DecodeIssue,
} from './decode.js'
export type { IssueLevel } from './decoding.js'
export { encode, encodeCluster, encodeEndpoints, encodeListener, encodeRouteConfiguration } from './encode.js'
export type { Profile, XdsResource, XdsResources } from './resource.js'
export { typeUrls } from './type-url.js'
