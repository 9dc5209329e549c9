/** An authority for the tests of every package: in memory, synchronous, ready in a millisecond. */
export { createTestCa, type TestCa, type TestCaOptions, type TestIssueOptions, type TestIdentity } from './testing/test-ca.js'
