/** Progress for people: a tick for each part that is ready, a cross with the reason for one that is not. Plain lines, so that logs read the same. */
import { styleText } from 'node:util'
import type { Invocation } from '../command/command.js'

export interface Progress {
  title(name: string, details: string): void
  done(text: string): void
  failed(text: string): void
}

export function createProgress({ streams, env, flags }: Pick<Invocation, 'streams' | 'env' | 'flags'>): Progress {
  const hasColor = streams.stdout.isTTY === true && !flags.boolean('no-color') && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const paint = (style: 'green' | 'red' | 'bold' | 'dim', text: string): string => (hasColor ? styleText(style, text) : text)
  return {
    title: (name, details) => void streams.stdout.write(`\n  ${paint('bold', name)}   ${paint('dim', details)}\n`),
    done: (text) => void streams.stdout.write(`  ${paint('green', '✔')} ${text}\n`),
    failed: (text) => void streams.stderr.write(`  ${paint('red', '✘')} ${text}\n`),
  }
}
