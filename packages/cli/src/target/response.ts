/** Reading the answers of raw API calls. */
import { type RawRequest, readStatus, type ResourceClient, statusError } from '@heddle/client/resources'

export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** The lines of a body as they come; the last one may lack its end. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of body) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split('\n')
    pending = lines.pop() as string
    yield* lines
  }
  if (pending !== '') yield pending
}

/** A call whose answer is JSON. @throws HEDDLE_API_STATUS for an answer that is not a success. */
export async function requestJson<Answer>(client: ResourceClient, request: RawRequest): Promise<Answer> {
  const response = await client.request(request)
  const text = await readText(response.body)
  if (response.status >= 400) throw statusError(readStatus(response.status, text))
  return JSON.parse(text) as Answer
}
