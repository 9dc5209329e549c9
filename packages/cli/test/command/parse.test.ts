import { describe, expect, it } from 'vitest'
import { parseCommand } from '../../src/command/parse.js'
import { commandTable } from '../../src/command-table.js'

const parse = (line: string) => {
  const { command, positionals, rest, flags } = parseCommand(commandTable, line.split(' '))
  return { path: command.path.join(' '), positionals, rest, flags }
}

describe('a command line', () => {
  it.each([
    'get pods -n shop -o yaml',
    '-n shop get -o yaml pods',
    '-o yaml -n shop get pods',
    'get -nshop pods -o=yaml',
    'get pods --namespace=shop --output=yaml',
    '--namespace shop get --output yaml pods',
  ])('may have its flags anywhere: %s', (line) => {
    const { path, positionals, flags } = parse(line)
    expect([path, positionals, flags.string('namespace'), flags.string('output')]).toEqual(['get', ['pods'], 'shop', 'yaml'])
  })

  it.each([
    ['get pods -l =x', '=x'],
    ['get pods -l=app=x', 'app=x'],
    ['get pods -lapp=x', 'app=x'],
    ['get pods -Al=app=x', 'app=x'],
    ['get pods --selector==x', '=x'],
  ])('keeps what a value begins with: %s', (line, selector) => {
    expect(parse(line).flags.string('selector')).toBe(selector)
  })

  it('finds commands of two words around flags', () => {
    expect(parse('proxy-config -o json routes deploy/web').path).toBe('proxy-config routes')
    expect(parse('rollout --timeout 5s status deploy/web').positionals).toEqual(['deploy/web'])
    expect(parse('pc cluster web').path).toBe('proxy-config clusters')
  })

  it('keeps what stands after -- for the program to run', () => {
    const { positionals, rest, flags } = parse('exec web -c app -- curl -s --help http://x')
    expect([positionals, rest, flags.string('container'), flags.boolean('help')]).toEqual([
      ['web'],
      ['curl', '-s', '--help', 'http://x'],
      'app',
      false,
    ])
  })

  it('takes -f as files where it names them, and as a switch for logs', () => {
    expect(parse('apply -f a.yaml -f -').flags.strings('filename')).toEqual(['a.yaml', '-'])
    expect(parse('logs -f web').flags.boolean('follow')).toBe(true)
  })

  it.each([
    ['get pods --watch=true', 'watch', true],
    ['get pods --watch=false', 'watch', false],
    ['delete pod x --wait=false', 'no-wait', true],
    ['delete pod x --wait=true', 'no-wait', false],
  ])("takes kubectl's values of switches: %s", (line, flag, expected) => {
    expect(parse(line).flags.boolean(flag)).toBe(expected)
  })

  it.each([
    ['apply -f x --dry-run', 'client'],
    ['apply --dry-run -f x', 'client'],
    ['apply -f x --dry-run=server', 'server'],
    ['apply -f x', undefined],
  ])('takes a flag that may stand alone: %s', (line, expected) => {
    expect(parse(line).flags.string('dry-run')).toBe(expected)
    expect(parse(line).flags.strings('filename')).toEqual(['x'])
  })

  it.each([
    ['up ./mesh', 'heddle up takes no arguments, but was given "./mesh"'],
    ['down foo', 'heddle down takes no arguments, but was given "foo"'],
    ['down -- foo', 'heddle down takes no arguments, but was given "foo"'],
    ['version now', 'heddle version takes no arguments, but was given "now"'],
    ['proxy-status a b', 'heddle proxy-status does not expect "b"'],
    ['logs a b c', 'heddle logs does not expect "c"'],
  ])('refuses words that nothing reads: %s', (line, message) => {
    expect(() => parse(line)).toThrow(message)
  })

  it.each([
    ['apply app.yaml', 'Name files with -f: heddle apply -f app.yaml'],
    ['apply -f x --wait', 'rollout status'],
    ['apply -k overlays', 'kubectl kustomize'],
    ['apply -f x --server-side', 'A real kubectl'],
    ['install -f operator.yaml', '--set meshConfig.'],
    ['pc bootstrap web', 'heddle get pod'],
    ['proxy-config log web', 'sidecar.istio.io/logLevel'],
  ])('says what does it here for what other tools have: %s', (line, hint) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'HEDDLE_CLI_USAGE', hint: expect.stringContaining(hint) }))
  })

  it('takes what stands after -- for arguments where no program is named', () => {
    expect(parse('get pods -- -odd').positionals).toEqual(['pods', '-odd'])
    expect(parse('down foo --help').path).toBe('down')
  })

  it('gives no default for what was not said', () => {
    const { flags } = parse('get pods')
    expect([flags.string('output'), flags.strings('filename'), flags.boolean('watch')]).toEqual([undefined, [], false])
  })
})

describe('the command table', () => {
  it('has examples that parse and hold the command they stand at', () => {
    for (const { path, examples } of commandTable)
      for (const example of examples) {
        const lines = example.split(/ (?:[|>]|&&) | ?<\(|\)/).filter((line) => line.startsWith('heddle '))
        const paths = lines.map((line) => parse(line.slice('heddle '.length).replace(/-f$/, '-f FILE')).path)
        expect(paths, example).toContain(path.join(' '))
      }
  })

  it('names every path once', () => {
    const paths = commandTable.flatMap(({ path, aliases = [] }) => [path, ...aliases].map((words) => words.join(' ')))
    expect(paths.length).toBe(new Set(paths).size)
  })

  it('loads every command', async () => {
    for (const { load } of commandTable) expect(await load()).toBeTypeOf('function')
  })
})
