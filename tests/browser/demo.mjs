// @ts-check
// The demo's stage, set by `cargo xtask demo`: the stand-in for openrouter.ai, a browser with the extension, and the demo chat, whose
// every other call fails. With --pictures it plays the scene itself, by the real pointer, and ends; else the person does, and closes the window.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Card } from './lib/card.mjs';
import { Driver, running } from './lib/browsers.mjs';
import { Mock } from './lib/mock.mjs';
import { until } from './lib/wait.mjs';

const option = /** @type {const} */ ({ type: 'string', default: '' });
const { values } = parseArgs({ options: { browser: option, extension: option, mock: option, site: option, pictures: option } });
const browserName = values.browser === 'firefox' ? 'firefox' : 'chromium';
const [host = '', folder = ''] = values.site.split('=');
const alone = values.pictures !== '';

/** The key that the demo chat sends names the conversation. */
const CONVERSATION = 'demo';
/** Enough for a long afternoon: the shared pool is full, then it answers. */
const ANSWERS = Array.from({ length: 100 }, () => [{ preset: 'seed429' }, { good: true }]).flat();

/** @type {Mock | null} */ let mock = null;
/** @param {number} code @returns {never} */
const end = (code) => {
  for (const driver of running) {
    // Its profile may still be written to; xtask removes what is left.
    try { driver.kill(); } catch { /* gone, or nearly */ }
  }
  mock?.stop();
  process.exit(code);
};
process.on('SIGINT', () => end(130));
process.on('SIGTERM', () => end(143));

let scene = 0;
/** @param {import('puppeteer-core').Page} page @param {string} name @param {string} what */
const picture = async (page, name, what) => {
  scene++;
  const path = /** @type {`${string}.png`} */ (join(values.pictures, `${browserName}-${scene}-${name}.png`));
  await page.screenshot({ path });
  console.log(`  ${scene}. ${what}\n     ${path}`);
};

/** A picture of a card that is still fading in shows nobody anything. @param {Card} card */
const still = (card) => until('the card stands still', () => card.read((root) => root.getAnimations().every((one) => one.playState !== 'running')));

/** @param {Mock} stage @param {Driver} driver @param {import('puppeteer-core').Page} page */
const play = async (stage, driver, page) => {
  mkdirSync(values.pictures, { recursive: true });
  await picture(page, 'chat', 'a chat that talks to OpenRouter');

  await page.click('#send');
  await until('the message is sent', async () => (await stage.log(CONVERSATION)).length > 0);
  const card = await Card.on(driver, page);
  await card.reaches('held');
  await still(card);
  await picture(page, 'card', `the call failed, and the chat does not know it yet: "${await card.text('#title')}"`);

  await card.click('#details summary');
  await still(card);
  await picture(page, 'details', 'what is known of the failure');
  await card.click('#details summary');

  await card.click('#retry');
  await card.reaches('answered');
  const answer = await until('the chat shows the whole answer', () => page.evaluate(() => (
    document.querySelector('#send:disabled') === null ? /The answer to: .*/.exec(document.body.innerText)?.[0] : null)));
  await still(card);
  await picture(page, 'answered', `one click later the answer is in the chat: "${answer}"`);

  await Card.gone(page);
  await picture(page, 'after', 'and the card has gone by itself');
  const sent = await stage.log(CONVERSATION);
  if (sent.length !== 2 || sent[0]?.body !== sent[1]?.body) throw new Error(`the request should have been sent twice, the same; it was sent ${sent.length} times`);
};

try {
  mock = await Mock.start(values.mock, { sites: { [host]: folder } });
  await mock.script(CONVERSATION, ANSWERS);
  const driver = await Driver.start(browserName, { mock, extension: values.extension, headed: !alone });
  // The worker registers the scripts right after the install; a page that is opened before would have none.
  const inside = await driver.openExtensionPage('card.html');
  await until('the extension is on', () => inside.evaluate(async () => (await chrome.scripting.getRegisteredContentScripts()).length > 0));
  // Wide enough for the chat and the card beside it; a person's window is as large as it is.
  const page = await driver.newPage({ width: 1440, height: 810 });
  if (!alone) await page.setViewport(null);
  for (const other of await page.browser().pages()) if (other !== page) await other.close();
  await page.goto(`https://${host}/demo.html?real`);
  await page.click('#prompt');
  await page.keyboard.type('Why is the sky blue?');
  if (alone) await play(mock, driver, page).catch(async (error) => { await picture(page, 'stopped', 'here it stopped'); throw error; });
  else await new Promise((resolve) => { page.browser().once('disconnected', resolve); page.once('close', resolve); });
  end(0);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  end(1);
}
