// @ts-check
// The worker: judges with the core, keeps the badge and what was learnt of each site, registers the scripts on the sites that the
// person allowed. It may be stopped at any time, so every listener stands in the first turn, and nothing that matters lives only here.

import './protocol.js';
import './compat.js';
import './apps.js';
import { auto_step, explain, limits, look_up, model_to_list } from './core/core.js';
import { add, openHistory, prune, troubleOf } from './history-store.js';
import { loadCore as compile, judgeText } from './load-core.js';
import { FOR_NOW_MS, changeSettings, loadForNow, loadSettings, setForNow, syncSettings, tidySettings, wayOf } from './settings.js';
import { listen, tellOf } from './wire.js';
import { loadWords } from './words.js';

const { api, fill, WIRE } = cooldownCompat;
const { V, BODY_MAX, PRIVATE, IDENTITY, withoutSecrets, isObject, isInside, isText, toWorker } = cooldownProtocol;

/** @type {Promise<unknown> | undefined} */
let core;
/** The core, compiled at the first failure and not before: most wake-ups need none. */
const loadCore = () => {
  if (core === undefined) {
    core = compile();
    core.catch(() => { core = undefined; });
  }
  return core;
};

/** @param {string} code @param {string} message */
const refuse = (code, message) => ({ v: V, ok: false, code, message });

// ---- sites

/** Pages from the disk have no host: they are one site, by this name. */
const DISK = 'file:';
/** `https://host/*` for a web page's address, null where no script of ours can run. @param {string} url */
const patternOf = (url) => {
  try {
    const { protocol, hostname } = new URL(url);
    if (protocol === DISK) return 'file:///*';
    return protocol === 'https:' || protocol === 'http:' ? `${protocol}//${hostname}/*` : null;
  } catch { return null; }
};
/** @param {string} url of a page that has a pattern */
const hostOf = (url) => (url.startsWith(DISK) ? DISK : new URL(url).hostname);
/** @param {string} host @returns {string[]} */
const patternsOf = (host) => (host === DISK ? ['file:///*'] : [`https://${host}/*`, `http://${host}/*`]);
const EVERYWHERE = ['https://*/*', 'http://*/*'];

/** Hosts that the person switched off. @returns {Promise<string[]>} */
const hostsOff = async () => (await loadSettings()).off;

/** May failures of this kind be tried again without a click here? Off at first. @param {import('./settings.js').Settings} settings @param {string} host @param {string} kind */
const isAuto = (settings, host, kind) => wayOf(settings, kind) === 'auto' || (wayOf(settings, kind) === 'ask' && settings.auto.includes(host));

/** Until when nothing is held or shown on a site, epoch ms: 0 where it is on, `NEVER` where it is off or not allowed. @param {{pattern: string, host: string}} site */
const restsUntil = async ({ pattern, host }) => {
  const [off, granted, { pauses }] = await Promise.all([hostsOff(), api.permissions.contains({ origins: [pattern] }), loadForNow()]);
  return off.includes(host) || !granted ? NEVER : pauses[host]?.until_ms ?? 0;
};
const NEVER = 8.64e15;
/** Open pages ask anew whether they may. */
const tellTabs = async () => {
  for (const { id = -1 } of await api.tabs.query({})) api.tabs.sendMessage(id, { v: V, type: 'changed' }).catch(() => {}); // most hold nothing of ours
};
/** @param {chrome.runtime.MessageSender} sender */
const onStanding = async (sender) => {
  const site = siteOf(sender);
  const [until_ms, { lang }, notifies] = await Promise.all([site === null ? 0 : restsUntil(site), loadWords(), mayNotify()]);
  return { v: V, ok: true, until_ms, lang, notifies };
};

/** What the manifest itself matches needs no registration. @returns {string[]} */
const builtIn = () => (api.runtime.getManifest().content_scripts ?? []).flatMap((script) => script.matches ?? []);

/** The bridge's own files, in their order. */
const BRIDGE = ['protocol.js', 'compat.js', 'apps.js', 'content/overlay.js', 'content/stage.js', 'content/control.js', 'content/bridge.js'];

let syncing = Promise.resolve();
/** Registered scripts = granted hosts, less those switched off. One run at a time: two would both register. */
const syncScripts = () => {
  syncing = syncing.then(async () => {
    const fixed = builtIn();
    const { origins = [] } = await api.permissions.getAll();
    const matches = origins.filter((origin) => /^(https?|file|\*):/.test(origin) && !fixed.includes(origin));
    const off = await hostsOff();
    const excludeMatches = [...fixed, ...off.flatMap(patternsOf)].filter((p) => p !== '<all_urls>');
    const registered = await api.scripting.getRegisteredContentScripts();
    if (matches.length === 0 || fixed.includes('<all_urls>')) {
      if (registered.length > 0) await api.scripting.unregisterContentScripts({ ids: registered.map((script) => script.id) });
      return;
    }
    /** @type {Pick<chrome.scripting.RegisteredContentScript, 'matches' | 'excludeMatches' | 'allFrames' | 'matchOriginAsFallback' | 'runAt'>} */
    const where = { matches, excludeMatches, allFrames: true, matchOriginAsFallback: true, runAt: 'document_start' };
    /** @type {chrome.scripting.RegisteredContentScript[]} */
    const scripts = [
      { ...where, id: 'tap', js: ['page/tap.js'], world: 'MAIN' },
      { ...where, id: 'bridge', js: [...BRIDGE, 'content/text.js'] },
    ];
    // Changed in place: between taking them out and putting them in again, a page of a restored session would load without them.
    await (registered.length > 0 ? api.scripting.updateContentScripts(scripts) : api.scripting.registerContentScripts(scripts));
  }).catch((error) => { console.error('Cooldown could not register its scripts:', error); });
  return syncing;
};

/** @param {(off: string[]) => string[]} change */
const changeOff = async (change) => {
  await changeSettings(({ off }) => ({ off: change(off) }));
  await syncScripts();
};

/** May anything be said on this host? @param {chrome.runtime.MessageSender} sender */
const siteOf = (sender) => {
  // A sandboxed or about:blank frame has the origin "null": its tab speaks for it.
  for (const url of [sender.origin, sender.url, sender.tab?.url]) {
    const pattern = url === undefined ? null : patternOf(url);
    if (pattern !== null && url !== undefined) return { pattern, host: hostOf(url) };
  }
  return null;
};

// What was learnt of each site's own retries, for this browser session only. Nothing from private windows.
/** An app that tries a failing status again need not see an error inside a good answer. @param {string} host @param {boolean} inside */
const habitOf = (host, inside) => (inside ? `${host} inside` : host);
/** @param {string} habit @returns {Promise<number | null>} */
const ownRetries = async (habit) => {
  const { own_retries: all } = await api.storage.session.get('own_retries');
  const known = isObject(all) ? all[habit] : null;
  return typeof known === 'number' ? known : null;
};
/** @param {string} habit @param {number} count */
const learnOwnRetries = async (habit, count) => {
  const { own_retries: all } = await api.storage.session.get('own_retries');
  await api.storage.session.set({ own_retries: { ...(isObject(all) ? all : {}), [habit]: count } });
};

// ---- rules: a provider that is skipped on a site, for an hour, as the person said. For this browser session at most.

/** @param {string} host @returns {Promise<Rule | null>} */
const ruleOf = async (host) => (await loadForNow()).rules[host] ?? null;
/** @param {Skip} m @param {chrome.runtime.MessageSender} sender */
const onSkip = async ({ slug, name }, sender) => {
  const site = siteOf(sender);
  // Of a private window nothing is kept.
  if (site === null || sender.tab?.incognito === true) return { v: V, ok: true, rule: null };
  const rule = name === null ? null : { slug, name, until_ms: Date.now() + FOR_NOW_MS };
  await setForNow('rules', site.host, rule);
  return { v: V, ok: true, rule };
};

// ---- where the card stands on a site, and what is not shown there

/** @param {chrome.runtime.MessageSender} sender */
const standing = async (sender) => {
  const { corner, places, theme } = await loadSettings();
  return { corner: places[siteOf(sender)?.host ?? ''] ?? corner, theme };
};
/** @param {Place} m @param {chrome.runtime.MessageSender} sender */
const onPlace = async ({ corner }, sender) => {
  const site = siteOf(sender);
  if (site === null || sender.tab?.incognito === true) return { v: V, ok: true };
  await changeSettings(({ places: { [site.host]: _, ...others } }) => ({ places: { ...others, [site.host]: corner } })); // the latest is last
  return { v: V, ok: true };
};

const UNDO_MS = 60_000;
/** What was hushed by a page's card just now: it alone may be taken back from there, and not what the person set in other places. @type {Map<string, number>} */
const hushedHere = new Map();
/** @param {string} host @param {{kind: string, where: string}} pattern */
const quietOf = (host, { kind, where }) => `${host} ${where} ${kind}`;
/** @param {Hush} m @param {chrome.runtime.MessageSender} sender */
const onHush = async ({ pattern, on }, sender) => {
  const site = siteOf(sender);
  if (site === null) return refuse('no_site', 'not a web page');
  const entry = pattern === null ? site.host : quietOf(site.host, pattern);
  if (!on && Date.now() - (hushedHere.get(entry) ?? 0) > UNDO_MS) return refuse('not_allowed', 'only what was hushed here just now');
  if (on) hushedHere.set(entry, Date.now());
  /** @param {string[]} list */
  const change = (list) => [...list.filter((one) => one !== entry), ...on ? [entry] : []];
  if (pattern === null) await changeOff(change);
  else await changeSettings(({ quiet }) => ({ quiet: change(quiet) }));
  return { v: V, ok: true };
};

// ---- where failures show that no call showed

/** An animation in which nothing moves: the browser tells of its start. (Of one that lasts no time Chromium tells only when it has something else to paint.) */
const NOTICE = `@keyframes ${cooldownApps.NOTICED} {} :is(${cooldownApps.FAILURES},${cooldownApps.MESSAGES}) { animation: ${cooldownApps.NOTICED} 1ms }`;
/** As the person's own style, which gives way to any of the page's and reaches into shadow roots. @param {chrome.runtime.MessageSender} sender */
const onNotice = async (sender) => {
  const site = siteOf(sender), tabId = sender.tab?.id;
  if (site === null || tabId === undefined || await restsUntil(site) === NEVER) return refuse('not_allowed', 'not on this site');
  await api.scripting.insertCSS({ target: { tabId, frameIds: [sender.frameId ?? 0] }, css: NOTICE, origin: 'USER' });
  return { v: V, ok: true };
};

// ---- what a person's click asks of openrouter.ai: its public list of a model's providers, without a key

const LIST_MS = 60_000, LIST_WAIT_MS = 8_000, LIST_MAX = 500_000;
/** @type {{model: string, at: number, text: string} | null} the last one */
let listed = null;
/** @param {string} model */
const listOf = async (model) => {
  if (listed?.model === model && Date.now() - listed.at < LIST_MS) return listed.text;
  const response = await fetch(`https://openrouter.ai/api/v1/models/${model}/endpoints`, { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(LIST_WAIT_MS) });
  if (!response.ok) throw new Error(`${response.status}`);
  const text = (await response.text()).slice(0, LIST_MAX);
  listed = { model, at: Date.now(), text };
  return text;
};
/** @param {LookUp} m */
const onLookUp = async ({ asks, ...question }) => {
  await loadCore();
  const model = model_to_list(question, asks) ?? null;
  return { v: V, ok: true, panel: model === null ? null : look_up(question, asks, await listOf(model)) };
};
/** @param {TellLimits} m */
const onTellLimits = async ({ numbers, at_ms }) => {
  await loadCore();
  return { v: V, ok: true, panel: limits(JSON.stringify(numbers), at_ms) };
};

// ---- the card's token: a frame that shows it belongs to the bridge of the same tab (frame origins prove nothing)

/** @type {Map<string, number>} token → tab */
const expected = new Map();
/** @type {Map<string, () => void>} claims that came before their token */
const early = new Map();

/** @param {string} token @param {number} tabId */
const expectCard = (token, tabId) => {
  expected.set(token, tabId);
  early.get(token)?.();
};
/** @param {string} token @param {number} tabId */
const claimCard = async (token, tabId) => {
  if (!expected.has(token)) {
    await new Promise((resolve) => {
      early.set(token, () => resolve(undefined));
      setTimeout(resolve, 400);
    });
    early.delete(token);
  }
  const ok = expected.get(token) === tabId;
  if (ok) expected.delete(token);
  return ok;
};

// ---- the cards of frames inside, which stand in the top frame

/** @type {Map<string, chrome.runtime.Port>} by tab and frame, while their card is open */
const guests = new Map();
/** @type {Map<string, (port: chrome.runtime.Port) => void>} who waits for one */
const awaited = new Map();
const COME_BACK_MS = 1_000;
/** A frame whose port ended with the last worker comes back soon. @param {string} key @returns {Promise<chrome.runtime.Port | undefined>} */
const comeBack = (key) => new Promise((resolve) => {
  awaited.set(key, resolve);
  setTimeout(() => { awaited.delete(key); resolve(undefined); }, COME_BACK_MS);
});

/** Is the person's card welcome in the top frame of this tab? @param {chrome.tabs.Tab} tab */
const isAllowedOnTop = async ({ url }) => {
  const pattern = url === undefined ? null : patternOf(url); // the browser names the address only where we may be
  if (url === undefined || pattern === null) return false;
  const [off, granted] = await Promise.all([hostsOff(), api.permissions.contains({ origins: [pattern] })]);
  return granted && !off.includes(hostOf(url));
};

/** @param {chrome.runtime.Port} port */
const onStage = (port) => {
  const { tab, frameId: frame, id } = port.sender ?? {};
  if (port.name !== 'stage' || id !== api.runtime.id || tab?.id === undefined || !frame) { port.disconnect(); return; }
  const tabId = tab.id, key = `${tabId} ${frame}`;
  /** @param {Stage['what']} what @param {View | null} view @returns {Promise<boolean>} the top frame has heard it */
  const tellTop = async (what, view) => {
    try { return isObject(await api.tabs.sendMessage(tabId, { v: V, type: 'guest', frame, what, view }, { frameId: 0 })); } catch { return false; }
  };
  guests.set(key, port);
  awaited.get(key)?.(port);
  /** In the order in which they came. */
  let turn = isAllowedOnTop(tab);
  port.onMessage.addListener((raw) => {
    const m = toWorker(raw);
    if (m?.type !== 'stage') return;
    turn = turn.then(async (allowed) => {
      const ok = allowed && await tellTop(m.what, m.view);
      if (guests.get(key) === port) port.postMessage({ v: V, type: 'seat', ok });
      return allowed;
    });
  });
  port.onDisconnect.addListener(() => {
    if (guests.get(key) !== port) return;
    guests.delete(key);
    turn.then((allowed) => { if (allowed) tellTop('leave', null); });
  });
};
/** @param {StageAct} m @param {chrome.runtime.MessageSender} sender */
const onStageAct = async (m, sender) => {
  const key = `${sender.tab?.id} ${m.frame}`, port = sender.frameId === 0 ? guests.get(key) ?? await comeBack(key) : undefined;
  port?.postMessage({ v: V, type: 'act', action: m.action, index: m.index });
  return { v: V, ok: port !== undefined };
};

// ---- answers

/** @param {Explain} m @param {chrome.runtime.MessageSender} sender */
const onExplain = async (m, sender) => {
  const site = siteOf(sender);
  const until_ms = site === null ? 0 : await restsUntil(site);
  if (until_ms > Date.now()) return { v: V, ok: true, verdict: null, until_ms };
  const [own_retries, settings] = await Promise.all([site === null || m.request === null ? null : ownRetries(habitOf(site.host, isInside(m.exchange))), loadSettings(), loadCore()]);
  const { request, replayable, attempt, failures, tries, paid, patience_ms } = m, exchange = request === null ? m.exchange : tellOf(m.exchange, sender.tab?.id, sender.origin);
  const question = { exchange, request, replayable, attempt, failures, tries, paid, random: Math.random() };
  /** @param {{auto: boolean, only_explain: boolean}} way @returns {Verdict | null} */
  const judge = (way) => explain({ ...question, site: { own_retries, patience_ms, ...way } });
  // What the person wants depends on the kind, which is known by then; to judge again costs a millisecond.
  const first = judge({ auto: false, only_explain: false }), kind = first?.diagnosis.kind ?? '';
  const auto = site !== null && isAuto(settings, site.host, kind), only_explain = wayOf(settings, kind) === 'explain';
  const verdict = first !== null && (auto || only_explain) ? judge({ auto, only_explain }) : first;
  if (verdict !== null && site !== null && settings.quiet.includes(quietOf(site.host, { kind, where: isText(exchange) ? 'text' : 'call' }))) return { v: V, ok: true, verdict: null };
  const rule = verdict === null || site === null ? null : await ruleOf(site.host);
  const concerns = rule !== null && verdict?.remedies.some(({ type, value }) => type === 'other_provider' && value === rule.slug);
  return { v: V, ok: true, verdict, rule: concerns ? rule : null };
};

// ---- "Explain this error", on a selection: works on the click's own leave, on sites that were never allowed too

const MENU = 'explain';
const makeMenu = async () => {
  if (api.contextMenus === undefined) return; // Firefox for Android has no menus
  const title = await say('menu_explain');
  await api.contextMenus.removeAll();
  api.contextMenus.create({ id: MENU, title, contexts: ['selection'] });
};
/** In the language that the person reads. @param {string} key @param {Record<string, string>} [args] */
const say = async (key, args = {}) => fill((await loadWords()).words[key] ?? '', args);
/** What the strip in a page says beside the verdict's own words. */
const onStripWords = async () => {
  const { dir, words } = await loadWords();
  return { v: V, ok: true, dir, words: Object.fromEntries(Object.entries(words).filter(([key]) => key.startsWith('card_'))) };
};

/** Runs in the page's frame: what is selected there, with its line ends; the menu's own text has none. @param {string} secret @param {string} identity */
const readSelection = (secret, identity) => {
  const active = document.activeElement;
  const isField = active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type !== 'password');
  const said = isField ? active.value.slice(active.selectionStart ?? 0, active.selectionEnd ?? 0) : String(getSelection());
  return said.slice(0, 65_536).replace(new RegExp(secret, 'g'), '$1$4').replace(new RegExp(identity, 'g'), '…');
};

/** To a person who asked, silence would be no answer. @returns {Promise<Verdict>} */
const nothingFound = async () => {
  const { lang, words } = await loadWords();
  return {
    diagnosis: {
      kind: 'not_openrouter', limit_owner: 'none', reason: 'none', certainty: 'unsure', status: null, provider: null, model: null, retry_after_s: null,
      reset_at_ms: null, is_byok: null, retry_helps: 'never', links: [], request_id: null, evidence: [], against: [],
    },
    words: { lang, title: words.card_nothing_title ?? '', body: words.card_nothing_body ?? '', facts: [], details: [], raw: '', report: '' },
    plan: { hold: false, deadline_ms: null, ready_at_ms: null, press_at_ms: null, auto_tries: 0, show_after_ms: 0 },
    remedies: [],
  };
};

/** @param {chrome.contextMenus.OnClickData} info @param {chrome.tabs.Tab | undefined} tab */
const onMenu = async (info, tab) => {
  const tabId = tab?.id;
  if (info.menuItemId !== MENU || tabId === undefined) return;
  const target = { tabId, frameIds: [0] };
  try {
    // One card a tab, in the top frame: into a frame of another site the click's leave may not reach.
    const there = await api.tabs.sendMessage(tabId, { v: V, type: 'status' }, { frameId: 0 }).catch(() => null);
    if (!isObject(there)) await api.scripting.executeScript({ target, files: BRIDGE });
    const [read] = await api.scripting.executeScript({ target: { tabId, frameIds: [info.frameId ?? 0] }, func: readSelection, args: [PRIVATE.source, IDENTITY.source] }).catch(() => []);
    const selected = typeof read?.result === 'string' ? read.result.trim() : '';
    await loadCore();
    const verdict = judgeText(selected !== '' ? selected : withoutSecrets((info.selectionText ?? '').slice(0, BODY_MAX)));
    /** @type {Told} */
    const told = { v: V, type: 'told', phase: verdict === null ? 'nothing' : 'explained', verdict: verdict ?? await nothingFound() };
    await api.tabs.sendMessage(tabId, told, { frameId: 0 });
  } catch {
    // A page of the browser's own, a store, a document that is no page: no script of ours runs there.
    await api.action.setBadgeText({ tabId, text: '?' });
    await api.action.setTitle({ tabId, title: await say('popup_impossible') });
  }
};

// ---- the key that leads to the card

/** @param {string} command @param {chrome.tabs.Tab | undefined} tab */
const onCommand = async (command, tab) => {
  const id = tab?.id ?? (await api.tabs.query({ active: true, lastFocusedWindow: true }))[0]?.id;
  // Every frame hears it: the one that has the card goes there.
  if (command === 'go_to_card' && id !== undefined) await api.tabs.sendMessage(id, { v: V, type: 'go_to_card' }).catch(() => {});
};

// ---- calls that no script in the page learns of

/** A service worker has no tab: the person looks at one of its site's. @param {import('./wire.js').Wired} call */
const tabOf = async ({ tab, page }) => {
  const url = patternOf(page);
  if (tab >= 0 || url === null) return tab;
  const tabs = (await api.tabs.query({ url })).filter((one) => one.url?.startsWith(`${page}/`)); // patterns know no ports
  return tabs.sort((a, b) => Number(b.active) - Number(a.active) || (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0))[0]?.id ?? -1;
};
/** @type {import('./wire.js').Hears} */
const onWire = async (call, what) => {
  const tabId = await tabOf(call);
  // Where there is no card, a good answer is of no interest: the button knows.
  if (what === 'good' && (tabId < 0 || await api.action.getBadgeText({ tabId }).catch(() => '') === '')) return;
  /** @type {Unheld | Failed | Healed} */
  const message = what === 'failed' ? { v: V, type: 'failed' } : what === 'unheld' ? { v: V, type: 'unheld', exchange: call.exchange } : { v: V, type: 'healed', url: call.exchange.url, at_ms: call.exchange.at_ms };
  for (const frameId of new Set([call.frame, 0])) {
    const heard = tabId >= 0 && await api.tabs.sendMessage(tabId, message, { frameId }).catch(() => null);
    if (isObject(heard)) return;
  }
};

// ---- tries without a click: one budget a provider for all tabs, kept for this browser session; the core says what it allows

let drawn = Promise.resolve();
/** One after the other: two tabs must not draw the same try. @param {Auto} m @param {chrome.runtime.MessageSender} sender */
const onAuto = (m, sender) => {
  const step = drawn.then(async () => {
    const host = siteOf(sender)?.host;
    if (host === undefined || !isAuto(await loadSettings(), host, m.kind)) return { v: V, ok: true, at_ms: null, send: false };
    const [{ auto_budget: all }] = await Promise.all([api.storage.session.get('auto_budget'), loadCore()]);
    const now_ms = Date.now(), budgets = isObject(all) ? all : {};
    const full = Object.hasOwn(budgets, m.provider) ? budgets[m.provider] : 0; // a provider may be called as what every object has
    const [at_ms = null, full_at_ms] = auto_step({ ...m, now_ms, random: Math.random(), full_at_ms: full });
    if (full_at_ms !== undefined) {
      // A full bucket is like none: what is kept is what was used in the last minute.
      const used = Object.entries(budgets).filter(([, full]) => typeof full === 'number' && full > now_ms);
      await api.storage.session.set({ auto_budget: { ...Object.fromEntries(used), [m.provider]: full_at_ms } });
    }
    return { v: V, ok: true, at_ms, send: full_at_ms !== undefined };
  });
  drawn = step.then(() => {}, () => {});
  return step;
};

// ---- reminders: an alarm, and where the person allowed it a notification that leads back to the tab

/**
 * Origin and path are what opens the page again; nothing else of it is kept, and nothing from private windows.
 * @typedef {{at_ms: number, address: string, tab_id: number}} Reminder
 */
const MOST_REMINDERS = 20;

/** @returns {Promise<Record<string, Reminder>>} */
const reminders = async () => {
  const { reminders: all } = await api.storage.local.get('reminders');
  const right = Object.entries(isObject(all) ? all : {}).filter(([, one]) => isObject(one) && typeof one.at_ms === 'number' && typeof one.tab_id === 'number' && URL.canParse(String(one.address)));
  return /** @type {Record<string, Reminder>} our own record */ (Object.fromEntries(right));
};
let noting = Promise.resolve();
/** @param {(all: Record<string, Reminder>) => Record<string, Reminder>} change */
const changeReminders = (change) => {
  const changed = noting.then(async () => { await api.storage.local.set({ reminders: change(await reminders()) }); });
  noting = changed.catch(() => {}); // where there is no room, the next one may find some
  return changed;
};
/** The reminder, which is kept no longer: who comes second finds none. @param {string} id @returns {Promise<Reminder | undefined>} */
const take = async (id) => {
  /** @type {Reminder | undefined} */
  let taken;
  await changeReminders(({ [id]: one, ...rest }) => { taken = one; return rest; });
  return taken;
};

/** @param {Remind} m @param {chrome.runtime.MessageSender} sender */
const onRemind = async (m, { tab, url }) => {
  const page = tab?.url ?? url ?? '';
  if (tab?.id === undefined || tab.incognito || patternOf(page) === null || hostOf(page) === DISK) return refuse('not_here', 'no reminder for this tab');
  const { origin, pathname } = new URL(page), tab_id = tab.id, id = `remind ${tab_id}`; // a tab has one
  await changeReminders((all) => {
    const others = Object.entries(all).filter(([other]) => other !== id).sort(([, a], [, b]) => a.at_ms - b.at_ms).slice(0, MOST_REMINDERS - 1);
    return { ...Object.fromEntries(others), [id]: { at_ms: m.at_ms, address: origin + pathname, tab_id } };
  });
  await api.alarms.create(id, { when: m.at_ms });
  return { v: V, ok: true, notifies: await mayNotify() };
};
const mayNotify = () => api.permissions.contains({ permissions: ['notifications'] });

/** Alarms may end with the browser, and do end with an update. */
const setAlarms = async () => {
  for (const [id, { at_ms }] of Object.entries(await reminders())) await api.alarms.create(id, { when: at_ms });
};

/** The tab, where it still shows the site. @param {Reminder} reminder */
const tabFor = async ({ address, tab_id }) => {
  const { origin } = new URL(address);
  const same = await api.tabs.get(tab_id).catch(() => null);
  if (same?.url?.startsWith(`${origin}/`)) return same;
  const open = await api.tabs.query({ url: `${origin}/*` }).catch(() => []);
  return open.find(({ url }) => url?.startsWith(address)) ?? open[0] ?? null;
};

/** @param {chrome.alarms.Alarm} alarm */
const onAlarm = async ({ name: id }) => {
  const reminder = (await reminders())[id];
  if (reminder === undefined) return;
  listenToNotifications();
  const [message, title] = await Promise.all([say('notify_wait_over', { host: new URL(reminder.address).host }), say('notify_title')]);
  try {
    if (await mayNotify()) await api.notifications.create(id, { type: 'basic', iconUrl: api.runtime.getURL('icons/128.png'), title, message });
    else await mark(id);
  } catch { await mark(id); }
};
/** Where nobody saw a notification, the button on the tab says it. @param {string} id */
const mark = async (id) => {
  const reminder = await take(id), tabId = reminder && (await tabFor(reminder))?.id;
  if (tabId === undefined) return;
  await api.action.setBadgeBackgroundColor({ tabId, color: BADGE.needs_you });
  await api.action.setBadgeText({ tabId, text: '1' });
  await api.action.setTitle({ tabId, title: await say('badge_wait_over') });
};

/** @param {string} id */
const onNotificationClicked = async (id) => {
  const [reminder] = await Promise.all([take(id), api.notifications.clear(id)]);
  if (reminder === undefined) return;
  const tab = await tabFor(reminder);
  if (tab?.id === undefined) await api.tabs.create({ url: reminder.address });
  else {
    await api.tabs.update(tab.id, { active: true });
    await api.windows.update(tab.windowId, { focused: true });
  }
};
/** By whom, Firefox does not say, and some desktops close it at once. @param {string} id */
const onNotificationClosed = (id) => { mark(id); };
/** Their namespace is there only once the person has allowed it; the same listener is added once. */
const listenToNotifications = () => {
  api.notifications?.onClicked.addListener(onNotificationClicked);
  api.notifications?.onClosed.addListener(onNotificationClosed);
};

// ---- the history: what became of each failure, on this device alone

const DAY_MS = 86_400_000, PRUNED_EVERY = 100;
/** To pages of ours that show it. */
const news = new BroadcastChannel('history');
let added = 0;
/** @param {Ended} m @param {chrome.runtime.MessageSender} sender */
const onEnded = async ({ v, type, ...failure }, sender) => {
  const site = siteOf(sender), { history: { on, days }, off } = await loadSettings();
  // Of a private window nothing is kept.
  if (!on || site === null || sender.tab === undefined || sender.tab.incognito || off.includes(site.host)) return { v, ok: true, kept: false };
  /** @type {import('./history-store.js').Trouble | null} */
  let trouble = null;
  try {
    const db = await openHistory(), kept = { ...failure, site: site.host };
    try {
      // With the first one of this worker's life, and no timer: where nothing fails, nothing is done.
      if (added % PRUNED_EVERY === 0) await prune(db, days === null ? 0 : Date.now() - days * DAY_MS);
      added++;
      news.postMessage({ v, type: 'kept', failure: { ...kept, at_ms: await add(db, kept) } });
    } finally { db.close(); }
  } catch (error) { trouble = troubleOf(error); }
  // The history page says it; the card has nothing to do with it.
  await (trouble === null ? api.storage.session.remove('history_trouble') : api.storage.session.set({ history_trouble: trouble }));
  return { v, ok: true, kept: trouble === null };
};

const BADGE = { needs_you: '#b26a00', waiting: '#6b7280' };
let badging = Promise.resolve();
/**
 * The button of a tab counts its cards: each frame may have one. What was known of a tab ends with its page, of which the browser clears the text.
 * @param {number} tabId @param {number} frame @param {'needs_you' | 'waiting' | 'over'} what
 */
const showBadge = (tabId, frame, what) => (badging = badging.then(async () => {
  const [{ cards: all }, text, tabs] = await Promise.all([api.storage.session.get('cards'), api.action.getBadgeText({ tabId }), api.tabs.query({})]);
  const cards = /** @type {Record<string, Record<string, 'needs_you' | 'waiting'>>} our own record */ (isObject(all) ? all : {});
  const { [frame]: _, ...others } = text === '' ? {} : cards[tabId] ?? {}, now = what === 'over' ? others : { ...others, [frame]: what };
  // Of a tab that was closed nobody tells: a listener would start the worker for each.
  const elsewhere = Object.fromEntries(Object.entries(cards).filter(([id]) => id !== `${tabId}` && tabs.some((tab) => `${tab.id}` === id)));
  const states = Object.values(now);
  await api.storage.session.set({ cards: states.length === 0 ? elsewhere : { ...elsewhere, [tabId]: now } });
  const shown = states.includes('needs_you') ? 'needs_you' : 'waiting';
  if (states.length > 0) await api.action.setBadgeBackgroundColor({ tabId, color: BADGE[shown] });
  await api.action.setBadgeText({ tabId, text: states.length === 0 ? '' : String(states.length) });
  await api.action.setTitle({ tabId, title: await say(states.length === 0 ? 'ext_name' : shown === 'waiting' ? 'badge_waiting' : 'badge_needs_you') });
}).catch(() => {})); // a tab that is gone
/** @param {Happened} m @param {chrome.runtime.MessageSender} sender */
const onHappened = async (m, sender) => {
  if (m.what === 'app_retries') {
    const site = siteOf(sender);
    if (site !== null && sender.tab?.incognito !== true) await learnOwnRetries(habitOf(site.host, m.inside), m.count);
  } else if (sender.tab?.id !== undefined) await showBadge(sender.tab.id, sender.frameId ?? 0, m.what);
  return { v: V, ok: true };
};

/** @param {SiteState} m @returns {Promise<SiteAnswer & {v: 1, ok: true}>} */
const onSiteState = async (m) => {
  const pattern = patternOf(m.url);
  const everywhere = await api.permissions.contains({ origins: EVERYWHERE });
  const host = pattern === null ? '' : hostOf(m.url);
  /** @type {SiteAnswer & {v: 1, ok: true}} */
  const answer = {
    v: V, ok: true, state: 'impossible', everywhere, workers: await api.permissions.contains({ permissions: WIRE }), host, pattern,
    disk: host === DISK && !await api.extension.isAllowedFileSchemeAccess(), granted: false, built_in: builtIn().includes(pattern ?? ''), reload: false, locked: false, rule: null,
    auto: (await loadSettings()).auto.includes(host), ask_notify: false, paused_until_ms: null,
  };
  if (pattern === null) return answer;
  const { rules, pauses } = await loadForNow();
  answer.rule = rules[host] ?? null;
  answer.paused_until_ms = pauses[host]?.until_ms ?? null;
  answer.granted = await api.permissions.contains({ origins: [pattern] }) && !answer.disk;
  answer.ask_notify = Object.values(await reminders()).some(({ tab_id }) => tab_id === m.tab_id) && !(await mayNotify());
  answer.state = answer.granted && !(await hostsOff()).includes(host) ? 'on' : 'off';
  if (answer.state === 'on') {
    const bridge = await api.tabs.sendMessage(m.tab_id, { v: V, type: 'status' }, { frameId: 0 }).catch(() => null);
    answer.reload = !isObject(bridge) || bridge.late === true;
    answer.locked = isObject(bridge) && bridge.locked === true;
  }
  return answer;
};

/** @param {SetSite} m */
const onSetSite = async (m) => {
  const pattern = patternOf(m.url);
  if (pattern === null) return refuse('no_site', 'not a web page');
  const host = hostOf(m.url), { origins = [] } = await api.permissions.getAll();
  // A host that was granted by itself is given back; one that "every site" covers can only be left out.
  const isBack = !m.on && origins.includes(pattern) && !builtIn().includes(pattern) && await api.permissions.remove({ origins: [pattern] }).catch(() => false);
  const noted = changeOff((off) => [...off.filter((one) => one !== host), ...(m.on ? [] : [host])]);
  await (isBack ? noted.catch(() => {}) : noted); // off it is, with or without room for the note
  return { v: V, ok: true };
};

/** @param {SetAuto} m */
const onSetAuto = async ({ url, on }) => {
  if (patternOf(url) === null) return refuse('no_site', 'not a web page');
  const host = hostOf(url);
  await changeSettings(({ auto }) => ({ auto: [...auto.filter((one) => one !== host), ...(on ? [host] : [])] }));
  return { v: V, ok: true };
};

/** @param {Pause} m */
const onPause = async ({ url, on }) => {
  if (patternOf(url) === null) return refuse('no_site', 'not a web page');
  await setForNow('pauses', hostOf(url), on ? { until_ms: Date.now() + FOR_NOW_MS } : null);
  return { v: V, ok: true };
};

/** @param {SetEverywhere} m */
const onSetEverywhere = async (m) => {
  if (!m.on) await api.permissions.remove({ origins: EVERYWHERE });
  await syncScripts();
  return { v: V, ok: true };
};

/** @param {unknown} raw @param {chrome.runtime.MessageSender} sender @returns {Promise<object>} */
const answer = async (raw, sender) => {
  const m = toWorker(raw);
  if (m === null) return refuse('bad_message', 'not a message of this version');
  const tabId = sender.tab?.id;
  switch (m.type) {
    case 'explain': return onExplain(m, sender);
    case 'happened': return onHappened(m, sender);
    case 'ended': return onEnded(m, sender);
    case 'look_up': return onLookUp(m);
    case 'tell_limits': return onTellLimits(m);
    case 'skip': return onSkip(m, sender);
    case 'place': return onPlace(m, sender);
    case 'hush': return onHush(m, sender);
    case 'auto': return onAuto(m, sender);
    case 'remind': return onRemind(m, sender);
    case 'stage': return refuse('bad_message', 'comes over a port');
    case 'stage_act': return onStageAct(m, sender);
    case 'standing': return onStanding(sender);
    case 'strip_words': return onStripWords();
    case 'notice': return onNotice(sender);
    case 'expect':
      if (tabId !== undefined) expectCard(m.token, tabId);
      return { v: V, ok: true, ...await standing(sender) };
    case 'claim': return { v: V, ok: tabId !== undefined && await claimCard(m.token, tabId) };
    default:
      // Settings are changed from our own pages alone: a content script lives in a process that a page may own.
      if (!(sender.url ?? '').startsWith(api.runtime.getURL(''))) return refuse('not_allowed', 'only for the extension\'s own pages');
      if (m.type === 'site_state') return onSiteState(m);
      if (m.type === 'end_rule') {
        if (patternOf(m.url) !== null) await setForNow('rules', hostOf(m.url), null);
        return { v: V, ok: true };
      }
      if (m.type === 'pause') return onPause(m);
      if (m.type === 'set_auto') return onSetAuto(m);
      return m.type === 'set_site' ? onSetSite(m) : onSetEverywhere(m);
  }
};

api.runtime.onMessage.addListener((raw, sender, respond) => {
  if (sender.id !== api.runtime.id) return false;
  answer(raw, sender).then(respond, (error) => respond(refuse('failed', error instanceof Error ? error.name : 'error')));
  return true;
});
api.runtime.onConnect.addListener(onStage);
api.storage.onChanged.addListener(({ language, off, pauses }, area) => {
  if (area === 'sync') syncSettings();
  if (language !== undefined) {
    core = undefined; // it gets its words anew at the next failure
    makeMenu();
  }
  if (off !== undefined || pauses !== undefined || language !== undefined) tellTabs();
  if (off !== undefined) syncScripts();
});
/** What an update, or another of the person's devices, has left. */
const tidy = async () => {
  await tidySettings();
  await syncSettings();
};
api.runtime.onInstalled.addListener(({ reason }) => {
  tidy();
  syncScripts();
  setAlarms();
  makeMenu();
  // Once, and not where there is nothing to allow.
  if (reason === 'install' && !builtIn().includes('<all_urls>')) api.tabs.create({ url: 'welcome.html' });
});
api.runtime.onStartup.addListener(() => { tidy(); syncScripts(); setAlarms(); makeMenu(); });
api.alarms.onAlarm.addListener(onAlarm);
listenToNotifications();
api.contextMenus?.onClicked.addListener(onMenu);
api.commands?.onCommand.addListener(onCommand);
listen(onWire);
api.permissions.onAdded.addListener(({ origins = [] }) => {
  listen(onWire);
  listenToNotifications();
  // Who allows a site wants it on. (Firefox may close the popup with its own question, so that the popup cannot say so.)
  changeOff((off) => off.filter((host) => !patternsOf(host).some((pattern) => origins.includes(pattern))));
  tellTabs();
});
api.permissions.onRemoved.addListener(() => {
  syncScripts();
  tellTabs();
});
