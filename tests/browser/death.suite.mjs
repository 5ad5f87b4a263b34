// @ts-check
// The whole way of a failure, and at each step something dies: the worker, the card's frame, the extension itself. Whatever it was, the app gets
// each of its answers once, at once where nobody is left to decide, and nothing of ours stays behind.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { send, talk } from './lib/app.mjs';
import { FAST_MS, STEPS, told, toldOnce } from './lib/steps.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('./lib/scene.mjs').Test} Test */
/** @typedef {import('./lib/steps.mjs').Step} Step */
/** @typedef {import('puppeteer-core').Page} Page */

/** The person does what the card offers, if there is still something to decide. @param {Scene} t @param {Page} page */
const decide = async (t, page) => {
  if ((await told(page)).length > 0) return;
  const card = new Card(t.driver, page);
  await until('an answer, or a card to decide on', async () => (await told(page)).length > 0 || (await card.text('#close').catch(() => null)) !== null, 8_000);
  if ((await told(page)).length === 0) await card.click('#close').catch(() => {}); // it may come just now
};

/**
 * @typedef {object} Death
 * @property {string} name
 * @property {boolean} final  nobody is left to decide
 * @property {Array<import('./lib/browsers.mjs').BrowserName>} [browsers] where a driver can do it
 * @property {(t: Scene, page: Page) => Promise<unknown>} die
 * @property {(t: Scene, page: Page) => Promise<unknown>} [after]
 */
/** @type {Death[]} */
const DEATHS = [
  { name: 'the worker is stopped', final: false, die: (t) => t.driver.stopWorker() },
  { name: 'the page throws the card away', final: false, die: (_, page) => page.evaluate(() => { document.querySelector('div[data-cooldown]')?.remove(); }) },
  { name: 'the network goes', final: false, browsers: ['chromium'], die: (_, page) => page.setOfflineMode(true), after: (_, page) => page.setOfflineMode(false) },
  { name: 'the extension loads anew', final: true, die: (t) => t.driver.install(t.extension) },
  {
    name: 'the extension is switched off', final: true, die: (t) => t.driver.setEnabled(false),
    after: async (t, page) => { await t.driver.setEnabled(true); await page.bringToFront(); },
  },
];

/** @param {Step} step @param {Death} death @returns {Test} */
const dies = (step, death) => ({
  name: `${death.name}: ${step.name}`,
  // One of each kind in every run.
  hard: step.name !== 'held' && !(step.name === 'sent again' && death.final),
  ...death.browsers === undefined ? {} : { browsers: death.browsers },
  run: async (t) => {
    await t.script(...step.answers);
    const page = await t.open();
    await send(page, 'one');
    await step.reach(t, page);
    await death.die(t, page);
    try {
      if (!death.final) await decide(t, page);
      await toldOnce(page, death.final && step.kept ? FAST_MS : 8_000, 'the app has its answer');
      if (death.final) await Card.gone(page, 4_000);
    } finally { await death.after?.(t, page); }
    const sent = (await t.log()).length;
    assert.ok(sent <= step.answers.length + 1, `nothing is sent that nobody asked for: ${sent}`);
    if (!death.final) return;
    // A page that was opened since is served as ever.
    await page.close();
    await t.script({ preset: 'seed429' });
    const next = await t.open();
    await send(next, 'two');
    await (await t.card(next)).click('#retry');
    await toldOnce(next, 8_000, 'the second page has its answer');
  },
});

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'death', build: 'test',
  tests: [
    ...DEATHS.flatMap((death) => STEPS.map((step) => dies(step, death))),
    ...STEPS.map((step) => /** @type {Test} */ ({
      name: `the tab is closed: ${step.name}: nothing of it is left or sent any more, and the next one starts anew`, hard: step.name !== 'held',
      run: async (t) => {
        await t.script(...step.answers);
        const ear = await t.openExtensionPage('popup.html'), kept = () => ear.evaluate(async () => {
          const { cards, ...session } = await chrome.storage.session.get(null); // the badges of tabs: the next badge clears what is gone
          return JSON.stringify([await chrome.storage.local.get(null), session]);
        });
        const before = await kept(), page = await t.open();
        await send(page, 'one');
        await step.reach(t, page);
        const sent = (await t.log()).length;
        await page.close();
        assert.equal(await kept(), before);
        const again = await t.open();
        assert.deepEqual([await Card.count(again), (await talk(again)).length, (await t.log()).length], [0, 0, sent]);
      },
    })),
    {
      name: 'the network goes while an answer is held: a try that breaks is held too, and the next one is answered', browsers: ['chromium'],
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await page.setOfflineMode(true);
        await card.click('#retry');
        await card.reaches('failed');
        assert.equal((await told(page)).length, 0);
        await page.setOfflineMode(false);
        await card.click('#retry');
        await toldOnce(page, 8_000, 'the app has its answer');
        assert.equal((await told(page))[0]?.kind, 'answer');
      },
    },
  ],
};
