/** Frames and header blocks as tests of the wire write them, for what no client of a library would send. */
import { block, frame, get } from './http2-peers.js'

export type Fields = readonly (readonly [name: string, value: string])[]

export const u32 = (value: number): Buffer => Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
export const many = (count: number, make: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => make(at)))
/** The streams of a client, by their number from 0. */
export const oddId = (at: number): number => at * 2 + 1
/** One field without indexing. */
export const literal = (name: string, value: string): Buffer => block([[name, value]])
/** Default flags: the end of the headers and of the stream. */
export const headers = (streamId: number, fields: Fields = get(), flags = 5): Buffer => frame(1, flags, streamId, block(fields))
/** A plain request but for one field. */
export const without = (name: string): Fields => get().filter(([known]) => known !== name)
export const instead = (name: string, value: string): Fields =>
  get().map(([known, before]) => [known, known === name ? value : before] as const)
