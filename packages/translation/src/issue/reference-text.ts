/** The sentences about destinations that lead nowhere: the same from the model and from a proxy, so that a problem is told once. */

export function unknownHostText(host: string): string {
  return `there is no service "${host}", or none that is exported to the caller: requests get 503 (no cluster)`
}

/** @param known what DestinationRules define for the host. */
export function unknownSubsetText(host: string, subset: string, known: readonly string[]): string {
  const defined = known.length > 0 ? `; defined are ${known.join(', ')}` : ''
  return `no DestinationRule for ${host} defines the subset "${subset}"${defined}: requests get 503 (no cluster)`
}
