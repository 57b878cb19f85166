// What must be true of the site in a browser. Each is a sentence, and a function that fails where it is not.
import assert from 'node:assert/strict'
import { join } from 'node:path'

const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } }
/** Looked at in both themes and both sizes; of the others, that each theme and each size is seen. */
const PAGES = ['', 'five-minutes', 'playground']
const OTHERS = ['how-to/compose-deciders', 'benchmarks', 'comparisons/', 'api/reprise']

/** What the first page may download of script, in bytes, compressed as a host of static files does it. */
const MOST_SCRIPT = 150_000

export const checks = ({ browser, address, axe, shots }) => {
  /** Opens a page, and fails afterwards if anything was wrong on it that a reader does not see. */
  const onPage = async (path, options, look) => {
    const { size = 'wide', theme = 'light', script = true } = options
    const context = await browser.newContext({
      viewport: SIZES[size],
      colorScheme: theme,
      javaScriptEnabled: script,
    })
    const page = await context.newPage()
    const troubles = []
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text())
    })
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(new URL('/', address).href) && !/^(data|blob):/.test(url)) {
        troubles.push(`it asks for ${url}`)
      }
    })
    page.on('response', (response) => {
      if (response.status() >= 400) troubles.push(`${response.status()} at ${response.url()}`)
    })
    try {
      await page.goto(`${address}${path}`, { waitUntil: 'networkidle' })
      const result = await look(page)
      assert.deepEqual(troubles, [])
      return result
    } finally {
      if (shots !== undefined) {
        const name = `${(path || 'home').replaceAll('/', '-')}-${size}-${theme}${script ? '' : '-without-script'}`
        await page.screenshot({ path: join(shots, `${name}.png`) })
      }
      await context.close()
    }
  }

  const seriousOn = async (page) => {
    // Evaluated, not inserted: the policy of the page forbids a script that is written into it.
    await page.evaluate(axe)
    const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html.slice(0, 160))
            .join(' | ')}`,
      )
  }

  const run = async (page) => {
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page
      .locator('.status[data-state="done"], .status[data-state="failed"]')
      .waitFor({ timeout: 180_000 })
    return page.locator('.status').getAttribute('data-state')
  }
  const write = async (page, code) => {
    await page.locator('.cm-content').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(code)
  }
  const cells = (page) =>
    page
      .locator('.results tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.cells].map(({ innerText }) => innerText.trim())),
      )

  const inBoth = ['light', 'dark'].flatMap((theme) =>
    ['wide', 'narrow'].map((size) => ({ theme, size })),
  )

  return {
    ...Object.fromEntries(
      [...PAGES, ...OTHERS].flatMap((path) =>
        (PAGES.includes(path) ? inBoth : [inBoth[0], inBoth[3]]).map(({ theme, size }) => [
          `${path || 'the first page'}, ${theme} and ${size}: nothing serious, nothing too wide`,
          () =>
            onPage(path, { theme, size }, async (page) => {
              await page.locator('h1').first().waitFor()
              if (path === 'playground') await page.locator('.cm-content').waitFor()
              assert.deepEqual(await seriousOn(page), [])
              const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
              assert.ok(wider <= 0, `the page is ${wider} pixels wider than the window`)
            }),
        ]),
      ),
    ),

    'the first page downloads less than 150 KB of script': async () => {
      const context = await browser.newContext()
      const page = await context.newPage()
      const devtools = await context.newCDPSession(page)
      const scripts = new Set()
      let bytes = 0
      await devtools.send('Network.enable')
      devtools.on('Network.responseReceived', ({ requestId, type }) => {
        if (type === 'Script') scripts.add(requestId)
      })
      devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (scripts.has(requestId)) bytes += encodedDataLength
      })
      await page.goto(address, { waitUntil: 'networkidle' })
      await context.close()
      assert.ok(bytes > 0 && bytes < MOST_SCRIPT, `${bytes} bytes`)
      return `${Math.round(bytes / 1000)} KB in ${scripts.size} files, compressed`
    },

    'search finds a page, and goes to it by keyboard alone': () =>
      onPage('', {}, async (page) => {
        await page.keyboard.press('Control+k')
        await page.locator('#localsearch-input').fill('number without a gap')
        const first = page.locator('.VPLocalSearchBox .result').first()
        await first.waitFor()
        assert.match(await first.innerText(), /without a gap/i)
        await page.keyboard.press('Enter')
        await page.waitForURL(/numbers-without-a-gap/)
      }),

    'pages are readable without script, and lead to others': () =>
      onPage('five-minutes', { script: false }, async (page) => {
        assert.ok(await page.getByText('a gift card was issued with 50').isVisible())
        await page.getByRole('link', { name: 'Documentation', exact: true }).first().click()
        await page.waitForURL(/documentation/)
        assert.ok(await page.getByRole('heading', { level: 1 }).isVisible())
      }),

    'pages are readable without script on a telephone': () =>
      onPage('five-minutes', { script: false, size: 'narrow' }, async (page) => {
        assert.ok(await page.getByText('a gift card was issued with 50').isVisible())
        assert.ok(await page.getByRole('link', { name: 'All pages' }).first().isVisible())
      }),

    'the playground shows its program without script': () =>
      onPage('playground', { script: false }, async (page) => {
        assert.ok(await page.getByText("import { memory } from 'reprise/memory'").isVisible())
      }),

    'the theme can be chosen': () =>
      onPage('five-minutes', {}, async (page) => {
        await page.locator('.VPNavBarAppearance button, .VPSwitchAppearance').first().click()
        assert.equal(
          await page.evaluate('document.documentElement.classList.contains("dark")'),
          true,
        )
      }),

    'the playground runs the gift card in memory, and shows every state': () =>
      onPage('playground', {}, async (page) => {
        await page.locator('.cm-content').waitFor()
        assert.equal(await run(page), 'done')
        assert.deepEqual(await cells(page), [
          ['1', 'GiftCardIssued { amount: 50 }', '{ issued: true, balance: 50 }'],
          ['2', 'GiftCardRedeemed { amount: 20 }', '{ issued: true, balance: 30 }'],
        ])
        const refused = await page.locator('.commands .refused').allInnerTexts()
        assert.match(refused[0], /Rejected.*BalanceTooLow/s)
        assert.match(refused[1], /InvalidCommand.*expected WholeNumber/s)
      }),

    'the playground runs what its reader changes': () =>
      onPage('playground', { size: 'narrow', theme: 'dark' }, async (page) => {
        await page.locator('.cm-content').waitFor()
        await write(
          page,
          `import { openCategory, promised, accept, commands, events } from 'reprise'
import { WholeNumber } from 'reprise/codec'
import { memory } from 'reprise/memory'
const category = {
  name: 'counter',
  commands: commands({ Add: { by: WholeNumber } }),
  events: events({ Added: { by: WholeNumber } }),
  decider: {
    initialState: 0,
    decide: ({ by }: { by: number }) => accept({ type: 'Added', by } as const),
    evolve: (sum: number, { by }: { by: number }) => sum + by,
  },
}
const counters = promised(openCategory(category, memory()))
await Promise.all([1, 2, 4].map((by) => counters.handleCommand('C1', { type: 'Add', by })))
console.log('sum', (await counters.load('C1')).state)`,
        )
        assert.equal(await run(page), 'done')
        assert.match(await page.locator('.console').innerText(), /sum 7/)
        assert.deepEqual((await cells(page)).at(-1), ['3', 'Added { by: 4 }', '7'])
      }),

    'the playground runs the gift card on PGlite': () =>
      onPage('playground', {}, async (page) => {
        await page.locator('.cm-content').waitFor()
        await page.getByLabel('Example').selectOption({ index: 1 })
        const state = await run(page)
        assert.equal(state, 'done', await page.locator('.results').innerText())
        const stores = await page.locator('.results h2 .store').allInnerTexts()
        assert.deepEqual(stores, ['memory', 'PGlite'])
        assert.deepEqual((await cells(page)).at(-1), [
          '1',
          'GiftCardIssued { amount: 50 }',
          '{ issued: true, balance: 50 }',
        ])
        return page.locator('.status').innerText()
      }),

    'the playground tests the rules': () =>
      onPage('playground', {}, async (page) => {
        await page.locator('.cm-content').waitFor()
        await page.getByLabel('Example').selectOption({ index: 2 })
        assert.equal(await run(page), 'done')
        await page.getByText('no check of the program has failed').waitFor()
      }),

    'an endless loop can be stopped, and the next run works': () =>
      onPage('playground', {}, async (page) => {
        await page.locator('.cm-content').waitFor()
        await write(page, 'for (;;) {}')
        await page.getByRole('button', { name: 'Run', exact: true }).click()
        await page.getByText(/Running, [1-9]/).waitFor() // the page itself goes on
        await page.getByRole('button', { name: 'Stop' }).click()
        await page.locator('.status[data-state="stopped"]').waitFor()
        await write(page, "console.log('still here')")
        assert.equal(await run(page), 'done')
        assert.match(await page.locator('.console').innerText(), /still here/)
      }),

    'errors of the program are shown, with their line': () =>
      onPage('playground', {}, async (page) => {
        await page.locator('.cm-content').waitFor()
        const texts = {
          "const a = 1\n\nthrow new Error('no more')": [/no more/, /line 3/],
          'const = 1': [/SyntaxError|Unexpected/, /line 1/],
          "import express from 'express'\nexpress()": [/no module 'express'/],
          "Promise.reject(new Error('nobody waits'))\nawait new Promise((go) => setTimeout(go, 50))":
            [/nobody waits/],
          "import assert from 'node:assert/strict'\nassert.deepEqual({ a: 1 }, { a: 2 })": [
            /a: 2/,
            /line 2/,
          ],
        }
        for (const [code, expected] of Object.entries(texts)) {
          await write(page, code)
          assert.equal(await run(page), 'failed', code)
          for (const pattern of expected)
            assert.match(await page.locator('.problem').innerText(), pattern)
        }
      }),

    'what a program prints is text, whatever it looks like': () =>
      onPage('playground', {}, async (page) => {
        await page.locator('.cm-content').waitFor()
        await write(
          page,
          `console.log('<img src=x onerror="document.title=1">', '\\u202eright to left', '\\u0000')`,
        )
        assert.equal(await run(page), 'done')
        assert.match(await page.locator('.console').innerText(), /<img src=x/)
        assert.match(await page.title(), /Playground/)
      }),
  }
}
