/** A control plane for the tests of every package. */
export { createFakeControlPlane, fakeToken, type FakeControlPlane, type FakeControlPlaneOptions } from './testing/fake-control-plane.js'
export { createFakeResourceClient, type ApplyObject, type FakeResourceClient } from './testing/fake-resource-client.js'
