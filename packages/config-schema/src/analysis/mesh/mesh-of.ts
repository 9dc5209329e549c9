/** The mesh of judged resources, with the usual options. */
import type { JudgedResource } from '../judged-resource.js'
import { createMesh, type Mesh, type MeshOptions } from './mesh.js'

export function meshOf(
  resources: readonly JudgedResource[],
  { isComplete = false, clusterDomain = 'cluster.local' }: { readonly [Option in keyof MeshOptions]?: MeshOptions[Option] },
): Mesh {
  const views = resources.flatMap(({ view }) => (view === undefined ? [] : [view]))
  return createMesh(views, { isComplete, clusterDomain })
}
