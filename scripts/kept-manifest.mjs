/** Where a package's own package.json is kept while it is packed, relative to the package's folder. */
export const keptManifest = 'node_modules/.package.json.kept'
