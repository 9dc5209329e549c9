/** Load on TCP proxies: bulk in one direction, or small messages that come back. */
import { type LoadGenerator, runOwn } from './load.js'

/** Eight connections read as fast as they can; one unit is a megabyte (10^6 bytes). */
export function bulkLoad(core: number | undefined): LoadGenerator {
  return {
    name: 'own generator on raw sockets',
    async run(port, seconds) {
      return { ...(await runOwn(core, 'tcp-generator.js', { port, connections: 8, seconds, kind: 'bulk' })), p50Ms: null, p99Ms: null }
    },
  }
}

/** 64 connections, on each always one message of 64 bytes on its way. */
export function echoLoad(core: number | undefined): LoadGenerator {
  return {
    name: 'own generator on raw sockets',
    run: (port, seconds) => runOwn(core, 'tcp-generator.js', { port, connections: 64, seconds, kind: 'echo', messageBytes: 64 }),
  }
}
