// @ts-check
// The way of a failure, step by step, for what happens to it on the way.
import assert from 'node:assert/strict';
import { Card } from './card.mjs';
import { talk } from './app.mjs';
import { poolWait } from './failures.mjs';
import { pause, until } from './wait.mjs';

/** @typedef {import('./scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** Where nobody is left to decide, an answer that was kept goes to the app within this. */
export const FAST_MS = 1_000;

/**
 * How far it has come. `reach` leads a page there; `kept`: the app waits for us.
 * @typedef {{name: string, kept: boolean, answers: import('./mock.mjs').Answer[], reach: (t: Scene, page: Page) => Promise<void>}} Step
 */
/** @type {Step[]} */
export const STEPS = [
  { name: 'asked', kept: false, answers: [{ preset: 'seed429', delay_ms: 1_200 }], reach: async (t) => { await t.logOf(1); } },
  { name: 'judged', kept: true, answers: [{ preset: 'seed429' }], reach: async (t, page) => { await t.logOf(1); await until('our host', async () => await Card.count(page) > 0); } },
  { name: 'held', kept: true, answers: [{ preset: 'seed429' }], reach: async (t, page) => { await (await t.card(page)).reaches('held'); } },
  {
    name: 'pressed early', kept: true, answers: [poolWait(20)],
    reach: async (t, page) => { const card = await t.card(page); await card.click('#retry'); await card.reaches('armed'); },
  },
  {
    name: 'sent again', kept: false, answers: [{ preset: 'seed429' }, { good: true, delay_ms: 1_200 }],
    reach: async (t, page) => { await (await t.card(page)).click('#retry'); await t.logOf(2); },
  },
  {
    name: 'failed again', kept: true, answers: [{ preset: 'seed429', times: 2 }],
    reach: async (t, page) => { const card = await t.card(page); await card.click('#retry'); await card.reaches('failed'); },
  },
  {
    name: 'answered', kept: false, answers: [{ preset: 'seed429' }],
    reach: async (t, page) => { const card = await t.card(page); await card.click('#retry'); await card.reaches('answered'); },
  },
  { name: 'explained', kept: false, answers: [{ preset: 'auth401' }], reach: async (t, page) => { await (await t.card(page)).reaches('released'); } },
];

/** What the app has been told so far. @param {Page} page */
export const told = async (page) => (await talk(page)).filter(({ kind, details }) => kind !== 'user' && details !== null);
/** @param {Page} page @param {number} limitMs @param {string} what */
export const toldOnce = async (page, limitMs, what) => {
  await until(what, async () => (await told(page)).length > 0, limitMs);
  await pause(100); // a second one would come at once
  assert.equal((await told(page)).length, 1, 'one answer');
};
