// @ts-check
// Waits that no app has the patience for: the app has its error, the card stays and says when, and leads back then to whoever asks for it.
import assert from 'node:assert/strict';
import { first, send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** Set on the card, by a real click. @param {Scene} t @param {Record<string, string | number>} [setup] */
const remind = async (t, setup = {}) => {
  await t.script({ preset: 'free_day429' });
  const page = await t.open('chat.html', setup);
  await send(page, 'one');
  assert.equal((await first(page, 'error', 3_000)).details.status, 429);
  const since = Date.now();
  const card = await t.card(page);
  await card.reaches('released');
  await card.click('#remind');
  await until('the card says that it is set', async () => (await card.text('#tip') ?? '') !== '' && await card.text('#remind') === null);
  const ear = await t.openExtensionPage('popup.html');
  const id = await until('it is kept', () => ear.evaluate(async () => (await chrome.alarms.getAll())[0]?.name));
  return { page, card, ear, id, since };
};
/** The day is over. @param {Page} ear @param {string} id */
const itIsTime = (ear, id) => ear.evaluate(async (name) => { await chrome.alarms.create(name, { when: Date.now() + 500 }); }, id);
/** @param {Page} ear */
const kept = (ear) => ear.evaluate(async () => /** @type {Record<string, {at_ms: number, address: string}>} */ ((await chrome.storage.local.get('reminders')).reminders ?? {}));
/** @param {Page} ear @param {string} host */
const tabsOf = (ear, host) => ear.evaluate(async (name) => (await chrome.tabs.query({ url: `https://${name}/*` })).map(({ active, url }) => ({ active, url })), host);

/** The button on the tab says it. @param {Scene} t @param {Page} ear */
const marked = async (t, ear) => {
  const said = () => ear.evaluate(async (host) => {
    const [tab] = await chrome.tabs.query({ url: `https://${host}/*` });
    return chrome.action.getTitle({ tabId: tab?.id ?? -1 });
  }, t.host);
  const title = await ear.evaluate(() => chrome.i18n.getMessage('badge_wait_over'));
  await until('the tab is marked', async () => await said() === title, 15_000);
};

/** Told, clicked, led back: to the tab while it is there, to a new one after that. @param {Scene} t */
const ledBack = async (t) => {
  const { page, ear, id } = await remind(t);
  await t.driver.stopWorker();
  await itIsTime(ear, id);
  const told = () => ear.evaluate(async () => Object.keys(await new Promise((resolve) => { chrome.notifications.getAll(resolve); })));
  await until('the notification', async () => (await told()).includes(id), 15_000);
  assert.equal((await tabsOf(ear, t.host))[0]?.active, false, 'the person is elsewhere');
  await t.driver.clickNotification(id);
  await until('the tab is in front', async () => (await tabsOf(ear, t.host))[0]?.active);
  await until('nothing is kept', async () => Object.keys(await kept(ear)).length === 0 && (await told()).length === 0);
  await page.close();

  const again = await remind(t);
  await again.page.close();
  await itIsTime(again.ear, again.id);
  await until('the notification', async () => (await told()).includes(again.id), 15_000);
  await t.driver.clickNotification(again.id);
  await until('the page is open again', async () => (await tabsOf(ear, t.host)).some(({ active, url }) => active && url === `https://${t.host}/chat.html`));
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'remind', build: 'test',
  tests: [
    {
      name: 'the free day: the local time, no Retry, and a reminder to be had',
      run: async (t) => {
        await t.script({ preset: 'free_day429' });
        const page = await t.open();
        await send(page, 'one');
        await first(page, 'error', 3_000);
        const card = await t.card(page);
        await card.reaches('released');
        assert.match(await card.text('#when') ?? '', /\d{1,2}:00|\d min/); // in the day's last hour the time that is left says more
        assert.equal(await card.text('#retry'), null);
        assert.notEqual(await card.text('#remind'), null);
      },
    },
    {
      name: 'a wait that is held needs none, nor does a failure without a time',
      run: async (t) => {
        for (const failure of [poolWait(20), { preset: 'auth401' }]) {
          await t.script(failure);
          const page = await t.open();
          await send(page, 'one');
          const card = await t.card(page);
          assert.equal(await card.text('#remind'), null);
          await page.close();
        }
      },
    },
    {
      name: 'set by a click: the time, the page\'s address without its query, and no more; without leave the tab is marked',
      run: async (t) => {
        const { card, ear, id, since } = await remind(t, { secret: 'CANARY' });
        assert.match(await card.text('#tip') ?? '', /^Only Cooldown's button on this tab will show it then/);
        const all = await kept(ear), [one] = Object.values(all);
        assert.deepEqual(Object.keys(all), [id]);
        assert.deepEqual(Object.keys(one ?? {}).sort(), ['address', 'at_ms', 'tab_id']);
        assert.equal(one?.address, `https://${t.host}/chat.html`);
        assert.ok((one?.at_ms ?? 0) > since && (one?.at_ms ?? 1) % 3_600_000 === 0, 'the hour at which the free day starts over');
        assert.equal(await ear.evaluate(async (name) => (await chrome.alarms.get(name))?.scheduledTime, id), one?.at_ms);
        await t.driver.stopWorker();
        await itIsTime(ear, id);
        await marked(t, ear);
        assert.deepEqual(await kept(ear), {});
      },
    },
    {
      name: 'the browser starts anew: the alarm is set again', browsers: ['chromium'], // in Firefox no driver can say so
      run: async (t) => {
        const { ear, id } = await remind(t);
        const at_ms = (await kept(ear))[id]?.at_ms;
        await ear.evaluate(() => chrome.alarms.clearAll());
        await t.driver.startAnew();
        await until('the alarm', async () => await ear.evaluate(async (name) => (await chrome.alarms.get(name))?.scheduledTime, id) === at_ms);
      },
    },
    {
      name: 'the popup asks for notifications; a desktop that closes them at once has the tab marked', alone: true, browsers: ['firefox'], // headless, it does
      run: async (t) => {
        const { ear, id } = await remind(t);
        const popup = await t.openPopup();
        await popup.click('#notify');
        await until('it is allowed', () => popup.evaluate(() => document.getElementById('reminder')?.hidden));
        await itIsTime(ear, id);
        await marked(t, ear);
        assert.deepEqual(await kept(ear), {});
      },
    },
  ],
};
export { ledBack };
