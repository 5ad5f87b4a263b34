// @ts-check
// The history page, which is also what stands beside the page: what failed and what became of it, as a list, as pictures, as a file. The
// newest failures are shown before the rest is read; everything after that happens in memory. And a box that explains a pasted failure.

import { mountDecoder } from './decoder.js';
import { byHour, byName, byStretch, fitting, stretches, sum, toCsv, toJson } from './history-stats.js';
import { clear, newest, older, openHistory, prune, putBack, readKept, setAside, startAnew, troubleOf } from './history-store.js';
import { part } from './part.js';
import { HISTORY_DAYS, loadSettings } from './settings.js';
import { CLOCK, loadWords } from './words.js';

/** @typedef {import('./history-store.js').Kept} Kept */
/** @typedef {import('./history-stats.js').Count} Count */
/** @typedef {import('./history-stats.js').Name} Name */

const { api, fill, openBeside } = cooldownCompat;
const DAY_MS = 86_400_000, AT_FIRST = 200, PAGE = 25, MOST_NAMES = 8, LEAST_COLUMNS = 14;

const search = part('search', HTMLInputElement), days = part('days', HTMLSelectElement), undo = part('undo', HTMLButtonElement), list = part('list', HTMLOListElement);
/** @type {[Name, HTMLSelectElement][]} */
const choices = (/** @type {const} */ (['site', 'kind', 'provider', 'model'])).map((name) => [name, part(name, HTMLSelectElement)]);

/** Older ones go with the next failure. @param {import('./settings.js').Settings} settings */
const oldestOf = ({ history: { days: kept } }) => (kept === null ? 0 : Date.now() - kept * DAY_MS);
const asked = loadSettings();
/** Begins before anything else: the words take as long. */
const first = Promise.all([openHistory(), asked]).then(async ([db, settings]) => ({ db, values: await newest(db, oldestOf(settings), AT_FIRST) }));
first.catch(() => {}); // said in `load`
const [{ lang, dir, words }, settings] = await Promise.all([loadWords(), asked]);
/** @param {string} key @param {Record<string, string>} [args] */
const say = (key, args = {}) => fill(words[key] ?? '', args);
Object.assign(document.documentElement, { lang, dir });
for (const element of document.querySelectorAll('[data-i18n]')) element.textContent = say(element.getAttribute('data-i18n') ?? '');

const number = new Intl.NumberFormat(lang), percent = new Intl.NumberFormat(lang, { style: 'percent' }), dayCount = new Intl.NumberFormat(lang, { style: 'unit', unit: 'day', unitDisplay: 'long' });
/** Of another year, that is said. @type {Intl.DateTimeFormatOptions} */
const short = { month: 'short', day: 'numeric', ...CLOCK };
const moment = new Intl.DateTimeFormat(lang, short), longAgo = new Intl.DateTimeFormat(lang, { ...short, year: 'numeric' }), thisYear = new Date(new Date().getFullYear(), 0).getTime();
const date = new Intl.DateTimeFormat(lang, { dateStyle: 'medium' }), hour = new Intl.DateTimeFormat(lang, { ...CLOCK, minute: undefined });

/** The sentence of this key, or its form that names nothing. @param {string} key @param {Kept | null} one */
const naming = (key, one) => {
  const text = words[key] ?? '', needed = [...text.matchAll(/\$(\w+)\$/g)].map(([, name]) => name);
  const has = one !== null && needed.every((name) => (name === 'provider' || name === 'model') && one[name] !== null);
  return needed.length === 0 || has ? say(key, { provider: one?.provider ?? '', model: one?.model ?? '' }) : words[`${key}_plain`] ?? '';
};
/** @param {string} kind */
const titleOf = (kind) => naming(`${kind}_title`, null);

/** @param {string} tag @param {Record<string, string>} [set] @param {(Node | string)[]} children */
const make = (tag, set = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
/** What no language changes. @param {string} text */
const plain = (text) => make('bdi', { dir: 'ltr' }, text);

// ---- what is known, and what of it is shown

/** In order of time. @type {Kept[]} */
let all = [];
/** @type {Kept[]} */
let shown = [];
let whole = false, page = 0;
const oldest = oldestOf(settings);

const from = () => (days.value === '' ? 0 : Date.now() - Number(days.value) * DAY_MS);
const choose = () => {
  shown = fitting(all, from(), Object.fromEntries(choices.map(([name, { value }]) => [name, value])), search.value, titleOf);
  page = 0;
  draw();
};

/** The names that there are, each once. */
const fillChoices = () => {
  for (const [name, select] of choices) {
    const names = new Set(all.map((one) => one[name]));
    names.delete(null);
    if (names.size + 1 === select.options.length) continue;
    const { value } = select, said = [...names].map((it) => [it ?? '', name === 'kind' ? titleOf(it ?? '') : it ?? '']);
    said.sort(([, a = ''], [, b = '']) => a.localeCompare(b, lang));
    select.replaceChildren(new Option(say('history_any'), ''), ...said.map(([it = '', text = '']) => new Option(text, it)));
    select.value = value;
  }
};

// ---- the list

/** @param {Kept} one */
const became = ({ outcome, tries }) => (outcome === 'answered' ? say('card_answered_on', { count: number.format(tries) }) : say(`history_${outcome}`));
/** As the card said it. @param {number} seconds */
const lasting = (seconds) => {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 90) return say('wait_seconds', { count: number.format(Math.ceil(seconds)) });
  if (seconds < 3_600) return say('wait_minutes', { count: number.format(minutes) });
  if (seconds < 172_800) return say('wait_hours', { hours: number.format(Math.floor(minutes / 60)), minutes: number.format(minutes % 60) });
  return say('wait_days', { count: number.format(Math.ceil(seconds / 86_400)) });
};
/** @param {Kept} one */
const row = (one) => {
  const { at_ms, site, kind, limit_owner, model, status, wait_s, outcome } = one;
  const owner = limit_owner === 'none' || limit_owner === 'unknown' ? '' : naming(`owner_${limit_owner}`, one);
  const facts = [site === 'file:' ? say('popup_disk') : plain(site), model === null ? '' : plain(model), owner, status === null || status === 0 ? '' : number.format(status),
    wait_s === null ? '' : say('history_wait', { wait: lasting(wait_s) })].filter((fact) => fact !== '');
  return make('li', {},
    make('time', { datetime: new Date(at_ms).toISOString() }, (at_ms < thisYear ? longAgo : moment).format(at_ms)),
    make('p', { class: 'what' }, make('b', {}, naming(`${kind}_title`, one)), ' ', make('span', { class: 'soft' }, ...facts.flatMap((fact, n) => (n === 0 ? [fact] : [' · ', fact])))),
    make('p', { class: 'became', 'data-outcome': outcome }, became(one)));
};

const drawList = () => {
  const end = shown.length - page * PAGE, rows = shown.slice(Math.max(0, end - PAGE), end).reverse();
  list.replaceChildren(...rows.map(row));
  const { failed, cured } = sum(shown);
  part('count', HTMLElement).textContent = !whole ? '' : failed === 0 ? say('history_none') : say('history_sum', { failed: number.format(failed), cured: number.format(cured), share: percent.format(cured / failed) });
  part('none', HTMLElement).hidden = !whole || failed > 0;
  part('pages', HTMLElement).hidden = shown.length <= PAGE || !whole;
  part('newer', HTMLButtonElement).disabled = page === 0;
  part('older', HTMLButtonElement).disabled = end <= PAGE;
  part('range', HTMLElement).textContent = say('history_range', { from: number.format(page * PAGE + 1), to: number.format(page * PAGE + rows.length), all: number.format(shown.length) });
};
/** @param {number} step */
const turn = (step) => {
  page += step;
  drawList();
  const { activeElement } = document;
  if (activeElement instanceof HTMLButtonElement && activeElement.disabled) part(step > 0 ? 'newer' : 'older', HTMLButtonElement).focus(); // not lost at the last page
  part('failures', HTMLElement).scrollIntoView({ block: 'start' });
};

// ---- pictures: what a row of the table behind them says, drawn

const SVG = 'http://www.w3.org/2000/svg';
/** @param {string} tag @param {Record<string, string | number>} set @param {Node[]} children */
const drawn = (tag, set, ...children) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(set)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
};
/** @param {Count} count */
const share = ({ failed, cured }) => (failed === 0 ? '' : `${number.format(cured)} (${percent.format(cured / failed)})`);

/** @typedef {{name: string | Node, text: string, count: Count}} Bar */
/** @param {string} first @param {Bar[]} bars */
const table = (first, bars) => make('table', {},
  make('thead', {}, make('tr', {}, ...[first, say('history_failed'), say('history_cured')].map((text) => make('th', { scope: 'col' }, text)))),
  make('tbody', {}, ...bars.map(({ name, count }) => make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, number.format(count.failed)), make('td', {}, share(count))))));

/** Columns over time. Which tables stand open is the person's. @type {Set<string>} */
const open = new Set();
/** @param {string} key @param {Bar[]} bars */
const columns = (key, bars) => {
  const most = Math.max(1, ...bars.map(({ count }) => count.failed)), top = 100;
  // A few days are columns too, and not one wall: they stand at the end, where today is.
  const places = Math.max(LEAST_COLUMNS, bars.length), first = places - bars.length;
  const picture = drawn('svg', { viewBox: `0 0 ${places} ${top}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${say(key)}: ${bars[0]?.text ?? ''} – ${bars.at(-1)?.text ?? ''}` },
    ...bars.flatMap(({ text, count: { failed, cured } }, n) => {
      const title = drawn('title', {});
      title.textContent = `${text}: ${say('history_sum', { failed: number.format(failed), cured: number.format(cured), share: failed === 0 ? '' : percent.format(cured / failed) })}`;
      const well = cured / most * top, ill = (failed - cured) / most * top;
      return failed === 0 ? [] : [drawn('g', {}, title,
        drawn('rect', { class: 'cured', x: first + n + .12, width: .76, y: top - well, height: well }), drawn('rect', { class: 'failed', x: first + n + .12, width: .76, y: top - well - ill, height: ill }))];
    }));
  const behind = make('details', { class: 'behind' }, make('summary', {}, say('history_table')));
  const fillTable = () => { if (behind.childElementCount === 1) behind.append(table(say('history_days'), bars.filter(({ count }) => count.failed > 0))); };
  /** @type {HTMLDetailsElement} */ (behind).open = open.has(key);
  if (open.has(key)) fillTable();
  behind.addEventListener('toggle', () => {
    if (/** @type {HTMLDetailsElement} */ (behind).open) { open.add(key); fillTable(); } else open.delete(key);
  });
  return make('figure', {}, make('figcaption', {}, say(key)), make('p', { class: 'most soft' }, number.format(most)), picture,
    make('p', { class: 'axis soft' }, make('span', {}, first > 0 ? '' : bars[0]?.text ?? ''), make('span', {}, bars.at(-1)?.text ?? '')), behind);
};
/** Who failed how often: the table itself, with a bar in each row. @param {'provider' | 'model'} name @param {string} key */
const names = (name, key) => {
  const counts = byName(shown, name), most = counts[0]?.failed ?? 1;
  if (counts.length === 0) return [];
  const bars = counts.slice(0, MOST_NAMES).map((count) => ({ name: plain(count.name), text: count.name, count }));
  const rows = table(say(`detail_${name}`), bars);
  for (const [n, tr] of [...rows.querySelectorAll('tbody tr')].entries()) {
    const { failed = 0, cured = 0 } = counts[n] ?? {};
    tr.firstElementChild?.append(drawn('svg', { viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      drawn('rect', { class: 'cured', x: 0, y: 0, height: 1, width: cured / most * 100 }), drawn('rect', { class: 'failed', x: cured / most * 100, y: 0, height: 1, width: (failed - cured) / most * 100 })));
  }
  return [make('figure', {}, make('figcaption', {}, say(key)), rows)];
};

const drawPictures = () => {
  const pictures = part('pictures', HTMLElement), first = shown[0], last = shown.at(-1);
  part('adds-up', HTMLElement).hidden = first === undefined;
  if (first === undefined || last === undefined) { pictures.replaceChildren(); return; }
  const starts = stretches(Math.max(from(), first.at_ms), Math.max(Date.now(), last.at_ms));
  const perDay = byStretch(shown, starts).map((count, n) => ({ text: date.format(starts[n]), name: date.format(starts[n]), count }));
  const perHour = byHour(shown).map((count, n) => {
    const text = hour.format(new Date(2026, 0, 1, n));
    return { text, name: text, count };
  });
  pictures.replaceChildren(
    make('p', { class: 'legend soft' }, make('span', { class: 'cured' }, say('history_cured')), make('span', { class: 'failed' }, say('history_not_cured'))),
    columns('history_per_day', perDay), ...names('provider', 'history_by_provider'), ...names('model', 'history_by_model'), columns('history_per_hour', perHour));
};

const draw = () => {
  drawList();
  if (whole) drawPictures();
};

// ---- what was done last

/** @type {(() => Promise<unknown>) | null} */
let back = null;
/** @param {string} key @param {(() => Promise<unknown>) | null} [way] how it is undone */
const tell = (key, way = null) => {
  back = way;
  part('said', HTMLElement).firstElementChild?.replaceChildren(say(key));
  undo.hidden = way === null;
};
undo.addEventListener('click', async () => {
  const way = back;
  tell('options_undone');
  await way?.();
});
/** @param {string} key @param {Record<string, string>} [args] */
const warn = (key, args) => {
  const trouble = part('trouble', HTMLElement);
  trouble.hidden = false;
  trouble.firstElementChild?.replaceChildren(say(key, args));
};

/** Something is there, or nothing yet. */
const settle = () => {
  part('empty', HTMLElement).hidden = all.length > 0;
  part('there', HTMLElement).hidden = all.length === 0;
  fillChoices();
  choose();
};

// ---- reading

/** @type {unknown[]} what was read and is no record of ours */
const wrong = [];
/** @param {readonly unknown[]} values @returns {Kept[]} */
const understood = (values) => values.flatMap((value) => {
  const one = readKept(value);
  if (one === null) wrong.push(value);
  return one ?? [];
});

const load = async () => {
  const { db, values: read } = await first, { at_ms: before = null } = /** @type {{at_ms?: IDBValidKey}} */ (read[0] ?? {});
  try {
    all = understood(read);
    whole = read.length < AT_FIRST;
    settle();
    requestAnimationFrame(() => setTimeout(() => performance.mark('rows'))); // for tests/browser/history-bench.mjs
    if (!whole && before !== null) {
      const last = all;
      all = [];
      for await (const values of older(db, oldest, before)) all.push(...understood(values));
      all.push(...last);
      whole = true;
      settle();
    }
    performance.mark('whole');
    document.querySelector('main')?.removeAttribute('aria-busy');
    if (wrong.length > 0) warn('history_aside', { count: number.format(await setAside(db, wrong)) });
    await prune(db, oldest);
  } finally { db.close(); }
};

/** @param {import('./history-store.js').Trouble} trouble */
const onTrouble = (trouble) => {
  warn(api.extension.inIncognitoContext ? 'history_private' : trouble === 'newer' ? 'history_newer_version' : trouble === 'full' ? 'history_full' : 'history_broken');
  part('anew', HTMLButtonElement).hidden = trouble !== 'broken' || api.extension.inIncognitoContext;
  document.querySelector('main')?.removeAttribute('aria-busy');
};
/** @param {() => Promise<unknown>} act */
const attempt = async (act) => {
  try { await act(); } catch (error) { onTrouble(troubleOf(error)); }
};
/** @param {(db: IDBDatabase) => Promise<unknown>} act */
const change = (act) => attempt(async () => {
  const db = await openHistory();
  try { await act(db); } finally { db.close(); }
});

// ---- what the person does

for (const [value, text] of [...HISTORY_DAYS.map((count) => [String(count), dayCount.format(count)]), ['', say('history_any')]]) days.append(new Option(text, value, false, value === '30'));
for (const [, select] of choices) select.append(new Option(say('history_any'), ''));
for (const control of [search, days, ...choices.map(([, select]) => select)]) control.addEventListener('input', choose);
part('filters', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
part('all', HTMLButtonElement).addEventListener('click', () => {
  for (const control of [search, days, ...choices.map(([, select]) => select)]) control.value = '';
  choose();
  search.focus();
});
part('newer', HTMLButtonElement).addEventListener('click', () => turn(-1));
part('older', HTMLButtonElement).addEventListener('click', () => turn(1));

/** @param {string} name @param {string} type @param {string} text */
const save = (name, type, text) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};
part('csv', HTMLButtonElement).addEventListener('click', () => save('cooldown-history.csv', 'text/csv;charset=utf-8', toCsv(shown)));
part('json', HTMLButtonElement).addEventListener('click', () => save('cooldown-history.json', 'application/json', toJson(shown)));
part('clear', HTMLButtonElement).addEventListener('click', () => change(async (db) => {
  const before = await clear(db);
  all = [];
  settle();
  tell('history_cleared', () => change(async (again) => {
    await putBack(again, before);
    all = before.concat(all);
    settle();
  }));
}));
part('anew', HTMLButtonElement).addEventListener('click', () => attempt(async () => {
  await startAnew();
  await api.storage.session.remove('history_trouble');
  location.reload();
}));

/** @type {Promise<import('./decoder.js').Core> | undefined} */
let core;
const needCore = () => (core ??= Promise.all([import('./core/core.js'), import('./load-core.js')]).then(async ([{ mount_card }, { judgeText, loadCore }]) => {
  await loadCore();
  return { judgeText, mount_card };
}));
mountDecoder({ form: part('form', HTMLFormElement), text: part('text', HTMLTextAreaElement), place: part('card-place', HTMLElement) }, needCore, (which) => {
  part('nothing', HTMLElement).hidden = which === null;
  part('nothing', HTMLElement).textContent = which === null ? '' : say({ empty: 'www_empty', silent: 'www_silent', failed: 'www_failed' }[which]);
});

const isBeside = location.search === '?beside';
document.documentElement.toggleAttribute('data-beside', isBeside);
if (openBeside !== null && !isBeside) {
  const button = part('beside', HTMLButtonElement);
  let windowId = 0; // known before the click, in which nothing may be awaited
  api.windows.getCurrent().then(({ id = 0 }) => { windowId = id; });
  button.hidden = false;
  button.addEventListener('click', () => openBeside(windowId));
}
api.storage.onChanged.addListener(({ language }, area) => { if (area === 'local' && language !== undefined) location.reload(); });

// ---- begin

const loading = attempt(load);
new BroadcastChannel('history').addEventListener('message', async ({ data }) => {
  await loading;
  const one = readKept(data?.failure), after = one === null ? -1 : all.findLastIndex(({ at_ms }) => at_ms <= one.at_ms);
  if (one === null || all[after]?.at_ms === one.at_ms) return; // it was read already
  all = all.toSpliced(after + 1, 0, one);
  settle();
});
await loading;
const { history_trouble: trouble } = await api.storage.session.get('history_trouble');
if (trouble === 'full' || trouble === 'newer' || trouble === 'broken') onTrouble(trouble);
else if (!settings.history.on) warn('history_off');
