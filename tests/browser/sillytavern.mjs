// @ts-check
// SillyTavern itself, of npm, with the extension on its page: node tests/browser/sillytavern.mjs --browser chromium|firefox [--only words]
// Its server's openrouter.ai is the stand-in. In each of its modes: a failure, the card, one click, and the answer once in the chat.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Card } from './lib/card.mjs';
import { Driver } from './lib/browsers.mjs';
import { built, end, endInTime, explain, here, startMock, workFolder } from './lib/house.mjs';
import { until, within } from './lib/wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('./lib/mock.mjs').Answer} Answer */

/** It compiles its front end at the first start: 40 s on two cores. */
const START_MS = 240_000, TEST_MS = 60_000;

const { values } = parseArgs({ options: { browser: { type: 'string' }, only: { type: 'string', default: '' } } });
const browserName = values.browser;
if (browserName !== 'chromium' && browserName !== 'firefox') {
  console.error('usage: node tests/browser/sillytavern.mjs --browser chromium|firefox [--only words]');
  process.exit(2);
}
endInTime();

const home = join(here, 'sillytavern'), app = join(home, 'node_modules', 'sillytavern'), CONVERSATION = 'sillytavern';

/** The settings of somebody who has set it up: a key, a model, no first-time questions. @param {string} folder of the person */
const setUp = (folder) => {
  const settings = JSON.parse(readFileSync(join(app, 'default', 'content', 'settings.json'), 'utf8'));
  Object.assign(settings, { firstRun: false, main_api: 'openai' });
  settings.power_user = { ...settings.power_user, auto_connect: true };
  Object.assign(settings.oai_settings, { chat_completion_source: 'openrouter', openrouter_model: 'openai/gpt-oss-120b' });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ api_key_openrouter: [{ id: 'one', value: `sk-or-v1-${CONVERSATION}`, label: 'one', active: true }] }));
};

/** @returns {Promise<number>} */
const freePort = () => new Promise((ready) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    server.close(() => ready(port));
  });
});

/** @type {import('node:child_process').ChildProcess | null} */ let server = null;
process.on('exit', () => server?.kill());
/** @param {number} standIn its port @returns {Promise<string>} its address */
const startApp = async (standIn) => {
  const root = join(workFolder(), 'sillytavern'), port = await freePort();
  setUp(join(root, 'default-user'));
  const args = ['--import', join(home, 'to-the-stand-in.mjs'), join(app, 'server.js'), '--port', String(port), '--dataRoot', root, '--configPath', join(root, 'config.yaml'), '--browserLaunchEnabled', 'false', '--listen', 'false'];
  let told = '';
  server = spawn(process.execPath, args, { cwd: root, env: { ...process.env, STAND_IN_PORT: String(standIn) }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (data) => { told = `${told}${data}`.slice(-4_000); });
  const ended = new Promise((_, reject) => server?.once('exit', (code) => reject(new Error(`SillyTavern ended with code ${code}:\n${told}`))));
  const address = `http://127.0.0.1:${port}/`;
  await Promise.race([ended, until('SillyTavern answers', () => fetch(address).then(({ ok }) => ok), START_MS)]);
  ended.catch(() => {});
  return address;
};

let passed = 0, failed = 0;
try {
  built(browserName, 'test');
  const mock = await startMock([], workFolder()), address = await startApp(mock.tlsPort);
  const driver = await Driver.start(browserName, { mock, extension: built(browserName, 'test'), headed: false, dark: false });

  /** Its chat as a person reads it, and its toasts. @param {Page} page */
  const shown = (page) => page.evaluate(() => ({
    talk: Array.from(document.querySelectorAll('#chat .mes'), (mes) => `${mes.getAttribute('is_user') === 'true' ? 'user' : 'answer'}: ${mes.querySelector('.mes_text')?.textContent?.trim()}`),
    toasts: Array.from(document.querySelectorAll('#toast-container .toast-error'), (toast) => toast.textContent),
  }));
  /** A fresh chat, connected. @param {boolean} stream */
  const open = async (stream) => {
    const page = await driver.newPage();
    await page.goto(address);
    await until('it is connected', () => page.evaluate(() => {
      const { SillyTavern: st } = /** @type {any} */ (globalThis);
      return document.getElementById('preloader') === null && st?.getContext().onlineStatus === 'Valid';
    }), TEST_MS);
    await page.evaluate((on) => { /** @type {any} */ (globalThis).SillyTavern.getContext().chatCompletionSettings.stream_openai = on; }, stream);
    return page;
  };
  /** @param {Page} page @param {string} text */
  const send = async (page, text) => {
    await page.bringToFront();
    await page.click('#send_textarea');
    await page.keyboard.type(text);
    await page.click('#send_but');
  };
  /** One answer to the question, and nothing else since. @param {Page} page @param {string} question */
  const assertAnsweredOnce = async (page, question) => {
    const { talk } = await until('the answer in the chat', async () => {
      const now = await shown(page);
      return now.talk.at(-1)?.startsWith('answer: The answer') ? now : null;
    });
    assert.deepEqual(talk.slice(-2), [`user: ${question}`, talk.at(-1)]);
    assert.equal(talk.filter((line) => line === `user: ${question}`).length, 1);
    assert.equal(talk.filter((line) => line === talk.at(-1)).length, 1);
  };

  /** @param {string} name @param {() => Promise<void>} run */
  const test = async (name, run) => {
    if (!name.includes(values.only)) return;
    const since = performance.now();
    try {
      await mock.reset();
      await within('the test', TEST_MS, run());
      passed++;
      console.log(`ok    ${browserName}  ${name}  (${((performance.now() - since) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed++;
      console.log(`FAIL  ${browserName}  ${name}\n${explain(error)}`);
    }
  };

  for (const stream of [false, true]) {
    await test(`${stream ? 'streaming' : 'not streaming'}: a failure, the card, one click, the answer once`, async () => {
      const question = `why is the sky blue, ${stream}`;
      await mock.script(CONVERSATION, [{ preset: 'seed429' }]);
      const page = await open(stream);
      await send(page, question);
      const card = await Card.on(driver, page, 15_000);
      await card.reaches('held');
      // What it passes on: the words of the status line alone; or OpenRouter's own body.
      assert.equal(await card.text('#title'), stream ? 'Cerebras is busy right now' : 'Too many requests right now');
      const before = await shown(page);
      assert.equal(before.talk.findLast((line) => line.startsWith('user: ')), `user: ${question}`);
      assert.deepEqual(before.toasts, [], 'the app knows nothing of the failure');
      await card.click('#retry');
      await assertAnsweredOnce(page, question);
      const log = await mock.log(CONVERSATION);
      assert.equal(log.length, 2);
      assert.equal(log[1]?.body, log[0]?.body);
      assert.deepEqual((await shown(page)).toasts, []);
      await Card.gone(page);
      await page.close();
    });
  }
  await test('its own control: an answer that broke off is asked for again by one click, and stands once', async () => {
    const question = 'why is the grass green';
    await mock.script(CONVERSATION, [{ status: 200, sse: [{ data: { choices: [{ index: 0, delta: { content: 'The ans' } }] } }, { data: { error: { message: 'Provider returned error', code: 429 } } }] }]);
    const page = await open(true);
    await send(page, question);
    const card = await Card.on(driver, page, 15_000);
    await card.reaches('released');
    await until('its own control is offered', async () => await card.text('#retry') === 'Press the app\'s own “Regenerate”');
    await card.click('#retry');
    await assertAnsweredOnce(page, question);
    assert.equal((await mock.log(CONVERSATION)).length, 2);
    await Card.gone(page, 15_000);
    await page.close();
  });
  await driver.stop();
} catch (error) {
  failed++;
  console.log(`FAIL  ${browserName}  setting up\n${explain(error)}`);
}
console.log(`${passed} passed, ${failed} failed`);
end(failed > 0 || passed === 0 ? 1 : 0);
