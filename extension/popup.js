// @ts-check
// The popup: is Cooldown on for this tab's site, and the switch for it. It paints from its own HTML at once; the worker's answer fills in
// the state. No core here: there is nothing to judge.

import { languageNames, loadWords } from './words.js';

const { api, ask, WIRE } = cooldownCompat;
const { V, isObject } = cooldownProtocol;

const EVERYWHERE = ['https://*/*', 'http://*/*'];

/** @param {string} id */
const part = (id) => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`popup.html has no #${id}`);
  return element;
};
/** @param {string} id @param {boolean} visible */
const show = (id, visible) => { part(id).hidden = !visible; };
/** Of a language that the person chose. @type {Record<string, string>} */
let chosen = {};
/** @param {string} key @param {Record<string, string>} [args] what its placeholders stand for, in the order of their numbers */
const words = (key, args = {}) => chosen[key]?.replace(/\$(\w+)\$/g, (_, name) => args[name] ?? '') ?? api.i18n.getMessage(key, Object.values(args));
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

/** @returns {[state: string, note: string]} the two messages to show */
const reading = () => {
  if (site === null) return ['popup_unknown', 'popup_unknown_note'];
  if (site.state === 'impossible') return ['popup_impossible', 'popup_impossible_note'];
  if (site.disk) return ['popup_off', 'popup_disk_note'];
  if (site.state === 'off') return ['popup_off', 'popup_off_note'];
  if (site.locked) return ['popup_locked', 'popup_locked_note'];
  return [site.everywhere ? 'popup_everywhere' : 'popup_on', 'popup_on_note'];
};

const draw = () => {
  const [state, note] = reading();
  part('state').textContent = words(state);
  part('note').textContent = words(note);
  part('host').textContent = site?.host === 'file:' ? words('popup_disk') : site?.host ?? '';
  const on = site?.state === 'on', off = site?.state === 'off', everywhere = site?.everywhere === true;
  show('again', on && site?.reload === true);
  show('by-itself', on && site?.locked !== true);
  /** @type {HTMLInputElement} */ (part('auto')).checked = site?.auto === true;
  show('reminder', site?.ask_notify === true);
  show('allow', off && site?.disk !== true);
  show('switch-off', on);
  show('allow-everywhere', site !== null && !everywhere);
  show('switch-off-everywhere', everywhere);
  const rule = site?.rule ?? null;
  show('rule_box', rule !== null);
  const time = rule === null ? '' : new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'short' }).format(rule.until_ms);
  part('rule').textContent = rule === null ? '' : words('card_rule', { provider: rule.name, time });
  const workers = site?.workers === true;
  show('allow-workers', on && !workers);
  show('switch-off-workers', workers);
  const popup = part('popup');
  popup.dataset.state = site === null ? 'unknown' : on && site.locked ? 'locked' : site.state;
  popup.removeAttribute('aria-busy');
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

/**
 * Asks the browser for hosts, then tells the worker. The browser's own question may close the popup before it is answered; the worker
 * sees the grant all the same (`permissions.onAdded`) and registers the scripts.
 * @param {string[]} origins @param {Omit<SetSite, 'v'> | Omit<SetEverywhere, 'v'>} message
 */
const allow = async (origins, message) => {
  // Asked for once more, what "every site" covers already would put the browser's question again.
  const granted = (site?.granted === true && message.type === 'set_site') || await api.permissions.request({ origins }).catch(() => false);
  show('refused', !granted);
  if (granted) await tell(message);
  await refresh();
};

/** @param {string} id @param {() => unknown} act */
const onClick = (id, act) => { part(id).addEventListener('click', (event) => { if (event.isTrusted) act(); }); };

onClick('allow', () => { if (site?.pattern) allow([site.pattern], { type: 'set_site', url, on: true }); });
onClick('allow-everywhere', () => { allow(EVERYWHERE, { type: 'set_everywhere', on: true }); });
onClick('allow-workers', async () => {
  const granted = await api.permissions.request({ permissions: WIRE }).catch(() => false);
  show('refused', !granted);
  await refresh();
});
onClick('switch-off-workers', async () => { await api.permissions.remove({ permissions: WIRE }).catch(() => false); await refresh(); });
onClick('switch-off', async () => { await tell({ type: 'set_site', url, on: false }); await refresh(); });
onClick('switch-off-everywhere', async () => { await tell({ type: 'set_everywhere', on: false }); await refresh(); });
part('settings').addEventListener('click', (event) => {
  event.preventDefault(); // a tab that is open already is brought to the front
  api.runtime.openOptionsPage();
  window.close();
});
onClick('end_rule', async () => { await tell({ type: 'end_rule', url }); await refresh(); });
onClick('auto', async () => {
  await tell({ type: 'set_auto', url, on: /** @type {HTMLInputElement} */ (part('auto')).checked });
  await refresh();
});
onClick('notify', async () => {
  show('refused', !(await api.permissions.request({ permissions: ['notifications'] }).catch(() => false)));
  await refresh();
});
onClick('reload', async () => { await api.tabs.reload(tab_id); window.close(); });

const languages = part('language');
if (!(languages instanceof HTMLSelectElement)) throw new Error('popup.html: #language');
for (const [tag, name] of languageNames()) languages.append(new Option(name, tag));
const speakChosen = async () => {
  const { language } = await api.storage.local.get('language');
  languages.value = typeof language === 'string' ? language : '';
  if (languages.value === '') {
    chosen = {};
    speak(api.i18n.getUILanguage(), words('@@bidi_dir'));
    return;
  }
  const { lang, dir, words: all } = await loadWords([languages.value]);
  chosen = all;
  speak(lang, dir);
};
languages.addEventListener('change', async () => {
  await (languages.value === '' ? api.storage.local.remove('language') : api.storage.local.set({ language: languages.value }));
  await speakChosen();
  draw();
});
await speakChosen();

const tab = await findTab().catch(() => undefined);
url = tab?.url ?? '';
tab_id = tab?.id ?? -1;
await refresh();
