/**
 * Which 127.x.0.0/16 a mesh uses. Each mesh on the machine leases another `x`, by a file naming its process in a folder all
 * users share, so that several run side by side; a mesh gets its former one again when nobody else took it.
 */
import { createHash } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeddleError } from '@heddle/base'
import { identityOf, isAlive, type ProcessIdentity } from './process-start.js'

export interface SubnetLease {
  /** The second octet of 127.x.0.0/16. */
  readonly subnet: number
  release(): void
}

/** 127.0 is everybody's own; the highest ones are left to other programs' habits. */
const firstSubnet = 10
const subnetCount = 230

export interface SubnetLeaseOptions {
  /** Folder of the lease files. */
  readonly folder: string
  /** Names the mesh; decides where the search starts. */
  readonly stateDir: string
  /** Tried first: what this mesh used before, or what the user chose. */
  readonly preferred?: number | undefined
}

/** @throws HEDDLE_SUBNET_LEASE when every subnet is in use. */
export function leaseSubnet(options: SubnetLeaseOptions): SubnetLease {
  makeSharedFolder(options.folder)
  const start = createHash('sha256').update(options.stateDir).digest().readUInt16BE()
  const all = Array.from({ length: subnetCount }, (_, step) => firstSubnet + ((start + step) % subnetCount))
  const order = options.preferred === undefined ? all : [options.preferred, ...all]
  // Subnets nobody left behind come first: what a crashed mesh still runs keeps its addresses until its own next start.
  for (const takesStale of [false, true])
    for (const subnet of order) {
      const path = join(options.folder, String(subnet))
      if (takesStale || subnet === options.preferred) discardStale(path)
      if (take(path)) return { subnet, release: () => rmSync(path, { force: true }) }
    }
  throw new HeddleError({
    code: 'HEDDLE_SUBNET_LEASE',
    message: `all ${subnetCount} subnets 127.x.0.0/16 are leased by other meshes`,
    origin: 'user',
    hint: `Stop a mesh, or look at the lease files in ${options.folder}.`,
  })
}

function makeSharedFolder(folder: string): void {
  mkdirSync(folder, { recursive: true })
  try {
    chmodSync(folder, 0o1777)
  } catch {
    // Another user made it, with the same mode.
  }
}

/** A lease appears whole: linked from a file of our own. */
function take(path: string): boolean {
  const own = `${path}.${process.pid}`
  writeFileSync(own, JSON.stringify(identityOf(process.pid)))
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

function discardStale(path: string): void {
  try {
    if (isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity)) return
    rmSync(path, { force: true })
  } catch {
    // No lease, or another user's that we may not remove: taking it will tell.
  }
}
