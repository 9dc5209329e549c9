/** The interfaces that translation reads are parts of the validated types: objects of `@heddle/config-schema` fit as they are. */
import { expectTypeOf, it } from 'vitest'
import type * as schema from '@heddle/config-schema'
import type * as read from '../src/index.js'

it('validated resources are accepted without conversion', () => {
  expectTypeOf<schema.Service>().toExtend<read.Service>()
  expectTypeOf<schema.EndpointSlice>().toExtend<read.EndpointSlice>()
  expectTypeOf<schema.Pod>().toExtend<read.Pod>()
  expectTypeOf<schema.Node>().toExtend<read.KubernetesNode>()
  expectTypeOf<schema.Namespace>().toExtend<read.Namespace>()
  expectTypeOf<schema.ServiceAccount>().toExtend<read.ServiceAccount>()
  expectTypeOf<schema.VirtualService>().toExtend<read.VirtualService>()
  expectTypeOf<schema.DestinationRule>().toExtend<read.DestinationRule>()
  expectTypeOf<schema.Gateway>().toExtend<read.Gateway>()
  expectTypeOf<schema.PeerAuthentication>().toExtend<read.PeerAuthentication>()
})
