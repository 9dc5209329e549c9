/** What an analyzer is: it asks the mesh and reports. */
import type { Mesh } from '../mesh/mesh.js'
import type { Report } from '../report.js'

export type Analyzer = (mesh: Mesh, report: Report) => void
