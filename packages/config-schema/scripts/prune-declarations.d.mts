/** The declarations below `dist`, by whether an entry of the package leads to them. */
export function declarationsOf(dist: string): { readonly reached: readonly string[]; readonly others: readonly string[] }
export function bytesOf(dist: string, names: readonly string[]): number
