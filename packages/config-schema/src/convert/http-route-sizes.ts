/** How much of a thing the Gateway API takes in an HTTPRoute. */
export const httpRouteSizes = { rules: 16, hostnames: 16, matches: 64, values: 16, headers: 16, backends: 16, weight: 1_000_000 } as const
