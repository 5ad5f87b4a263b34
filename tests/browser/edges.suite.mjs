// @ts-check
// Where two things meet: several failures with waits of their own, an app's tries and a person's, a page that will not have the card, a frame too small for one.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until, within } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** @param {Page} page @param {string} text */
const answered = (page, text) => until(`the answer to ${text}`, async () => (await talk(page)).some((said) => said.kind === 'answer' && said.details !== null && said.text === `The answer to: ${text}`), 15_000);
/** @param {Page} page @param {number} count */
const errors = (page, count) => until(`${count} errors`, async () => (await talk(page)).filter(({ kind }) => kind === 'error').length === count);
/** @param {import('./lib/mock.mjs').Logged} one */
const questionOf = ({ body }) => JSON.parse(body).messages[0].content;
/** @param {Scene} t @param {Record<string, string | number>} [setup] */
const openAi = async (t, setup = {}) => {
  const page = await t.open('openai.html', { retries: 2, ...setup });
  await until('the client is there', () => page.evaluate(() => document.documentElement.dataset.ready === ''));
  return page;
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'edges', build: 'test',
  tests: [
    {
      name: 'a site is not judged by failures that nobody tries again', beside: true,
      run: async (t) => {
        await t.script({ preset: 'auth401' }, { preset: 'seed429', times: 2 });
        const page = await openAi(t);
        await send(page, 'one');
        await errors(page, 1);
        await pause(11_000); // no second try of a refused key: that says nothing about a busy provider
        await send(page, 'two');
        await answered(page, 'two');
        assert.equal((await t.log()).length, 4, 'the app healed itself');
      },
    },
    {
      name: 'a person who sends again later is not taken for an app that tries again', beside: true,
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { good: true }, { preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        await (await t.card(page)).click('#close');
        await first(page, 'error');
        await pause(11_000);
        await send(page, 'one');
        await answered(page, 'one');
        await send(page, 'two');
        await (await t.card(page)).reaches('held');
      },
    },
    {
      name: 'two failures, the first one has to wait: it is not sent before its time, whoever spoke last',
      run: async (t) => {
        await t.script(poolWait(6), { preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await send(page, 'two');
        await until('the card speaks for two', async () => (await card.text('.count'))?.startsWith('2'));
        await card.click('#retry');
        await Promise.all([answered(page, 'one'), answered(page, 'two')]);
        const log = await t.log();
        const [sent, again] = log.filter((one) => questionOf(one) === 'one');
        const gap = (again?.at_ms ?? 0) - (sent?.at_ms ?? 0);
        assert.ok(gap >= 5_900, `sent again after ${gap} ms`);
        assert.equal(log.length, 4);
      },
    },
    {
      name: 'two failures, the second one has to wait: the answer to the first does not send it early',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { good: true, delay_ms: 2_500 });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await t.logOf(2);
        await t.script(poolWait(7), { good: true });
        await send(page, 'two');
        await t.logOf(3);
        await answered(page, 'one');
        await until('the button counts down', async () => /\d/.test(await card.text('#retry') ?? ''));
        await card.click('#retry');
        await answered(page, 'two');
        const [sent, again] = (await t.log()).filter((one) => questionOf(one) === 'two');
        const gap = (again?.at_ms ?? 0) - (sent?.at_ms ?? 0);
        assert.ok(gap >= 6_900, `sent again after ${gap} ms`);
      },
    },
    {
      name: 'a second failure that cannot be sent again does not take the first one\'s Retry away',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { preset: 'auth401' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        const title = await card.text('#title');
        await send(page, 'two');
        assert.equal((await first(page, 'error', 3_000)).details.status, 401);
        await pause(300); // its verdict is drawn by now
        assert.equal(await card.text('#title'), title);
        await card.click('#retry');
        await answered(page, 'one');
      },
    },
    {
      name: 'a card that was only explaining makes room for a failure of another kind',
      run: async (t) => {
        await t.script({ preset: 'auth401' }, { preset: 'auth401' }, { preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('released');
        await send(page, 'two');
        await until('the same kind is counted', async () => (await card.text('.count'))?.startsWith('2'));
        await send(page, 'three');
        await card.reaches('held');
        assert.equal((await card.text('.count')) ?? '', '', 'one request waits');
      },
    },
    {
      name: 'the number of the try that answered counts the app\'s own tries too',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 3 });
        const page = await openAi(t);
        await send(page, 'one');
        const card = await t.card(page, 15_000);
        await card.click('#retry');
        await answered(page, 'one');
        await card.reaches('answered');
        assert.equal((await t.log()).length, 4);
        assert.equal(await card.text('#title'), 'Answered on try 4 by OpenAI');
      },
    },
    {
      name: 'a page that throws the card away again and again gets its answers',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await page.evaluate(() => {
          new MutationObserver(() => { document.querySelector('div[data-cooldown]')?.remove(); }).observe(document, { childList: true, subtree: true });
        });
        await send(page, 'one');
        assert.equal((await first(page, 'error', 5_000)).details.status, 429);
        assert.equal(await Card.count(page), 0);
      },
    },
    {
      name: 'a page that puts the card elsewhere again and again stays alive, and gets its answers', alone: true,
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await page.evaluate(() => {
          new MutationObserver(() => {
            const host = document.querySelector('html > div[data-cooldown]');
            if (host !== null) document.body.append(host);
          }).observe(document, { childList: true, subtree: true });
        });
        await send(page, 'one');
        await t.logOf(1);
        for (let n = 0; n < 10; n++) {
          await within('the page answers', 1_000, page.evaluate(() => 1));
          await pause(100);
        }
        await first(page, 'error', 8_000);
      },
    },
    {
      name: 'a page over plain http, as in the home network: rescued by one click',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', {}, { scheme: 'http' });
        assert.equal(await page.evaluate(() => isSecureContext), false);
        await send(page, 'one');
        const card = await t.card(page);
        await card.inFrame();
        await card.click('#retry');
        await answered(page, 'one');
      },
    },
    {
      name: 'a page that is busy keeps nobody from its card',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await page.evaluate(() => {
          const until = performance.now() + 3_000;
          const work = () => {
            const end = performance.now() + 120;
            while (performance.now() < end);
            if (performance.now() < until) { setTimeout(work); requestAnimationFrame(() => {}); }
          };
          for (let n = 0; n < 3; n++) work();
        });
        await pause(3_500);
        assert.equal(await card.phase(), 'held');
        assert.equal((await talk(page)).length, 1);
      },
    },
    {
      name: 'a frame too small for a card keeps nothing from its app',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('framed.html');
        const inner = await until('the inner page', () => {
          const frame = page.frames()[1];
          return frame?.evaluate(() => document.readyState === 'complete' && document.querySelector('#prompt') !== null).then((ready) => (ready ? frame : null));
        });
        await page.evaluate(() => { Object.assign(/** @type {HTMLElement} */ (document.getElementById('inner')).style, { width: '1px', height: '1px', border: '0' }); });
        await until('the frame is small', () => inner.evaluate(() => innerWidth <= 1));
        await inner.evaluate(() => {
          /** @type {HTMLInputElement} */ (document.getElementById('prompt')).value = 'one';
          /** @type {HTMLFormElement} */ (document.getElementById('form')).requestSubmit();
        });
        await until('the app in the frame has its error', () => inner.evaluate(() => document.querySelector('#talk > .error') !== null), 5_000);
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'the strip is deaf for a moment, says how long it waits, and keeps the focus',
      run: async (t) => {
        await t.script(poolWait(7));
        const page = await t.open('chat.html', { csp: 'sandbox allow-scripts allow-forms' });
        await page.evaluate(() => {
          const seen = globalThis;
          let before = performance.now(); // it was not there yet
          const look = () => {
            const card = document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('#card') ?? null;
            if (card !== null) { Object.assign(seen, { before, at: card.querySelector('#retry')?.getBoundingClientRect().toJSON() }); return; }
            before = performance.now();
            requestAnimationFrame(look);
          };
          look();
        });
        await send(page, 'one');
        const card = await t.card(page);
        const at = await until('the strip', () => page.evaluate(() => /** @type {any} */ (globalThis).at));
        await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
        const since = await page.evaluate(() => performance.now() - /** @type {any} */ (globalThis).before);
        if (since < 250) assert.equal(await card.phase(), 'held', `a click within ${since} ms was meant for the page`);
        if (await card.phase() === 'held') await card.click('#retry'); // on a machine that is slow the first one was late enough
        await card.reaches('armed');
        assert.equal(await card.text('#retry'), 'Retry');
        assert.equal(await card.text('#status'), 'It sends by itself. Press again to stop.');
        const wait = await card.text('#when') ?? '';
        assert.match(wait, /^Retries in [1-7] s$/);
        await until('the next second', async () => /^Retries in [1-6] s$/.test(await card.text('#when') ?? '') && await card.text('#when') !== wait);
        assert.equal(await card.read((root) => root.activeElement?.id), 'retry');
        await answered(page, 'one');
        assert.equal(await card.text('#title'), 'Answered on try 2 by OpenAI');
      },
    },
  ],
};
