// @ts-check
// Where the card stands and how: moved by hand and by keys, folded into a pill, clear of what a person types in and presses, hidden where it is not wanted,
// in the colours that were chosen, and what a screen reader hears of it.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { axe } from './lib/axe.mjs';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { built } from './lib/house.mjs';
import { colourAt } from './lib/pixels.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** A page with a card that is held. @param {Scene} t @param {{width?: number, height?: number, host?: string}} [size] @param {string} [text] */
const held = async (t, size = {}, text = 'one') => {
  const page = await t.open('chat.html', {}, size);
  await send(page, text);
  const card = await t.card(page);
  await card.reaches('held');
  return { page, card };
};
/** Which corner the card is in, once it stands there. @param {Card} card @param {string} [part] */
const cornerOf = async (card, part = '#card') => {
  const { x, y, width, height } = await card.steady(part);
  const { wide, high } = await card.page.evaluate(() => ({ wide: innerWidth, high: innerHeight }));
  return `${y + height / 2 < high / 2 ? 'top' : 'bottom'}-${x + width / 2 < wide / 2 ? 'left' : 'right'}`;
};
/** Carries the card by its head. @param {Card} card @param {number} x @param {number} y to this place of the pointer */
const drag = async (card, x, y) => {
  const head = await card.steady('#title'), { mouse } = card.page;
  await mouse.move(head.x + 20, head.y + 10);
  await mouse.down();
  // In steps that do not leave its frame: a driver's pointer that has left it is nobody's, where a hand's is held by the press.
  const steps = Math.ceil(Math.max(Math.abs(x - head.x) / 30, Math.abs(y - head.y) / 15));
  for (let step = 1; step <= steps; step++) {
    const [px, py] = /** @type {const} */ ([head.x + 20 + (x - head.x - 20) * step / steps, head.y + 10 + (y - head.y - 10) * step / steps]);
    let shakes = 0;
    await until(`it follows the pointer to ${Math.round(px)},${Math.round(py)}, ${step} of ${steps}`, async () => {
      await mouse.move(px + shakes++ % 2, py); // where a frame is that moves, the driver learns a moment later; a hand's pointer knows its place
      const now = await card.rect('#title');
      return Math.hypot(now.x + 20 - px, now.y + 10 - py) < 4;
    }, 2_000);
  }
  await mouse.up();
};
/** @param {Page} page */
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.localName);
/** Closes the card, and fails once more. @param {Scene} t @param {Card} card */
const again = async (t, card) => {
  await card.click('#close');
  await Card.gone(card.page);
  await t.script({ preset: 'seed429' });
  await send(card.page, 'again');
  await card.reaches('held');
};

/** How chats lay out where a person types: a bar along the bottom, a box in its corner, one half-way up. @type {Record<string, string>} */
const COMPOSERS = {
  'a bar along the bottom': '#form { position: fixed; inset: auto 0 0 0; padding: 12px; display: flex } #prompt { flex: 1; height: 40px }',
  'a box in the corner, its button below the field': '#form { position: fixed; inset: auto 8px 8px auto; width: 400px; text-align: end } #prompt { box-sizing: border-box; width: 100%; height: 90px }',
  'a box half-way up, at the side': '#form { position: fixed; inset: auto 8px 250px auto; width: 300px; display: flex } #prompt { flex: 1; height: 40px }',
};
/** @param {Card} card @param {string} part of the card that is seen @param {string[]} [buttons] of the page */
const assertClear = async (card, part, buttons = ['#prompt', '#send', '#stop']) => {
  const own = await card.steady(part);
  const over = await card.page.evaluate(({ x, y, width, height }, all) => all.filter((one) => {
    const r = /** @type {Element} */ (document.querySelector(one)).getBoundingClientRect();
    const hit = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    return !(r.right <= x || r.left >= x + width || r.bottom <= y || r.top >= y + height) || !hit?.closest(one);
  }), own, buttons);
  assert.deepEqual(over, [], `${JSON.stringify(own)} covers them`);
};

/** What stands in `storage.local`. @param {Page} page an extension page @returns {Promise<Record<string, any>>} */
const stored = (page) => page.evaluate(() => chrome.storage.local.get());

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'place', build: 'test',
  tests: [
    {
      name: 'dragged by its head, it stands in the nearest corner, there again at the next failure, and on another site where it always does',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const { card } = await held(t, { width: 1000, height: 900 });
        assert.equal(await cornerOf(card), 'bottom-right');
        await drag(card, 120, 500);
        assert.equal(await cornerOf(card), 'bottom-left');
        assert.equal(await card.phase(), 'held', 'a drag is no press');
        await again(t, card);
        assert.equal(await cornerOf(card), 'bottom-left');
        await card.click('#close');
        await t.script({ preset: 'seed429' });
        const other = await held(t, { host: 'elsewhere.example' });
        assert.equal(await cornerOf(other.card), 'bottom-right');
      },
    },
    {
      name: 'by keys alone: moved by the menu, folded and opened; Esc closes the menu, and not the card; axe finds nothing',
      run: async (t) => {
        await t.script(poolWait(40));
        const { page, card } = await held(t, { width: 1000, height: 900 });
        const at = (/** @type {string} */ selector) => until(`the focus is on ${selector}`, () => card.read((root, one) => root.activeElement?.matches(one), selector));
        const tabTo = (/** @type {string} */ selector) => until(`Tab reaches ${selector}`, async () => {
          await page.keyboard.press('Tab');
          return card.read((root, one) => root.activeElement?.matches(one), selector);
        });
        await page.focus('#stop');
        await tabTo('#more');
        await page.keyboard.press('Enter');
        await tabTo('[data-corner="bottom-left"]');
        const frame = await card.inFrame();
        assert.deepEqual(await axe(frame), []);
        await card.steady('#menu');
        await page.keyboard.press('Enter');
        await until('it moved', async () => await cornerOf(card) === 'bottom-left');
        assert.equal(await card.read((root) => root.querySelector('[data-corner="bottom-left"]')?.getAttribute('aria-pressed')), 'true');
        await page.keyboard.press('Escape');
        await at('#more');
        assert.equal(await card.text('#menu'), null);
        assert.equal(await card.phase(), 'held');
        await page.keyboard.down('Shift');
        await tabTo('#fold');
        await page.keyboard.up('Shift');
        await card.steady('#fold');
        await page.keyboard.press('Enter');
        await at('#pill');
        assert.deepEqual(await axe(frame), []);
        await page.keyboard.press('Enter');
        await at('#fold');
        assert.notEqual(await card.text('#title'), null);
      },
    },
    {
      name: 'a pill of 32 px counts down, says so in its name, shows when a retry is ready and when it is answered', beside: true,
      run: async (t) => {
        await t.script(poolWait(6), { good: true, delay_ms: 1_500 });
        const { card } = await held(t);
        await card.click('#fold');
        const pill = await card.rect('#pill');
        assert.equal(pill.height, 32);
        const name = () => card.read((root) => root.querySelector('#pill')?.getAttribute('aria-label') ?? '');
        const said = await until('it counts', async () => (/^\d+ s$/.test(await card.text('#pill') ?? '') ? { text: await card.text('#pill') ?? '', name: await name() } : null));
        assert.match(said.name, /^Cooldown: Cerebras is busy right now\. Retry in \d s$/);
        await until('the next second', async () => await card.text('#pill') !== said.text);
        await until('the retry is ready', async () => await card.text('#pill') === 'Ready' && /\. Ready$/.test(await name()), 12_000);
        await card.click('#pill');
        await card.click('#retry');
        await card.click('#fold');
        await until('it is answered', async () => await card.text('#pill') === 'Answered');
        assert.match(await name(), /^Cooldown: Answered on try 2.*\. Answered$/);
        await Card.gone(card.page);
      },
    },
    ...Object.entries(COMPOSERS).map(([layout, style]) => ({
      name: `never over the field, nor over the buttons beside it: ${layout}`,
      run: async (/** @type {Scene} */ t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await page.addStyleTag({ content: style });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await assertClear(card, '#card');
        await card.click('#fold');
        await assertClear(card, '#pill');
      },
    })),
    {
      name: 'the field moves to where the card stands, or grows under it: the card goes elsewhere',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const { page, card } = await held(t);
        await card.steady('#card');
        await page.evaluate((style) => { /** @type {HTMLElement} */ (document.querySelector('#form')).style.cssText = style; }, 'position: fixed; inset: auto 0 0 auto; width: 400px');
        await page.mouse.move(5, 5);
        await page.evaluate(() => { document.querySelector('#talk')?.append('laid out anew'); });
        await until('it went', async () => await cornerOf(card) !== 'bottom-right');
        await assertClear(card, '#card');
        await page.evaluate(() => {
          /** @type {HTMLElement} */ (document.querySelector('#form')).style.cssText = 'position: fixed; inset: 0 0 auto auto; width: 400px';
          document.querySelector('#talk')?.append('and again');
        });
        await until('it went again', async () => await cornerOf(card) !== 'top-right');
        assert.equal(await cornerOf(card), 'bottom-right');
        await page.evaluate(() => { /** @type {HTMLElement} */ (document.querySelector('#prompt')).style.cssText = 'position: fixed; inset: auto 0 0 auto; height: 100px; width: 390px'; });
        await until('it is clear of what grew', () => assertClear(card, '#card', ['#prompt']).then(() => true));
      },
    },
    {
      name: 'the app tells something in its corner: the card goes elsewhere, and comes back',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const { page, card } = await held(t);
        assert.equal(await cornerOf(card), 'bottom-right');
        await page.mouse.move(5, 5);
        await page.evaluate(() => {
          const toasts = document.createElement('div');
          toasts.style.cssText = 'position: fixed; inset: auto 12px 12px auto';
          toasts.innerHTML = '<p id="toast" role="status" style="margin: 0; width: 280px; padding: 14px; background: silver">Saved</p>';
          document.body.append(toasts);
        });
        await until('it went', async () => await cornerOf(card) !== 'bottom-right');
        await assertClear(card, '#card', ['#toast']);
        await page.evaluate(() => { document.getElementById('toast')?.remove(); });
        await until('it came back', async () => await cornerOf(card) === 'bottom-right');
      },
    },
    {
      name: 'in a low window Details open in sight; made higher, the window has the whole card',
      run: async (t) => {
        await t.script({ preset: 'pool429' });
        const { page, card } = await held(t, { width: 900, height: 380 });
        await card.click('#details summary');
        await until('what was opened is in sight', () => card.read((root) => {
          const own = /** @type {Element} */ (root.querySelector('#card')).getBoundingClientRect(), { top } = /** @type {Element} */ (root.querySelector('#details')).getBoundingClientRect();
          return top >= own.top && top < own.top + own.height / 2;
        }));
        const hides = () => card.read((root) => { const box = /** @type {Element} */ (root.querySelector('#card')); return box.scrollHeight - box.clientHeight; });
        assert.ok(await hides() > 100);
        await page.setViewport({ width: 900, height: 1_700 });
        await until('all of it is there', async () => await hides() <= 0);
      },
    },
    {
      name: 'in the corner that was chosen it stands above the field, not over it',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', {}, { width: 1000, height: 900 });
        await page.addStyleTag({ content: COMPOSERS['a bar along the bottom'] ?? '' });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        assert.equal(await cornerOf(card), 'top-right');
        await card.click('#more');
        await card.click('[data-corner="bottom-right"]');
        await until('it moved', async () => await cornerOf(card) === 'bottom-right');
        await assertClear(card, '#card');
      },
    },
    {
      name: 'hidden on this site: the app has its error, the next one at once and no card; undone in the card, then in the popup, then in the settings',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 8 });
        const { page, card } = await held(t);
        await card.click('#more');
        await card.click('[data-act="hide"]');
        await first(page, 'error');
        await until('it says so', async () => await card.text('.hushed p') === `Cooldown is off on ${t.host} now. Failures there go straight to the app.`);
        const frame = await card.inFrame();
        assert.deepEqual(await axe(frame), []);
        await card.click('[data-act="show_again"]');
        await until('the card is there again', async () => await card.text('#title') !== null && await card.text('.hushed') === null);
        await card.click('#close');
        await Card.gone(page);

        await send(page, 'two');
        await card.reaches('held');
        await card.click('#more');
        await card.click('[data-act="hide"]');
        await card.click('.hushed [data-act="dismiss"]');
        await Card.gone(page);
        const errors = async () => (await talk(page)).filter(({ kind }) => kind === 'error').length;
        const before = await errors();
        await send(page, 'three');
        await until('the app has it', async () => await errors() === before + 1, 3_000);
        assert.equal(await Card.count(page), 0);

        const popup = await t.openPopup();
        assert.equal(await popup.evaluate(() => document.getElementById('state-note')?.textContent), 'You hid Cooldown on this site, or switched it off. Failures go straight to the app.');
        assert.equal(await popup.evaluate(() => document.getElementById('allow')?.textContent), 'Show again');
        const { off } = await stored(popup);
        assert.ok(off.includes(t.host));
        await popup.click('#allow');
        await until('it is on', async () => !(await stored(popup)).off.includes(t.host));
        await send(page, 'four');
        await card.reaches('held');
      },
    },
    {
      name: 'a page cannot take back what the person hid',
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html'), entry = `${t.host} call auth`;
        await ear.evaluate((one) => chrome.storage.local.set({ quiet: [one] }), entry);
        await t.script({ preset: 'seed429' });
        const { card } = await held(t);
        // The most that a page's own process could say is what its bridge says, for which the card's frame stands in here: it is in the same tab.
        const frame = await card.inFrame();
        const answer = await frame.evaluate(() => chrome.runtime.sendMessage({ v: 1, type: 'hush', pattern: { kind: 'auth', where: 'call' }, on: false }));
        assert.deepEqual([answer?.ok, answer?.code], [false, 'not_allowed']);
        assert.deepEqual((await stored(ear)).quiet, [entry]);
      },
    },
    {
      name: '"not an OpenRouter problem": its kind is not shown there any more, others are; undone in the card, and in the settings',
      run: async (t) => {
        await t.script({ preset: 'pool429' });
        const { page, card } = await held(t);
        await card.click('#details summary');
        await card.read((root) => { root.querySelector('.mistaken')?.scrollIntoView({ block: 'end' }); });
        await card.click('.mistaken');
        await until('it says so', async () => /^“.+” won't be shown on this site any more\. Nothing was sent anywhere\.$/.test(await card.text('.hushed p') ?? ''));
        await card.click('[data-act="show_again"]');
        await until('it is there again', async () => await card.text('#title') !== null);
        await card.read((root) => { root.querySelector('.mistaken')?.scrollIntoView({ block: 'end' }); });
        await card.click('.mistaken');
        await card.click('.hushed [data-act="dismiss"]');
        await Card.gone(page);

        await t.script({ preset: 'pool429' }, { preset: 'credits402' });
        const errors = async () => (await talk(page)).filter(({ kind }) => kind === 'error').length;
        const before = await errors();
        await send(page, 'two');
        await until('the app has it', async () => await errors() === before + 1, 3_000);
        assert.equal(await Card.count(page), 0);
        await send(page, 'three');
        await until('another kind is explained', async () => /credits/i.test(await card.text('#title') ?? ''));

        const options = await t.openExtensionPage('options.html');
        const row = await until('the row', () => options.evaluate((host) => Array.from(document.querySelectorAll('#sites li')).find((li) => li.textContent?.startsWith(host))?.textContent, t.host));
        assert.equal(row, `${t.host} doesn't show “The provider is busy right now”Show again`);
        // The list is drawn anew with each word about a site: its button may go just then.
        await until('its button is pressed', async () => {
          await options.evaluate((host) => { Array.from(document.querySelectorAll('#sites li')).find((li) => li.textContent?.startsWith(host))?.setAttribute('id', 'ours'); }, t.host);
          await options.click('#ours button');
          return true;
        });
        await until('it is shown again', async () => !(await stored(options)).quiet.some((/** @type {string} */ one) => one.startsWith(t.host)));
        await t.script({ preset: 'pool429' });
        await page.bringToFront();
        await card.click('#close');
        await send(page, 'four');
        await card.reaches('held');
      },
    },
    {
      name: 'the settings say where it stands at first, and in which colours: obeyed by an open card and by each page, at once', alone: true,
      run: async (t) => {
        const options = await t.openExtensionPage('options.html');
        await until('the page is drawn', () => options.evaluate(() => document.documentElement.dir !== ''));
        await options.select('#corner', 'top-left');
        await until('it is kept', async () => (await stored(options)).corner === 'top-left');
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await page.addStyleTag({ content: 'html { background: rgb(10, 200, 30); min-height: 100% } #form { margin-top: 600px }' });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        assert.equal(await cornerOf(card), 'top-left');
        const paper = () => card.read((root) => getComputedStyle(/** @type {Element} */ (root.querySelector('#card'))).backgroundColor);
        const light = await paper();
        await options.bringToFront();
        await options.select('#theme', 'dark');
        await until('the card is dark', async () => await paper() !== light);
        await page.bringToFront();
        const frame = await card.inFrame();
        const { x, y } = await t.driver.offsetOf(page, frame);
        assert.deepEqual(await colourAt(page, x + 1, y + 1), [10, 200, 30], 'the page is seen through the corner of the frame');
        assert.deepEqual(await axe(frame), []);
        for (const file of readdirSync(built(t.driver.name, 'test')).filter((name) => name.endsWith('.html') && name !== 'card.html')) {
          const one = await t.openExtensionPage(file);
          await until(`${file} is dark`, () => one.evaluate(() => getComputedStyle(document.documentElement).colorScheme === 'dark'));
          assert.deepEqual(await axe(one), [], file);
        }
        await options.bringToFront();
        await options.select('#theme', 'light');
        await until('the card is light', async () => await paper() === light);
      },
    },
    {
      name: 'no ring where less motion is wanted, edges where colours are forced, nothing in print', browsers: ['chromium'],
      run: async (t) => {
        await t.script(poolWait(30));
        const { card } = await held(t);
        await card.click('#fold');
        await card.steady('#pill');
        const frame = await card.inFrame();
        /** @param {Record<string, string>} features @param {string} [media] */
        const prefer = (features, media = '') => /** @type {any} its page's own reaches no frame of another process */ (frame).client
          .send('Emulation.setEmulatedMedia', { media, features: Object.entries(features).map(([name, value]) => ({ name, value })) });
        const ring = () => card.read((root) => getComputedStyle(/** @type {Element} */ (root.querySelector('.ring'))).backgroundImage);
        assert.match(await ring(), /conic-gradient/);
        await prefer({ 'prefers-reduced-motion': 'reduce' });
        assert.equal(await ring(), 'none');
        await prefer({ 'forced-colors': 'active' });
        assert.deepEqual(await axe(frame), []);
        assert.notEqual(await card.read((root) => getComputedStyle(/** @type {Element} */ (root.querySelector('#card'))).borderTopWidth), '0px');
        await prefer({}, 'print');
        assert.equal(await card.read((root) => root.querySelector('#card')?.getClientRects().length), 0);
      },
    },
    {
      name: 'the key leads to Retry and back; from a pill it opens the card; Esc closes, and the focus is where it was',
      run: async (t) => {
        await t.script(poolWait(30));
        const { page, card } = await held(t);
        await page.focus('#prompt');
        const inCard = (/** @type {string} */ id) => until(`the focus is on ${id}`, () => card.read((root, one) => (root instanceof ShadowRoot || document.hasFocus()) && root.activeElement?.id === one, id));
        await t.driver.pressKeyForCard(page);
        await inCard('retry');
        await t.driver.pressKeyForCard(page);
        await until('back in the field', async () => await focused(page) === 'prompt');
        assert.equal(await card.phase(), 'held');
        await card.click('#fold');
        await page.focus('#prompt');
        await t.driver.pressKeyForCard(page);
        await inCard('retry');
        await page.keyboard.press('Escape');
        await Card.gone(page);
        await until('back in the field', async () => await focused(page) === 'prompt');
        await first(page, 'error');
      },
    },
    {
      name: 'the key leads to the strip too, where no frame can live',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', { csp: 'sandbox allow-scripts allow-forms' });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await t.driver.pressKeyForCard(page);
        await until('the focus is on Retry', () => card.read((root) => root.activeElement?.id === 'retry'));
      },
    },
    {
      name: 'the strip says the failure, the try and its success to a screen reader, as the card does',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { good: true });
        const page = await t.open('chat.html', { csp: 'sandbox allow-scripts allow-forms' });
        await send(page, 'one');
        const card = await t.card(page);
        const says = (/** @type {string} */ words) => until(words, async () => await card.read((root) => root.querySelector('#aloud[role=status]')?.textContent?.startsWith(root.querySelector('#title')?.textContent ?? '')));
        await says('the failure');
        assert.match(await card.read((root) => root.querySelector('#aloud')?.textContent ?? ''), /^Cerebras is busy right now\. OpenRouter's shared access/);
        await card.click('#retry');
        await card.reaches('answered');
        await says('the success');
      },
    },
    {
      name: 'a screen reader hears the failure, ten seconds, zero, the try and its success, once each and nothing else', beside: true, browsers: ['chromium'],
      run: async (t) => {
        await t.script(poolWait(16), { good: true });
        const { page, card } = await held(t);
        await card.inFrame(); // the strip that may stand in for a moment says the same first
        /** Every node that speaks by itself, as the browser tells assistive technology. */
        const speakers = async () => {
          const found = /** @type {string[]} */ ([]);
          const walk = (/** @type {any} */ node) => {
            if (['status', 'alert', 'log', 'timer', 'marquee'].includes(node.role)) found.push(`${node.role}: ${node.name ?? ''}${(node.children ?? []).map((/** @type {any} */ child) => child.name ?? '').join('')}`);
            for (const child of node.children ?? []) walk(child);
          };
          walk(await page.accessibility.snapshot({ interestingOnly: false, includeIframes: true }));
          return found;
        };
        const heard = /** @type {string[]} */ ([]);
        const listen = async () => {
          for (const one of await speakers().catch(() => [])) if (one !== 'status: ' && heard.at(-1) !== one) heard.push(one);
          return heard;
        };
        await until('zero', async () => (await listen()).at(-1) === 'status: You can retry now.', 25_000);
        await card.click('#retry');
        await until('success', async () => /Answered/.test((await listen()).at(-1) ?? ''), 8_000);
        const [start, ...rest] = heard.map((one) => one.replace(/^status: /, ''));
        assert.match(start ?? '', /^Cerebras is busy right now\. OpenRouter's shared access/);
        assert.deepEqual(rest.filter((one) => one !== 'Retrying…'), ['Retry in 10 s', 'You can retry now.', 'Answered on try 2 by OpenAI']);
      },
    },
  ],
};
