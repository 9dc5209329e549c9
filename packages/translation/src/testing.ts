/** `@heddle/translation/testing`: what a test expects of routes, for any test runner; a failure carries the explanation. */
export { expectRoute, type MeshUnderTest, type RouteExpectation } from './simulate/expect-route.js'
