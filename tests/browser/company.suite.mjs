// @ts-check
// In company: libraries that wrap the page's requests too, documents that a script makes or writes anew, pages that were there before us or
// come back, and an extension that is replaced under them.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */

/** A card ignores clicks for a moment after it appeared. A person is slower. */
const STEADY_MS = 600;

/** Runs in the page: makes a frame and calls OpenRouter with its `fetch`. What came goes to the page's own document. @param {{html: string | null, sandbox: string | null, conversation: string}} setup */
const askInFrame = async ({ html, sandbox, conversation }) => {
  const frame = document.createElement('iframe'), told = document.createElement('output');
  frame.id = 'made';
  frame.style.cssText = 'width: 640px; height: 480px';
  const loaded = new Promise((resolve) => { frame.onload = resolve; });
  if (sandbox !== null) frame.setAttribute('sandbox', sandbox);
  if (html !== null) frame.srcdoc = html;
  document.body.append(frame, told);
  await loaded;
  if (html !== null) return; // it asks by itself
  const { fetch } = /** @type {any} */ (frame.contentWindow);
  const answer = await fetch('https://openrouter.ai/api/v1/chat/completions', {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer sk-or-v1-${conversation}` },
    body: JSON.stringify({ model: 'openai/gpt-oss-120b', messages: [{ role: 'user', content: 'made' }] }),
  });
  const { choices, error } = await answer.json();
  told.textContent = `${answer.status} ${choices?.[0]?.message.content ?? error?.message}`;
};
/** A page in a text, which asks as soon as it is there. @param {Scene} t */
const asking = ({ conversation }) => `<!doctype html><body><output></output><script>
  fetch('https://openrouter.ai/api/v1/chat/completions', {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer sk-or-v1-${conversation}' },
    body: JSON.stringify({ model: 'openai/gpt-oss-120b', messages: [{ role: 'user', content: 'made' }] }),
  }).then(async (answer) => {
    const { choices, error } = await answer.json();
    document.querySelector('output').textContent = answer.status + ' ' + (choices?.[0]?.message.content ?? error?.message);
  });
</script>`;
/** @param {Page | Frame} where */
const told = (where) => where.evaluate(() => document.querySelector('output')?.textContent ?? '');
/** @param {Page} page @param {string} id */
const frameOf = (page, id) => until(`the frame ${id}`, async () => {
  for (const frame of page.frames()) {
    const element = await frame.frameElement();
    if (element !== null && await element.evaluate((e) => e.id) === id) return frame;
  }
  return null;
});
/** The card of a frame, wherever it stands, pressed with the real pointer. @param {Card} card @param {Page} page */
const press = async (card, page, selector = '#retry') => {
  const { x, y, width, height } = await card.steady(selector);
  await page.mouse.click(x + width / 2, y + height / 2);
};
/** @param {Scene} t @param {{html?: string | null, sandbox?: string | null}} setup */
const rescuedInFrame = async (t, { html = null, sandbox = null }) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open();
  page.evaluate(askInFrame, { html, sandbox, conversation: t.conversation }).catch(() => {}); // the answer is read below
  await t.logOf(1);
  const card = await t.card(page);
  assert.equal(await Card.count(page), 1, 'in the top frame');
  await press(card, page);
  await until('the answer', async () => (await told(html === null ? page : await frameOf(page, 'made'))) === '200 The answer to: made');
  assert.equal((await t.log()).length, 2);
};
/** The app writes its document anew, itself in it. @param {Page} page */
const writeAnew = (page) => page.evaluate(async () => {
  const html = `<!doctype html>${document.documentElement.outerHTML.replace(/<div data-cooldown.*?<\/div>/s, '').replace(/<li.*<\/li>/s, '')}`;
  document.open();
  document.write(html.replace(/<script.*?<\/script>/s, ''));
  document.close();
  document.body.dataset.anew = '';
});
/** @param {Page} page @param {string} text */
const ask = (page, text) => page.evaluate((one) => {
  const conversation = new URLSearchParams(location.search).get('conversation'), line = document.createElement('output');
  document.body.append(line);
  fetch('https://openrouter.ai/api/v1/chat/completions', {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer sk-or-v1-${conversation}` },
    body: JSON.stringify({ model: 'openai/gpt-oss-120b', messages: [{ role: 'user', content: one }] }),
  }).then(async (/** @type {Response} */ answer) => { document.documentElement.dataset.got = `${answer.status} ${(await answer.json()).choices?.[0]?.message.content ?? 'failed'}`; });
}, text);
/** @param {Page} page @param {string} what */
const got = (page, what) => until(`the app has: ${what}`, () => page.evaluate((w) => document.documentElement.dataset.got === w, what));

/**
 * The driver knows no frame of a page that was prepared, so its button is felt for, downwards; nothing above it can be pressed there.
 * @param {Awaited<ReturnType<import('./lib/browsers.mjs').Driver['shown']>>} page
 */
const pressRetryBlind = async (page) => {
  const box = () => page.evaluate(() => {
    const frame = document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('iframe');
    const { x = 0, y = 0, width = 0, height = 0 } = frame?.getBoundingClientRect() ?? {};
    return height > 100 ? { x, y, width, height } : null;
  });
  await until('the card has its size', box);
  await pause(STEADY_MS);
  const { x, y, width, height } = await until('the card', box);
  for (let down = 60; down < height && await page.evaluate(() => document.querySelector('.answer') === null); down += 15) {
    await page.click(x + width / 4, y + down);
    await pause(60);
  }
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'company', build: 'test',
  tests: [
    {
      name: 'Sentry finds the browser\'s own fetch beside us, and notes every call',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await page.addScriptTag({ url: 'peers/sentry.js' });
        assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).peer.isInstalled()), true, 'it records fetch');
        await send(page, 'one');
        await (await t.card(page)).click('#retry');
        await first(page, 'answer');
        /** @type {string[]} */
        const records = await page.evaluate(() => /** @type {any} */ (globalThis).peer.records);
        assert.ok(records.some((one) => one.startsWith('breadcrumb fetch POST 200 https://openrouter.ai/')), records.join('; '));
      },
    },
    { name: 'a frame that a script made, without an address: rescued by one click in the top frame', run: (t) => rescuedInFrame(t, {}) },
    { name: 'a frame with its page in srcdoc: rescued by one click in the top frame', run: (t) => rescuedInFrame(t, { html: asking(t) }) },
    {
      name: 'a sandboxed frame that may only run scripts: rescued by one click in the top frame',
      run: (t) => rescuedInFrame(t, { html: asking(t), sandbox: 'allow-scripts' }),
    },
    {
      name: 'a page that wrote its document anew with document.open(): rescued by one click',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await writeAnew(page);
        await ask(page, 'one');
        await (await t.card(page)).click('#retry');
        await got(page, '200 The answer to: one');
      },
    },
    {
      name: 'a page that writes its document anew while an answer is held: the card comes back, and Retry works',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await ask(page, 'one');
        await (await t.card(page)).reaches('held');
        await writeAnew(page);
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#retry');
        await got(page, '200 The answer to: one');
        await Card.gone(page);
      },
    },
    {
      name: 'a page that comes back out of the back/forward cache: its next failure is rescued',
      run: async (t) => {
        await t.script({ good: true }, { preset: 'seed429' });
        const page = await t.open('chat.html', { header: 'Cache-Control:max-age=60' }); // one that is not stored does not come back so
        await send(page, 'one');
        await first(page, 'answer');
        await page.evaluate(() => { addEventListener('pageshow', (event) => { document.documentElement.dataset.persisted = String(event.persisted); }); });
        await page.goto(`https://${t.host}/framed.html?conversation=${t.conversation}`);
        await page.evaluate(() => { history.back(); }); // Firefox tells the driver of no end of it
        await until('the page is back, as it was', () => page.evaluate(() => location.pathname === '/chat.html' && document.documentElement.dataset.persisted === 'true'));
        await send(page, 'two');
        await (await t.card(page)).click('#retry');
        await until('the answer', async () => (await talk(page)).some(({ text }) => text === 'The answer to: two'));
      },
    },
    {
      name: 'a page that goes into the back/forward cache while an answer is held: back again, its app has the original, and there is no card',
      browsers: ['firefox'], // Chromium keeps no page in which a frame of an extension is open: it comes back new, see the suite of life
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', { header: 'Cache-Control:max-age=60' });
        await page.evaluate(() => { addEventListener('pageshow', (event) => { document.documentElement.dataset.persisted = String(event.persisted); }); });
        await send(page, 'one');
        await (await t.card(page)).reaches('held');
        await page.goto(`https://${t.host}/client.html`);
        await page.evaluate(() => { history.back(); });
        await until('the page is back, as it was', () => page.evaluate(() => location.pathname === '/chat.html' && document.documentElement.dataset.persisted === 'true'));
        assert.equal((await first(page, 'error', 3_000)).details.status, 429);
        assert.equal(await Card.count(page), 0);
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'a page that is prepared before it is shown: its failure is held, and rescued by one click when it is shown', browsers: ['chromium'],
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('client.html');
        await page.evaluate((conversation) => {
          const rules = document.createElement('script'), link = document.createElement('a');
          link.href = `early.html?conversation=${conversation}`;
          link.id = 'go';
          link.textContent = 'go';
          rules.type = 'speculationrules';
          rules.textContent = JSON.stringify({ prerender: [{ urls: [link.href], eagerness: 'immediate' }] });
          document.body.append(link);
          document.head.append(rules);
        }, t.conversation);
        await t.logOf(1);
        await page.click('#go');
        const shown = await until('the page is shown', async () => {
          const one = await t.driver.shown(`early.html?conversation=${t.conversation}`);
          return await one.evaluate(() => !(/** @type {any} */ (document)).prerendering && document.visibilityState === 'visible') ? one : null;
        });
        assert.ok(await shown.evaluate(() => /** @type {any} */ (performance.getEntriesByType('navigation')[0]).activationStart > 0), 'it was prepared');
        await pressRetryBlind(shown);
        await until('the app shows the answer', () => shown.evaluate(() => document.querySelector('#talk > .answer')?.textContent === 'The answer to: early'));
      },
    },
    {
      name: 'a tab that was open at install: nothing breaks, the popup says what to do, and after that it is rescued', alone: true,
      run: async (t) => {
        await t.driver.removeExtension();
        const page = await t.open();
        await t.driver.install(t.extension);
        await t.script({ preset: 'seed429' });
        await send(page, 'one');
        if (t.driver.name === 'chromium') {
          assert.equal((await first(page, 'error', 2_000)).details.status, 429);
          const popup = await t.openPopup();
          assert.equal(await popup.evaluate(() => document.getElementById('reload')?.checkVisibility()), true);
          await popup.close();
          await page.bringToFront();
          await page.reload();
          await t.script({ preset: 'seed429' });
          await send(page, 'one');
        }
        await (await t.card(page)).click('#retry');
        assert.equal((await first(page, 'answer')).text, 'The answer to: one');
      },
    },
    {
      name: 'the extension is replaced under an open page while an answer is held: the app has its original answer, and what comes next is no worse', alone: true,
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open();
        await send(page, 'one');
        await (await t.card(page)).reaches('held');
        await t.driver.install(t.extension);
        assert.equal((await first(page, 'error', 5_000)).details.status, 429);
        await Card.gone(page);
        await send(page, 'two');
        if (t.driver.name === 'firefox') await (await t.card(page)).click('#retry'); // it runs both scripts again
        await until('two has its end', async () => (await talk(page)).filter(({ kind }) => kind !== 'user').length === 2);
        assert.equal((await talk(page)).at(-1)?.kind, t.driver.name === 'firefox' ? 'answer' : 'error');
        await page.reload();
        await t.script({ preset: 'seed429' });
        await send(page, 'three');
        await (await t.card(page)).click('#retry');
        await first(page, 'answer');
      },
    },
  ],
};
