import { cli } from '../support/cli'

describe('reprise, called wrongly,', () => {
  it.each([
    [['streams', '--limt', '3'], /unknown option '--limt'/],
    [['strems'], /unknown command 'strems'/],
    [['show'], /missing required argument 'stream'/],
    [[], /Which command/],
    [['streams'], /No database: give --url/],
    [['streams', '--url', 'mysql://localhost/x'], /must begin with postgres:\/\/ or pglite:/],
    [['streams', '--url', 'postgres://u:p#w@host/x'], /special characters percent-encoded/],
    [['streams', '--url', 'pglite:'], /needs a folder/],
    [['streams', '--url', 'postgres://h/x', '--limit', '0'], /--limit must be a whole number/],
    [['streams', '--url', 'postgres://h/x', '--limit', '1e3'], /--limit must be a whole number/],
    [['show', 'a-1', '--url', 'postgres://h/x', '--at', '-1'], /--at must be a whole number/],
    [['show', 'nothing', '--url', 'postgres://h/x'], /category is missing/],
    [['streams', '--schema', '', '--url', 'postgres://h/x'], /--schema must not be empty/],
    [['streams', 'surplus', '--url', 'postgres://h/x'], /too many arguments/],
  ])('answers %j with exit code 2 and one line', async (args, message) => {
    const { exitCode, out, error } = await cli(args)
    expect(exitCode).toBe(2)
    expect(out).toBe('')
    expect(error).toMatch(message)
    expect(error).toMatch(/^reprise: [^\n]+\n$/)
  })

  it('says so as JSON with --json', async () => {
    const { exitCode, error } = await cli(['streams', '--limt', '--json'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(error)).toEqual({
      error: { _tag: 'Usage', message: expect.stringContaining('--limt') },
    })
  })

  it('never prints a password', async () => {
    for (const url of ['postgres://u:geheim@127.0.0.1:1/x', 'postgres://u:ge#heim@host/x']) {
      const { error, out } = await cli(['streams', '--url', url])
      expect(error + out).not.toMatch(/ge#?heim/)
    }
  })
})

describe('reprise --help', () => {
  it('lists the commands and ends well', async () => {
    const { exitCode, out, error } = await cli(['--help'])
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' })
    for (const name of ['init', 'migrate', 'streams', 'show', 'doctor']) expect(out).toContain(name)
  })

  it('says the version of the package', async () => {
    const { exitCode, out } = await cli(['--version'])
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    })
  })
})
