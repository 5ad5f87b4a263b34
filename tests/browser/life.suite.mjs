// @ts-check
// The worker stops whenever the browser likes; the extension may go away under open pages. The page has its answer all the same.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { until } from './lib/wait.mjs';

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'life', build: 'test',
  tests: [
    {
      name: 'the worker is stopped before the failure: it wakes and judges',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await t.driver.stopWorker();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await first(page, 'answer');
        assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
      },
    },
    {
      name: 'a question is lost on its way to the worker: it is put again, the failure is held, and Retry works', browsers: ['chromium'],
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open();
        await send(page, 'one'); // the worker runs
        await (await t.card(page)).click('#close');
        await first(page, 'error');
        await t.driver.loseQuestion();
        await send(page, 'two');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#retry');
        await first(page, 'answer');
      },
    },
    {
      name: 'the worker is stopped again and again while it judges: held or let go, never lost',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 6 });
        const page = await t.open();
        for (let n = 1; n <= 6; n++) {
          await Promise.all([send(page, `question ${n}`), t.driver.stopWorker()]);
          await t.logOf(n);
          await t.driver.stopWorker();
          // Either the person has a card with Retry, or the app has the original error.
          const outcome = await until('an outcome', async () => {
            const said = await talk(page);
            if (said.filter(({ kind }) => kind !== 'user').length === n) return 'let go';
            return await new Card(t.driver, page).text('#retry').catch(() => null) === null ? null : 'held';
          }, 5_000);
          if (outcome === 'held') {
            await new Card(t.driver, page).click('#close');
            await until('the app has its error', async () => (await talk(page)).filter(({ kind }) => kind !== 'user').length === n);
          }
          const last = (await talk(page)).at(-1);
          assert.equal(last?.details.status, 429);
        }
      },
    },
    {
      name: 'the worker is stopped while an answer is held: Retry works',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        assert.equal(await t.driver.stopWorker(), true, 'it ran until now');
        await card.click('#retry');
        await card.reaches('failed');
        await t.driver.stopWorker();
        await card.click('#retry');
        await first(page, 'answer');
        assert.equal((await t.log()).length, 3);
      },
    },
    {
      name: 'the page goes elsewhere and comes back while an answer is held: no card of before',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        await t.card(page);
        await page.goto(`https://${t.host}/framed.html`);
        await page.goBack();
        await until('the page is back', () => page.evaluate(() => document.readyState === 'complete' && location.pathname === '/chat.html'));
        assert.equal(await Card.count(page), 0);
        await t.script({ preset: 'seed429' });
        await send(page, 'two');
        await (await t.card(page)).click('#retry');
        await until('the answer', async () => (await talk(page)).some(({ text }) => text === 'The answer to: two'));
      },
    },
    {
      name: 'the page throws the card away: it comes back as it was',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        const title = await card.text('#title');
        await page.evaluate(() => document.querySelector('div[data-cooldown]')?.remove());
        await until('the card is back', async () => await card.phase() === 'held' && await card.text('#title') === title);
        await card.click('#retry');
        await first(page, 'answer');
      },
    },
    {
      name: 'a modal dialog opens over a held failure: the card moves into it and can be clicked',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await page.evaluate(() => {
          const dialog = document.createElement('dialog');
          dialog.textContent = 'a modal of the page';
          document.body.append(dialog);
          dialog.showModal();
        });
        await until('the card is in the dialog', () => page.evaluate(() => document.querySelector('dialog [data-cooldown]') !== null));
        await card.click('#retry');
        await first(page, 'answer');
      },
    },
    {
      name: 'the extension is removed while an answer is held: the app has its original answer, the card is gone', alone: true,
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        await (await t.card(page)).reaches('held');
        await t.driver.removeExtension();
        assert.equal((await first(page, 'error', 5_000)).details.status, 429);
        await Card.gone(page);
        await send(page, 'two');
        await first(page, 'answer');
        assert.equal((await t.log()).length, 2);
      },
    },
  ],
};
