// @ts-check
// The popup: is Cooldown on for this tab's site, the switch for it, and what failed on this tab of late. It paints from its own HTML at once;
// the worker's answer fills in the state. The core is loaded when the person opens a failure, or asks about a text, and not before.

import { mountDecoder } from './decoder.js';
import { part } from './part.js';
import { loadSettings, managedSettings, saveSettings } from './settings.js';
import { CLOCK, languageNames, loadWords } from './words.js';

const { api, ask, fill, WIRE } = cooldownCompat;
const { V, isObject, fromRecent } = cooldownProtocol;

const EVERYWHERE = ['https://*/*', 'http://*/*'];

/** @param {string} id @param {boolean} visible */
const show = (id, visible) => { part(id).hidden = !visible; };
/** Of a language that the person chose. @type {Record<string, string>} */
let chosen = {};
/** @param {string} key @param {Record<string, string>} [args] what its placeholders stand for, in the order of their numbers */
const words = (key, args = {}) => (chosen[key] === undefined ? api.i18n.getMessage(key, Object.values(args)) : fill(chosen[key], args));
/** @param {string} lang @param {string} dir */
const speak = (lang, dir) => {
  for (const element of document.querySelectorAll('[data-i18n]')) {
    const text = words(element.getAttribute('data-i18n') ?? '');
    if (text !== '') element.textContent = text;
  }
  Object.assign(document.documentElement, { lang, dir });
};
speak(api.i18n.getUILanguage(), words('@@bidi_dir')); // at once: the browser has these at hand

/** The tab that the popup is about: the one in front, or `popup.html#12` for the tab with that number. */
const findTab = async () => {
  const number = Number(location.hash.slice(1));
  if (Number.isSafeInteger(number) && number > 0) return api.tabs.get(number);
  const [front] = await api.tabs.query({ active: true, currentWindow: true });
  return front;
};

let url = '';
let tab_id = -1;
/** Known before any button shows: a permission must be asked for straight in the click, with nothing awaited. @type {SiteAnswer | null} */
let site = null;
/** What an organisation has set, which no switch here can change. @type {Awaited<ReturnType<typeof managedSettings>>} */
let locked = {};

/** @returns {[state: string, note: string]} the two messages to show */
const reading = () => {
  if (site === null) return ['popup_unknown', 'popup_unknown_note'];
  if (site.state === 'impossible') return ['popup_impossible', 'popup_impossible_note'];
  if (site.disk) return ['popup_off', 'popup_disk_note'];
  if (locked.off?.includes(site.host)) return ['popup_off', 'options_managed'];
  if (site.state === 'off') return ['popup_off', site.granted ? 'popup_hidden_note' : 'popup_off_note'];
  if (site.locked) return ['popup_locked', 'popup_locked_note'];
  if (site.paused_until_ms !== null) return ['popup_paused', 'popup_paused_note'];
  return [site.everywhere ? 'popup_everywhere' : 'popup_on', 'popup_on_note'];
};

const language = () => document.documentElement.lang;
/** @param {number} at_ms */
const time = (at_ms) => new Intl.DateTimeFormat(language(), CLOCK).format(at_ms);

const draw = () => {
  const [state, note] = reading(), paused = site?.paused_until_ms ?? null;
  part('state').textContent = words(state, paused === null ? {} : { time: time(paused) });
  part('state-note').textContent = words(note);
  part('host').textContent = site?.host === 'file:' ? words('popup_disk') : site?.host ?? '';
  const on = site?.state === 'on', off = site?.state === 'off', everywhere = site?.everywhere === true;
  show('again', on && site?.reload === true);
  show('by-itself', on && site?.locked !== true);
  part('by-itself-on', HTMLInputElement).checked = site?.auto === true;
  part('by-itself-on', HTMLInputElement).disabled = 'auto' in locked;
  part('by-itself-note').textContent = words('auto' in locked ? 'options_managed' : 'popup_auto_note');
  show('reminder', site?.ask_notify === true);
  show('allow', off && site?.disk !== true && locked.off?.includes(site?.host ?? '') !== true);
  part('allow').textContent = words(site?.granted === true ? 'options_show_again' : 'popup_allow');
  show('pause', on && site?.locked !== true && paused === null);
  show('resume', on && paused !== null);
  show('switch-off', on && !(everywhere && 'off' in locked));
  show('allow-everywhere', site !== null && !everywhere);
  show('switch-off-everywhere', everywhere);
  const rule = site?.rule ?? null;
  show('rule-box', rule !== null);
  part('rule-says').textContent = rule === null ? '' : words('card_rule', { provider: rule.name, time: time(rule.until_ms) });
  const workers = site?.workers === true;
  show('allow-workers', on && !workers);
  show('switch-off-workers', workers);
  const popup = part('popup');
  popup.dataset.state = site === null ? 'unknown' : on && site.locked ? 'locked' : on && paused !== null ? 'paused' : site.state;
  popup.removeAttribute('aria-busy');
};

/** Why nothing changed; null: it did. @param {'popup_refused' | 'options_not_saved' | null} why */
const refuse = (why) => {
  part('refused').textContent = why === null ? '' : words(why);
  show('refused', why !== null);
};

/** @param {object} message @returns {Promise<unknown>} null where the worker refused or did not answer */
const tell = async (message) => {
  const answer = await ask({ v: V, ...message });
  return isObject(answer) && answer.ok === true ? answer : null;
};

const refresh = async () => {
  site = /** @type {SiteAnswer | null} what the worker answers to `site_state` */ (await tell({ type: 'site_state', url, tab_id }));
  draw();
};

/** Has the worker change something. @param {object} message */
const change = async (message) => {
  const done = await tell(message);
  await refresh();
  refuse(done === null ? 'options_not_saved' : null);
};

/**
 * Asks the browser for hosts, then tells the worker. The browser's own question may close the popup before it is answered; the worker
 * sees the grant all the same (`permissions.onAdded`) and registers the scripts.
 * @param {string[]} origins @param {Omit<SetSite, 'v'> | Omit<SetEverywhere, 'v'>} message
 */
const allow = async (origins, message) => {
  // Asked for once more, what "every site" covers already would put the browser's question again.
  const granted = (site?.granted === true && message.type === 'set_site') || await api.permissions.request({ origins }).catch(() => false);
  refuse(granted ? null : 'popup_refused');
  await (granted ? change(message) : refresh());
};

/** @param {string} id @param {() => unknown} act */
const onClick = (id, act) => { part(id).addEventListener('click', (event) => { if (event.isTrusted) act(); }); };

onClick('allow', () => { if (site?.pattern) allow([site.pattern], { type: 'set_site', url, on: true }); });
onClick('allow-everywhere', () => { allow(EVERYWHERE, { type: 'set_everywhere', on: true }); });
onClick('allow-workers', async () => {
  const granted = await api.permissions.request({ permissions: WIRE }).catch(() => false);
  refuse(granted ? null : 'popup_refused');
  await refresh();
});
onClick('switch-off-workers', async () => { await api.permissions.remove({ permissions: WIRE }).catch(() => false); await refresh(); });
for (const [id, on] of /** @type {const} */ ([['pause', true], ['resume', false]])) {
  onClick(id, async () => {
    await change({ type: 'pause', url, on });
    part(on ? 'resume' : 'pause').focus(); // which took its place
  });
}
onClick('switch-off', () => change({ type: 'set_site', url, on: false }));
onClick('switch-off-everywhere', () => change({ type: 'set_everywhere', on: false }));
part('settings').addEventListener('click', (event) => {
  event.preventDefault(); // a tab that is open already is brought to the front
  api.runtime.openOptionsPage();
  window.close();
});
onClick('end-rule', () => change({ type: 'end_rule', url }));
onClick('by-itself-on', () => change({ type: 'set_auto', url, on: part('by-itself-on', HTMLInputElement).checked }));
onClick('notify', async () => {
  refuse(await api.permissions.request({ permissions: ['notifications'] }).catch(() => false) ? null : 'popup_refused');
  await refresh();
});
onClick('reload', async () => { await api.tabs.reload(tab_id); window.close(); });

// ---- what failed on this tab, on the very card that the page showed

/** One at a time: its parts have names. @type {{close: () => void} | null} */
let open = null;
/** @type {Promise<[typeof import('./core/core.js'), typeof import('./load-core.js')]> | undefined} */
let core;
const loadCore = () => (core ??= Promise.all([import('./core/core.js'), import('./load-core.js')]).then(async (both) => { await both[1].loadCore(); return both; }));

/**
 * @param {HTMLElement} place @param {Verdict} verdict
 * @param {() => void} onClose
 */
const openCard = async (place, verdict, onClose) => {
  open?.close();
  const [{ mount_card }] = await loadCore();
  open?.close(); // two clicks
  // What has to be asked or sent, the page's own card does.
  const shown = { ...verdict, remedies: verdict.remedies.filter(({ asks }) => asks === null) };
  const card = mount_card(place, (/** @type {string} */ action) => { if (action === 'dismiss') open?.close(); });
  card.show({ verdict: shown, phase: 'explained', requests: 1, attempt: 1, site: site?.host ?? '' });
  open = { close: () => { open = null; card.free(); onClose(); } };
};

/** @param {number} at_ms */
const ago = (at_ms) => {
  const minutes = Math.floor((Date.now() - at_ms) / 60_000), format = new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'short' });
  return minutes < 1 ? format.format(0, 'second') : minutes < 60 ? format.format(-minutes, 'minute') : format.format(-Math.floor(minutes / 60), 'hour');
};

/** @param {Recent['failures'][number]} failure */
const failureRow = ({ verdict, at_ms, answered }) => {
  const item = document.createElement('li'), button = document.createElement('button'), name = document.createElement('b'), note = document.createElement('span');
  button.type = 'button';
  button.setAttribute('aria-expanded', 'false');
  name.textContent = verdict.words.title;
  name.dir = 'auto'; // in the language of when it was explained
  note.textContent = answered ? `${words('card_answered')} · ${ago(at_ms)}` : ago(at_ms);
  button.append(name, ' ', note);
  item.append(button);
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-expanded') === 'true') { open?.close(); return; }
    openCard(item, verdict, () => {
      button.setAttribute('aria-expanded', 'false');
      button.focus();
    }).then(() => { button.setAttribute('aria-expanded', 'true'); });
  });
  return item;
};

/** Every frame's bridge keeps its own; nobody else does. */
const drawRecent = async () => {
  const found = tab_id > 0 ? await api.scripting.executeScript({ target: { tabId: tab_id, allFrames: true }, func: () => (typeof cooldownBridge === 'undefined' ? null : cooldownBridge.recent()) }).catch(() => []) : [];
  const frames = found.map(({ result }) => fromRecent(result));
  const failures = frames.flatMap((frame) => frame.failures).sort((a, b) => b.at_ms - a.at_ms).slice(0, 5);
  part('failures').replaceChildren(...failures.map(failureRow));
  show('recent', failures.length > 0);
  const limits = frames.map((frame) => frame.limits).filter((one) => one !== null).sort((a, b) => (b.at_ms ?? 0) - (a.at_ms ?? 0))[0];
  show('limits', limits !== undefined);
  if (limits === undefined) return;
  part('limits-head').textContent = limits.title;
  part('limits-lines').replaceChildren(...limits.lines.map(({ label, value }) => {
    const line = document.createElement('div'), name = document.createElement('dt'), what = document.createElement('dd');
    name.textContent = label;
    what.textContent = value;
    name.dir = what.dir = 'auto';
    line.append(name, what);
    return line;
  }));
  part('limits-read').textContent = words('card_read_at', { time: time(limits.at_ms ?? 0) });
};

// ---- a text that the person has

const decoder = { form: part('paste-form', HTMLFormElement), text: part('paste-text', HTMLTextAreaElement), place: part('paste-card') };
const { clear } = mountDecoder(decoder, async () => { const [{ mount_card }, { judgeText }] = await loadCore(); return { mount_card, judgeText }; }, (which) => {
  const other = open;
  open = which === null ? { close: clear } : null;
  other?.close();
  part('paste-says').textContent = which === null || which === 'empty' ? '' : words({ silent: 'www_silent', failed: 'www_failed' }[which]);
  if (which === null) decoder.place.scrollIntoView({ block: 'nearest' });
});

// ---- the language

const languages = part('language', HTMLSelectElement);
for (const [tag, name] of languageNames()) languages.append(new Option(name, tag));
const speakChosen = async () => {
  const { language: tag } = await loadSettings();
  languages.value = tag ?? '';
  core = undefined; // it gets its words anew
  if (tag === null) {
    chosen = {};
    speak(api.i18n.getUILanguage(), words('@@bidi_dir'));
    return;
  }
  const { lang, dir, words: all } = await loadWords([tag]);
  chosen = all;
  speak(lang, dir);
};
languages.addEventListener('change', async () => {
  const saved = await saveSettings({ language: languages.value === '' ? null : languages.value }).catch(() => null);
  await speakChosen();
  refuse(saved === null ? 'options_not_saved' : null);
  draw();
  await drawRecent();
});
locked = await managedSettings();
languages.disabled = 'language' in locked;
await speakChosen();

const tab = await findTab().catch(() => undefined);
url = tab?.url ?? '';
tab_id = tab?.id ?? -1;
await refresh();
performance.mark('drawn'); // for tests/browser/opens.mjs
await drawRecent();
performance.mark('listed');
