/**
 * CPU time and memory of a process and its children, from Linux's scheduler: /proc/PID/task/TID/schedstat counts the
 * nanoseconds that each thread really ran, which ticks of utime and stime only estimate.
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  readonly cpuNs: bigint
  readonly rssBytes: number
}

export function usageOf(pid: number): Usage {
  let cpuNs = 0n
  let rssBytes = 0
  for (const each of treeOf(pid)) {
    cpuNs += cpuTime(each)
    rssBytes += residentBytes(each)
  }
  return { cpuNs, rssBytes }
}

function treeOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(treeOf)]
}

function cpuTime(pid: number): bigint {
  let sum = 0n
  for (const thread of threadsOf(pid)) sum += BigInt(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] || '0')
  return sum
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** Empty when the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
