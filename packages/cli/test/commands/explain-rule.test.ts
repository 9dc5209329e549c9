import { codeCatalogue } from '@heddle/config-schema/analysis-codes'
import { ruleCatalogue } from '@heddle/config-schema/rules'
import { describe, expect, it } from 'vitest'
import { explain, explanationText } from '../../src/output/explanation.js'
import { call, service } from '../cli.fixture.js'

describe('explain rule', () => {
  it('says why, shows an example, and what is said of it', async () => {
    const { code, stdout } = await call(['explain', 'rule', 'weights-zero'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^weights-zero \(VirtualService, error\)\n\n/)
    expect(stdout).toMatch(/^ {4}kind: VirtualService\n/m)
    expect(stdout).toMatch(/^Said of it, of spec\.http\[0\]/m)
    expect(stdout).toMatch(/\n$/)
  })

  it('knows codes of analysis too, however they are typed', async () => {
    expect((await call(['explain', 'rule', 'ist0101'])).stdout).toMatch(/^IST0101 \(ReferencedResourceNotFound, error\)\n/)
  })

  it('explains whatever a finding names', async () => {
    const { stdout } = await call(['validate', '-f', '-', '-o', 'json'], { input: service('web').replace('port: 80,', 'prt: 80,') })
    const [{ help }] = JSON.parse(stdout) as [{ readonly help: string }]
    expect(help).toBe('heddle explain rule unknown-field')
    expect(await call(help.split(' ').slice(1))).toMatchObject({ code: 0 })
  })

  it.each([...ruleCatalogue.map(({ ruleId }) => ruleId), ...codeCatalogue.map(({ code }) => code), 'no-effect', 'mesh-config', 'inject'])(
    'has a page for %s',
    (id) => {
      const explanation = explain(id)
      expect(explanation?.id).toBe(id)
      expect(explanation && explanationText(explanation, { markdown: true }).length).toBeGreaterThan(100)
    },
  )

  it('lists all without an id, and says what was probably meant', async () => {
    expect((await call(['explain', 'rule'])).stdout).toContain('\nVirtualService:\n')
    expect(await call(['explain', 'rule', 'unknown-fild'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('there is no rule "unknown-fild"; did you mean "unknown-field"?'),
    })
  })
})
