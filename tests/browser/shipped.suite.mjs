// @ts-check
// The very files that are shipped, closed shadow roots and all, on a site that the person allowed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { axe } from './lib/axe.mjs';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { workFolder } from './lib/house.mjs';
import { ledBack } from './remind.suite.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** The main flow. @param {Scene} t @param {Record<string, string | number>} [setup] */
const rescued = async (t, setup = {}) => {
  await t.script({ preset: 'seed429' });
  const before = (await t.log()).length;
  const page = await t.open('chat.html', setup);
  await send(page, 'one');
  const card = await t.card(page);
  assert.equal(await page.evaluate(() => document.querySelector('div[data-cooldown]')?.shadowRoot ?? null), null, 'the root is closed');
  await card.click('#retry');
  await first(page, 'answer');
  assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
  assert.equal((await t.log()).length, before + 2);
  await Card.gone(page);
  await page.close();
};

/** Its own server relays. @param {Scene} t */
const relayed = (t) => ({ endpoint: `/api/chat?conversation=${t.conversation}` });

/** Nothing at all happens. @param {Scene} t @param {string} host @param {Record<string, string>} [setup] */
const untouched = async (t, host, setup = {}) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open('chat.html', setup, { host });
  await send(page, 'one');
  await first(page, 'error', 3_000);
  assert.equal(await Card.count(page), 0);
  await page.close();
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'shipped', build: 'shipped',
  tests: [
    {
      name: 'after the installation one page says what it does; its sample card is rescued, axe finds nothing, and it comes only once', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const opened = () => ear.evaluate(() => chrome.extension.getViews({ type: 'tab' }).filter(({ location }) => location.pathname === '/welcome.html').length);
        await until('the page is open', async () => await opened() === 1);
        await t.driver.install(t.extension); // an update, to the browser
        const page = await t.openExtensionPage('welcome.html');
        await until('the sample card', () => page.evaluate(() => document.querySelector('#retry')?.checkVisibility()));
        assert.deepEqual(await axe(page), []);
        assert.equal(await page.evaluate(() => Array.from(document.querySelectorAll('#card-place .card'), (card) => card.scrollHeight - card.clientHeight).join()), '0', 'a whole card has nothing to scroll');
        assert.ok(await page.evaluate(() => Array.from(document.querySelectorAll('#apps b'), (name) => name.textContent)).then((names) => names.includes('JanitorAI')));
        const pinned = await page.evaluate(async () => (await chrome.action.getUserSettings?.())?.isOnToolbar === true), pin = () => page.evaluate(() => document.getElementById('pin')?.checkVisibility());
        assert.equal(await pin(), !pinned, 'where the button is, unless it is in sight');
        await page.evaluate(() => {
          Object.defineProperty(chrome.action, 'getUserSettings', { value: async () => ({ isOnToolbar: true }) });
          window.dispatchEvent(new Event('focus'));
        });
        await until('a person who has pinned it and comes back reads no more of it', async () => await pin() === false);
        await pause(600); // as a person would: the card is deaf for a moment
        await page.click('#fold');
        await page.click('#pill');
        await page.click('#more');
        await page.click('[data-act="hide"]');
        await pause(600);
        await page.click('[data-act="show_again"]');
        await pause(600);
        await page.click('#retry');
        await until('it is answered', () => page.evaluate(() => document.getElementById('tried')?.textContent !== ''));
        if (t.driver.name === 'firefox') { // Chromium's question cannot be answered by a driver
          await page.click('#apps button');
          await until('it is allowed', () => page.evaluate(() => document.querySelector('#apps button')?.getAttribute('aria-pressed') === 'true'));
          await until('the scripts are registered', () => page.evaluate(async () => (await chrome.scripting.getRegisteredContentScripts()).length === 2));
          await page.click('#apps button');
          assert.equal(await page.evaluate(() => document.getElementById('where-says')?.textContent), 'Done. Reload tabs that are open already.');
          assert.ok(await page.evaluate(() => document.querySelector('[data-i18n="welcome_where_note"]')?.checkVisibility()), 'what to do on other sites stays there to be read');
          await until('it is taken back', () => page.evaluate(() => document.querySelector('#apps button')?.getAttribute('aria-pressed') === 'false'));
        }
        assert.equal(await page.evaluate(() => chrome.extension.getViews({ type: 'tab' }).filter(({ location }) => location.pathname === '/welcome.html').length), 1, 'this one alone: the update closed the first and opened none');
      },
    },
    {
      name: 'before anything is allowed: nothing happens', alone: true,
      run: async (t) => {
        await untouched(t, t.host);
        await untouched(t, t.host, relayed(t));
      },
    },
    {
      name: 'one site is allowed: the main flow there, nothing elsewhere', alone: true,
      run: async (t) => {
        await (await t.grant([`https://${t.host}/*`])).close();
        await rescued(t);
        await rescued(t, { stream: 1 });
        await rescued(t, relayed(t));
        await untouched(t, 'elsewhere.example');
        await untouched(t, 'elsewhere.example', relayed(t));
      },
    },
    {
      name: 'one site is allowed: an error that comes with no failed call is explained there once somebody has written; elsewhere no rule is put in', alone: true,
      run: async (t) => {
        await (await t.grant([`https://${t.host}/*`])).close();
        for (const [host, isHere] of /** @type {const} */ ([['elsewhere.example', false], [t.host, true]])) {
          const page = await t.open('chat.html', {}, { host });
          await page.evaluate(() => { document.querySelector('#talk')?.insertAdjacentHTML('beforeend', '<li class="error" id="probe">Something of before</li>'); });
          const named = () => page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.querySelector('#probe'))).animationName !== 'none');
          assert.equal(await named(), false, 'nobody has written');
          await page.bringToFront();
          await page.type('#prompt', 'why');
          if (isHere) await until('the rule', named); else await pause(700); // longer than the other one takes
          assert.equal(await named(), isHere);
          await page.evaluate(() => { document.querySelector('#talk')?.insertAdjacentHTML('beforeend', '<li class="error">Rate limit exceeded: free-models-per-min. </li>'); });
          if (isHere) await (await t.card(page)).reaches('explained');
          else await pause(1_000); // longer than a card takes
          assert.equal(await Card.count(page), isHere ? 1 : 0);
        }
      },
    },
    {
      name: 'a frame of an allowed site in a page that is not: the card stands in the frame', alone: true,
      run: async (t) => {
        await (await t.grant(['https://elsewhere.example/*'])).close();
        await t.script({ preset: 'seed429' });
        const page = await t.open('framed.html', { inside: 'elsewhere.example' });
        const inner = await until('the inner page', () => page.frames()[1]?.evaluate(() => document.readyState === 'complete' && document.querySelector('#prompt') !== null).then((ready) => (ready ? page.frames()[1] : null)));
        await page.bringToFront();
        await (await inner?.waitForSelector('#prompt'))?.type('one');
        await (await inner?.waitForSelector('#send'))?.click();
        await until('a host in the frame', () => inner?.evaluate(() => document.querySelector('div[data-cooldown]') !== null));
        assert.equal(await Card.count(page), 0);
        const card = await t.card(page);
        await card.reaches('held');
        await pause(600); // as a person would: the card is deaf for a moment
        await (await card.inFrame()).click('#retry');
        await until('the answer in the frame', () => inner?.evaluate(() => document.querySelector('#talk')?.textContent?.includes('The answer to: one')));
      },
    },
    {
      name: 'every site is allowed; the popup switches one off and on again', alone: true,
      run: async (t) => {
        await (await t.grant(['https://*/*', 'http://*/*'])).close();
        await rescued(t);
        const page = await t.open();
        const popup = await t.openPopup();
        const shows = (/** @type {string} */ id) => until(`the popup shows #${id}`, () => popup.evaluate((name) => document.getElementById(name)?.getClientRects().length === 1, id));
        await shows('switch-off');
        await popup.click('#switch-off');
        await shows('allow');
        await page.close();
        await untouched(t, t.host);
        await popup.bringToFront();
        await popup.click('#allow');
        await shows('switch-off');
        await rescued(t);
      },
    },
    {
      name: 'notifications are allowed: one leads back to the tab, and opens it again where it was closed', alone: true, browsers: ['chromium'], limitMs: 90_000, // headless, Firefox has none
      run: async (t) => {
        await (await t.grant([`https://${t.host}/*`], ['notifications'])).close();
        await ledBack(t);
      },
    },
    {
      name: 'while a switch is turned, the scripts of the other sites stay registered', alone: true,
      run: async (t) => {
        await (await t.grant(['https://*/*', 'http://*/*'])).close();
        const page = await t.openExtensionPage('popup.html');
        const counts = await page.evaluate(async () => {
          /** @type {Array<Promise<unknown[]>>} */
          const looks = [];
          let isDone = false;
          const turn = async () => {
            let answer;
            for (const on of [false, true, false, true, false]) answer = await chrome.runtime.sendMessage({ v: 1, type: 'set_site', url: 'https://elsewhere.example/', on });
            isDone = true;
            return answer;
          };
          const turned = turn();
          while (!isDone) {
            looks.push(chrome.scripting.getRegisteredContentScripts());
            await new Promise((next) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = next; port2.postMessage(0); });
          }
          const seen = (await Promise.all(looks)).map((scripts) => scripts.length);
          return { seen, answer: await turned, off: (await chrome.scripting.getRegisteredContentScripts())[0]?.excludeMatches };
        });
        assert.equal(counts.answer.ok, true);
        assert.ok(counts.off?.includes('https://elsewhere.example/*'));
        assert.ok(counts.seen.length > 1 && counts.seen.every((count) => count === 2), `there were ${[...new Set(counts.seen)]} in ${counts.seen.length} looks`);
      },
    },
    {
      name: 'pages from the disk are allowed: the main flow there', alone: true,
      run: async (t) => {
        const open = async () => {
          const page = await t.driver.newPage();
          t.pages.push(page);
          await page.goto(`${pathToFileURL(join(workFolder(), 'site', 'chat.html')).href}?conversation=${t.conversation}`);
          await t.script({ preset: 'seed429' });
          await send(page, 'one');
          return page;
        };
        const before = await open();
        await first(before, 'error', 3_000);
        assert.equal(await Card.count(before), 0);
        await (await t.grant(['file:///*'])).close();
        const page = await open();
        await (await t.card(page)).click('#retry');
        await first(page, 'answer');
      },
    },
    {
      name: 'calls of workers are seen once the person allows it, and no more when it is taken back', alone: true,
      run: async (t) => {
        const isAsked = t.driver.name === 'firefox'; // Chromium's question cannot be answered by a driver
        /** @param {boolean} isSeen */
        const asks = async (isSeen) => {
          await t.script({ preset: 'pool429_17s' });
          const page = await t.open();
          await page.bringToFront();
          await page.evaluate(() => { /** @type {any} */ (globalThis).askFromWorker('one'); });
          if (isSeen) await (await t.card(page)).reaches('explained');
          else { await pause(2_500); assert.equal(await Card.count(page), 0); }
          await page.close();
        };
        await (await t.grant([`https://${t.host}/*`])).close();
        await asks(false);
        if (!isAsked) await (await t.grant([`https://${t.host}/*`], ['webRequest'])).close();
        const page = await t.open(), popup = await t.openPopup();
        const shows = (/** @type {string} */ id) => until(`the popup shows #${id}`, () => popup.evaluate((name) => document.getElementById(name)?.getClientRects().length === 1, id));
        if (isAsked) { await shows('allow-workers'); await popup.click('#allow-workers'); }
        await shows('switch-off-workers');
        await page.close();
        await asks(true);
        await popup.bringToFront();
        await popup.click('#switch-off-workers');
        await shows('allow-workers').catch(() => shows('allow')); // its page is closed by now
        await asks(false);
      },
    },
    {
      name: 'the popup\'s own buttons ask the browser and are granted', alone: true, browsers: ['firefox'], // Chromium's question cannot be answered by a driver
      run: async (t) => {
        const popup = await t.openExtensionPage('popup.html');
        await until('the button', () => popup.evaluate(() => document.getElementById('allow-everywhere')?.getClientRects().length === 1));
        await popup.click('#allow-everywhere');
        await until('it is allowed everywhere', () => popup.evaluate(() => document.getElementById('switch-off-everywhere')?.getClientRects().length === 1));
        await rescued(t);
        await popup.bringToFront();
        await popup.click('#switch-off-everywhere');
        await until('it is off again', () => popup.evaluate(() => document.getElementById('allow-everywhere')?.getClientRects().length === 1));
        await untouched(t, t.host);
      },
    },
  ],
};
