// @ts-check
// Pictures of every screen in every look, for eyes to judge: set up by `cargo xtask screens`. A new screen is one line of SCREENS.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Card } from './lib/card.mjs';
import { Driver, running } from './lib/browsers.mjs';
import { seed } from './lib/history.mjs';
import { Mock } from './lib/mock.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {{name: string, dark?: boolean, lang?: string, width: number, text?: number}} Look */

const option = /** @type {const} */ ({ type: 'string', default: '' });
const { values } = parseArgs({ options: { extension: option, mock: option, www: option, pages: option, out: option, only: option } });

/** The demo chat's host, where the extension is allowed; and one where it is not. */
const HOST = 'demo.example', ELSEWHERE = 'elsewhere.example';
const HEIGHT = 800;

/** @type {Look[]} */
const LOOKS = [
  { name: 'light', width: 1100 },
  { name: 'dark', width: 1100, dark: true },
  { name: 'rtl', width: 1100, lang: 'ar' },
  { name: '320px', width: 320 },
  { name: 'text-200', width: 640, text: 200 },
];

/** Text as large as the person set it. @param {Page | import('puppeteer-core').Frame} where @param {Look} look */
const enlarge = (where, { text = 100 }) => where.evaluate((percent) => { document.documentElement.style.fontSize = `${percent}%`; }, text);

/** One browser in one look, and what can be opened in it. */
class Stage {
  /** @type {Page[]} */ #pages = [];

  /** @param {Driver} driver @param {Mock} mock @param {Look} look */
  constructor(driver, mock, look) {
    this.driver = driver;
    this.mock = mock;
    this.look = look;
  }

  /** @param {string} url @param {Record<string, string>} [query] @param {boolean} [ours] it speaks our languages */
  async web(url, query = {}, ours = true) {
    const page = await this.driver.newPage({ width: this.look.width, height: HEIGHT });
    this.#pages.push(page);
    await page.goto(`https://${url}?${new URLSearchParams({ ...query, ...(this.look.lang === undefined ? {} : { lang: this.look.lang }) })}`);
    await until('it speaks the language', () => page.evaluate((lang) => document.readyState === 'complete' && (lang === undefined || document.documentElement.lang === lang), ours ? this.look.lang : undefined));
    await enlarge(page, this.look);
    return page;
  }

  /** @param {string} path of the extension */
  async own(path) {
    const page = await this.driver.openExtensionPage(path);
    this.#pages.push(page);
    await page.setViewport({ width: this.look.width, height: HEIGHT });
    await until('its words', () => page.evaluate((lang) => document.documentElement.lang === lang && document.documentElement.dir !== '' && document.querySelector('[aria-busy="true"]') === null, this.look.lang ?? 'en'));
    await enlarge(page, this.look);
    return page;
  }

  /** The demo chat, whose call fails so. @param {import('./lib/mock.mjs').Answer} answer @param {(card: Card) => Promise<unknown>} [then] */
  async card(answer, then = async () => {}) {
    await this.mock.script('demo', [answer, { good: true }]);
    const page = await this.web(`${HOST}/demo.html`, { real: '' });
    await page.bringToFront();
    await page.click('#prompt');
    await page.keyboard.type('Why is the sky blue?');
    await page.keyboard.press('Enter');
    const card = await Card.on(this.driver, page);
    const frame = await card.inFrame();
    if (frame !== null) await enlarge(frame, this.look);
    await still(card);
    await then(card);
    await still(card);
    return page;
  }

  /** The words of this look. @param {string} key */
  say(key) {
    const file = join(values.extension, '_locales', this.look.lang ?? 'en', 'messages.json');
    return /** @type {string} */ (JSON.parse(readFileSync(file, 'utf8'))[key].message);
  }

  /** The plain chat, whose account and pools are these. @param {object} world @param {Record<string, string>} [setup] */
  async chat(world, setup = {}) {
    await this.mock.world('plain', world);
    const page = await this.web(`${HOST}/plain/chat.html`, { conversation: 'plain', ...setup }, false);
    await page.bringToFront();
    await page.click('#prompt');
    await page.keyboard.type('Why is the sky blue?');
    await page.click('#send');
    return page;
  }

  /** Its card. @param {object} world @param {Record<string, unknown>} more of the request @param {(card: Card) => Promise<unknown>} [then] */
  async rescue(world, more, then = async () => {}) {
    const page = await this.chat(world, { with: JSON.stringify(more) }), card = await Card.on(this.driver, page), frame = await card.inFrame();
    if (frame !== null) await enlarge(frame, this.look);
    await still(card);
    await then(card);
    await still(card);
    return page;
  }

  /** Its strip, and what is pressed on it by its words: its root is closed, but not to who uses a screen reader. @param {object} world @param {...string} keys */
  async strip(world, ...keys) {
    const page = await this.chat(world, { csp: 'sandbox allow-scripts allow-forms' });
    for (const key of keys) {
      const button = page.locator(`aria/${this.say(key)} ${this.say('price_free')}`);
      await button.wait();
      await pause(600); // a strip that has just come hears nothing
      await button.click({ delay: 30 });
    }
    await until('the host', async () => await Card.count(page) === 1);
    await pause(1_200); // until the frame has had its time, or the list has come
    return page;
  }

  /** The popup over the tab of a site. @param {string} host */
  async popup(host) {
    const site = await this.web(`${host}/${host === HOST ? 'demo' : 'chat'}.html`, { real: '' }, host === HOST);
    // Where it is not allowed, its button shows it the address of the tab.
    const extension = (await site.browser().extensions()).get(this.driver.id);
    if (extension !== undefined) await site.triggerExtensionAction(extension);
    const page = await this.driver.openExtensionPage('popup.html');
    this.#pages.push(page);
    await page.setViewport({ width: Math.min(360, this.look.width), height: HEIGHT });
    const tab = await until('its tab', () => page.evaluate(async (start) => (await chrome.tabs.query({})).find(({ url }) => url?.startsWith(start))?.id, `https://${host}/`));
    await page.evaluate((id) => { location.hash = String(id); location.reload(); }, tab);
    await until('the popup has its state', () => page.evaluate(() => document.readyState === 'complete' && document.querySelector('[aria-busy="true"]') === null && document.querySelectorAll('button').length > 0));
    await enlarge(page, this.look);
    return page;
  }

  async clear() {
    for (const page of this.#pages) await page.close().catch(() => {});
    this.#pages = [];
  }
}

/** A picture of what still moves shows nobody anything. @param {Card} card */
const still = (card) => until('the card stands still', async () => {
  const before = await card.rect('#card').then(JSON.stringify);
  await pause(150);
  return before === await card.rect('#card').then(JSON.stringify);
});
/** @param {Card} card */
const open = (card) => card.read((root) => { /** @type {HTMLElement} */ (root.querySelector('#details summary')).click(); });
/** @param {Page} page @param {string} text */
const paste = async (page, text) => {
  await page.evaluate((value) => { /** @type {HTMLTextAreaElement} */ (document.getElementById('text')).value = value; }, text);
  await page.click('#form button');
  await until('the card', () => page.evaluate(() => document.querySelector('#card-place .card')?.checkVisibility()));
  return page;
};
const PASTED = '{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0"},"limit_source":"openrouter_free_tier_daily"}}}';

/** Four weeks of failures. */
const MADE = Array.from({ length: 60 }, (_, n) => ({
  at_ms: Date.now() - n * n * 650_000 - 60_000, site: ['chat.example', 'openrouter.ai', 'localhost'][n % 3] ?? '', kind: n % 5 === 4 ? 'free_per_day' : n % 7 === 6 ? 'provider_overloaded' : 'upstream_rate_limit',
  limit_owner: n % 5 === 4 ? 'free_tier' : n % 7 === 6 ? 'provider' : 'shared_pool', provider: n % 5 === 4 ? null : ['Cerebras', 'Together', 'Cerebras', 'Google AI Studio'][n % 4] ?? null,
  model: ['qwen/qwen3-coder:free', 'openai/gpt-oss-120b', 'z-ai/glm-4.6'][n % 3] ?? null, status: 429, wait_s: n % 4 === 0 ? 17 : null, tries: n % 3 === 0 ? 1 : 2,
  outcome: /** @type {import('./lib/history.mjs').Kept['outcome']} */ (n % 5 === 4 ? 'explained' : n % 3 === 0 ? 'given_up' : 'answered'),
}));

const POOLS = { providers: ['Cerebras', 'Together', 'DeepInfra'], busy: ['Cerebras'] };

/** A name, what opens it, and whether the whole page is shown or what fits the window. @type {[string, (stage: Stage) => Promise<Page>, whole?: true][]} */
const SCREENS = [
  ['card: a full pool', (s) => s.card({ preset: 'seed429' })],
  ['card: details', (s) => s.card({ preset: 'seed429' }, open)],
  ['card: a stated wait', (s) => s.card({ preset: 'pool429_17s' })],
  ['card: armed', (s) => s.card({ preset: 'pool429_17s' }, async (card) => { await card.click('#retry'); await card.reaches('armed'); })],
  ['card: answered', (s) => s.card({ preset: 'seed429' }, async (card) => { await card.click('#retry'); await card.reaches('answered'); })],
  ['card: own key', (s) => s.card({ preset: 'byok429' })],
  ['card: free requests of the day', (s) => s.card({ preset: 'free_day429' })],
  ['card: credits', (s) => s.card({ preset: 'afford402' })],
  ['card: key', (s) => s.card({ preset: 'auth401' })],
  ['card: overloaded', (s) => s.card({ preset: 'overloaded503' })],
  // Each way out, as the account and the pools of the stand-in call for it.
  ['card: skip a provider', (s) => s.rescue(POOLS, {})],
  ['card: who else serves it', (s) => s.rescue(POOLS, {}, async (card) => { await card.press(s.say('remedy_providers')); await until('the list', () => card.text('.offer')); })],
  ['card: bound to a provider', (s) => s.rescue(POOLS, { provider: { only: ['cerebras'], allow_fallbacks: false } })],
  ['card: bound to who does not serve it', (s) => s.rescue({ ...POOLS, busy: [] }, { provider: { only: ['groq'] } })],
  ['card: failed three times', (s) => s.rescue(POOLS, {}, async (card) => {
    for (let n = 0; n < 2; n++) { await card.click('#retry'); await card.reaches('failed'); }
    await until('another way is promoted', () => card.text('button.main .label'));
  })],
  ['card: the paid version', (s) => s.rescue({ ...POOLS, free_used_up: true }, { model: 'a/b:free' })],
  ['card: the paid version, its price', (s) => s.rescue({ ...POOLS, free_used_up: true }, { model: 'a/b:free' }, async (card) => {
    await card.press(s.say('remedy_paid_variant'));
    await until('the price', () => card.text('.offer'));
  })],
  ['card: another free model', (s) => s.rescue({ ...POOLS, busy_models: ['a/b:free'] }, { model: 'a/b:free' })],
  ['card: other models', (s) => s.rescue({ ...POOLS, busy_models: ['a/b'], instead: ['z-ai/glm-4.6', 'openai/gpt-oss-120b'] }, { model: 'a/b' })],
  ['card: a shorter answer', (s) => s.rescue({ ...POOLS, busy: [], afford: 900 }, {})],
  ['card: a shorter answer, the key', (s) => s.rescue({ ...POOLS, busy: [], key_affords: 900 }, {})],
  ['card: too long', (s) => s.rescue({ ...POOLS, busy: [], fits: 50 }, {})],
  ['card: my limits', (s) => s.rescue({ ...POOLS, key: { limit: 5, limit_remaining: 0.25, limit_reset: 'monthly' } }, {}, async (card) => {
    await card.press(s.say('remedy_limits'));
    await until('the numbers', () => card.text('.lines'));
  })],
  ['card: the report', (s) => s.rescue(POOLS, {}, async (card) => {
    await open(card);
    await card.read((root) => { const copy = /** @type {HTMLElement} */ (root.querySelector('.copy')); copy.scrollIntoView({ block: 'end' }); });
    await card.click('.copy');
  })],
  ['strip', (s) => s.strip({ ...POOLS })],
  ['strip: who else serves it', (s) => s.strip(POOLS, 'remedy_providers')],
  ['strip: my limits', (s) => s.strip(POOLS, 'remedy_limits')],
  // Last, for it rules what fails there after it.
  ['card: a rule', (s) => s.rescue(POOLS, {}, async (card) => {
    await card.press(s.say('remedy_providers'));
    await until('the list', () => card.read((root) => { const rule = root.querySelector('[data-act="always"]'); rule?.scrollIntoView({ block: 'center' }); return rule !== null; }));
    await card.click('[data-act="always"]');
    await card.reaches('answered');
  })],
  ['popup: on', (s) => s.popup(HOST), true],
  ['popup: off', (s) => s.popup(ELSEWHERE), true],
  // What the cards above left.
  ['history: the first failures', (s) => s.own('history.html'), true],
  ['history: beside the page', (s) => s.own('history.html?beside').then(async (page) => {
    await page.setViewport({ width: Math.min(360, s.look.width), height: HEIGHT });
    return page;
  })],
  ['settings', (s) => s.own('options.html'), true],
  ['history', (s) => s.own('history.html').then(async (page) => {
    await seed(page, MADE);
    return s.own('history.html');
  }), true],
  ['after the installation', (s) => s.own('welcome.html').then(async (page) => {
    await until('the card', () => page.evaluate(() => document.querySelector('#card-place .card')?.checkVisibility()));
    return page;
  }), true],
  ['public page', (s) => s.web(`${HOST}/index.html`), true],
  ['public page: read', (s) => s.web(`${HOST}/index.html`).then((page) => paste(page, PASTED))],
  ['public page: gallery', (s) => s.web(`${HOST}/index.html`).then(async (page) => {
    await page.click('#gallery summary');
    await until('the list', () => page.evaluate(() => document.querySelectorAll('#kinds button').length > 10));
    await page.evaluate(() => document.getElementById('gallery')?.scrollIntoView());
    return page;
  })],
  ['demo: simulated', (s) => s.web(`${HOST}/demo.html`).then(async (page) => {
    await page.click('#send');
    await until('the card', () => page.evaluate(() => document.querySelector('#card-place .card')?.checkVisibility()));
    return page;
  })],
];

/** For the stores: the real product in its own light. @type {[string, (stage: Stage) => Promise<Page>][]} */
const STORE = [
  ['1-card', (s) => s.card({ preset: 'seed429' })],
  ['2-wait', (s) => s.card({ preset: 'pool429_17s' }, async (card) => { await card.click('#retry'); await card.reaches('armed'); })],
  ['3-answered', (s) => s.card({ preset: 'seed429' }, async (card) => { await card.click('#retry'); await card.reaches('answered'); })],
  ['4-details', (s) => s.card({ preset: 'free_day429' }, open)],
  ['5-paste', (s) => s.web(`${HOST}/index.html`).then((page) => paste(page, PASTED))],
];
/** Wide enough for the chat and the card beside it, and made smaller: stores take 1280 by 800. */
const STORE_LOOK = { name: 'store', width: 1440 }, STORE_HEIGHT = 900, STORE_SCALE = 1280 / 1440;
/** What README shows: of the first of these, the card and a little around it. */
const CARD_CLIP = { x: STORE_LOOK.width - 740, y: 0, width: 740, height: 568 };

/** The public page, and beside it the pages of the tests. */
const site = mkdtempSync(join(tmpdir(), 'cooldown-screens-'));
/** @type {Mock | null} */ let mock = null;
/** @param {number} code @returns {never} */
const end = (code) => {
  for (const driver of running) driver.kill();
  mock?.stop();
  rmSync(site, { recursive: true, force: true });
  process.exit(code);
};
process.on('SIGINT', () => end(130));
process.on('SIGTERM', () => end(143));

/** @param {Look} look @param {(stage: Stage) => Promise<void>} use */
const within = async (look, use) => {
  const driver = await Driver.start('chromium', { mock: /** @type {Mock} */ (mock), extension: values.extension, dark: look.dark === true });
  const inside = await driver.openExtensionPage('popup.html');
  await until('the extension is on', () => inside.evaluate(async () => (await chrome.scripting.getRegisteredContentScripts()).length > 0));
  if (look.lang !== undefined) await inside.evaluate((language) => chrome.storage.local.set({ language }), look.lang);
  for (const page of await inside.browser().pages()) if (page !== inside) await page.close(); // the page after the installation
  await use(new Stage(driver, /** @type {Mock} */ (mock), look));
  await driver.stop();
};

/** @param {string} name */
const fileOf = (name) => `${name.replace(/[^a-z0-9]+/g, '-')}.png`;
/** @param {string} text */
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** All beside each other. @param {[string, string][]} missing */
const sheet = (missing) => `<!doctype html><meta charset="utf-8"><title>Cooldown: every screen</title>
<style>body{font:14px system-ui;margin:24px;background:#8885}table{border-collapse:collapse}th{padding:8px;text-align:start;vertical-align:top;position:sticky;top:0;background:Canvas}td{padding:6px;vertical-align:top}img{display:block;max-width:420px;max-height:700px}</style>
<table><tr><th></th>${LOOKS.map(({ name }) => `<th>${name}</th>`).join('')}</tr>
${SCREENS.map(([name]) => `<tr><th>${escaped(name)}</th>${LOOKS.map((look) => {
    const file = `${look.name}/${fileOf(name)}`;
    return `<td>${missing.some(([at]) => at === file) ? 'none' : `<a href="${file}"><img loading="lazy" src="${file}" alt="${escaped(name)}, ${look.name}"></a>`}</td>`;
  }).join('')}</tr>`).join('\n')}</table>
<h2>For the stores</h2>${STORE.map(([name]) => `<a href="store/${name}.png"><img src="store/${name}.png" alt="${name}"></a>`).join('\n')}
`;

try {
  if (values.only === '') rmSync(values.out, { recursive: true, force: true });
  cpSync(values.www, site, { recursive: true });
  cpSync(values.pages, join(site, 'plain'), { recursive: true });
  mock = await Mock.start(values.mock, { sites: { [HOST]: site, [ELSEWHERE]: values.pages } });
  /** @type {[string, string][]} */
  const failed = [];
  /** @param {Stage} stage @param {string} file @param {(stage: Stage) => Promise<Page>} open @param {boolean} whole */
  const take = async (stage, file, open, whole) => {
    mkdirSync(join(values.out, stage.look.name), { recursive: true });
    try {
      const page = await open(stage);
      if (stage.look === STORE_LOOK) {
        if (file === 'store/1-card.png') await page.screenshot({ clip: CARD_CLIP, path: join(values.out, 'card.png') });
        await page.setViewport({ width: STORE_LOOK.width, height: STORE_HEIGHT, deviceScaleFactor: STORE_SCALE });
      }
      // The driver's own way to take a whole page moves what is written from the right.
      if (whole) {
        await until('the window is as high as the page, which has stopped growing', async () => {
          const height = await page.evaluate(() => Math.ceil(document.body.getBoundingClientRect().height)), { width, height: before } = page.viewport() ?? { width: stage.look.width };
          if (height !== before) await page.setViewport({ width, height });
          return height === before;
        });
      }
      await page.screenshot({ path: /** @type {`${string}.png`} */ (join(values.out, file)) });
      console.log(`  ${file}`);
    } catch (error) {
      failed.push([file, String(error)]);
      console.log(`  ${file}: ${error}`);
    }
    await stage.clear();
  };
  for (const look of LOOKS) {
    const wanted = SCREENS.filter(([name]) => `${look.name}/${fileOf(name)}`.includes(values.only));
    if (wanted.length > 0) await within(look, async (stage) => { for (const [name, open, whole] of wanted) await take(stage, `${look.name}/${fileOf(name)}`, open, whole ?? false); });
  }
  const wanted = STORE.filter(([name]) => `store/${name}.png`.includes(values.only));
  if (wanted.length > 0) await within(STORE_LOOK, async (stage) => { for (const [name, open] of wanted) await take(stage, `store/${name}.png`, open, false); });
  writeFileSync(join(values.out, 'index.html'), sheet(failed));
  console.log(`\n${join(values.out, 'index.html')}`);
  end(failed.length > 0 ? 1 : 0);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  end(1);
}
