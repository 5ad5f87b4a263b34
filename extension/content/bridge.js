// @ts-check
// Between the page and the extension, in the isolated world. It validates what the tap says, asks the worker for a verdict, tells the tap
// what to do with each held answer, and owns all state of the card. Whatever fails here ends in "release": the page gets its answer.

(() => {
  'use strict';
  const { api, isAlive, ask } = cooldownCompat;
  const { V, fromTap, isObject } = cooldownProtocol;

  const NAME = 'cooldown-port';
  const AT_ONCE = 2;           // replays at the same time, after the first one was answered
  const LEARN_MS = 10_000;     // an app that has not tried again by then will not
  const DISMISSED_MS = 10_000; // what the app still sends by itself for a dismissed story
  const FADE_MS = 4_000;

  // After an update of the extension Firefox runs this again in open pages; the old card is a zombie that nobody else removes.
  for (const stale of document.querySelectorAll('div[data-cooldown]')) stale.remove();

  /** @type {MessagePort | null} */
  let tap = null;

  /**
   * One held promise of the app.
   * @typedef {object} Held
   * @property {number} id
   * @property {number} story
   * @property {'judging' | 'held' | 'retrying'} state
   */
  /** @type {Map<number, Held>} in order of arrival */
  const held = new Map();
  /** @type {Map<number, number>} story → when it was dismissed, or the app last tried it after that */
  const dismissed = new Map();
  /**
   * What the app itself does with a story: how often it has sent it, and the timers while it may send it again.
   * @typedef {{sent: number, marked: boolean, show: number, learn: number}} AppTries `marked`: its SDK counts its tries in a header field
   */
  /** @type {Map<number, AppTries>} by story */
  const apps = new Map();

  /** What the card speaks for; null without a card. @type {{verdict: Verdict, stories: Set<number>, attempt: number, over: 'answered' | 'released' | null} | null} */
  let story = null;
  let armed = 0;      // the timer of a Retry that was pressed early
  let flowing = false; // the probe was answered: the others follow
  let fade = 0;

  const overlay = cooldownOverlay.createOverlay({ onAct: (action) => act(action), openRoots: globalThis.cooldownBuild?.test === true });

  /** @param {Decide['action']} action @param {number} id @param {number | null} deadline_ms */
  const decide = (action, id, deadline_ms = null) => tap?.postMessage({ v: V, type: 'decide', id, action, deadline_ms });
  /** @param {Happened['what']} what @param {number} count */
  const happened = (what, count) => { ask({ v: V, type: 'happened', what, count }); };

  /** @returns {View['phase']} */
  const phase = () => {
    const states = [...held.values()].map((one) => one.state);
    if (states.includes('retrying')) return 'retrying';
    if (armed !== 0) return 'armed';
    if (states.includes('held')) return story !== null && story.attempt > 1 && story.over === null && failedHere ? 'failed' : 'held';
    return story?.over ?? 'released';
  };
  let failedHere = false; // a replay of ours failed: the card says so

  const render = () => {
    if (story === null) return;
    const now = phase();
    const requests = story.stories.size;
    overlay.show({ verdict: story.verdict, phase: now, requests, attempt: story.attempt, site: location.hostname });
    clearTimeout(fade);
    if (now === 'answered') {
      happened('over', 0);
      fade = setTimeout(closeCard, FADE_MS);
    } else happened(now === 'retrying' || now === 'armed' ? 'waiting' : 'needs_you', requests);
  };

  const closeCard = () => {
    clearTimeout(fade);
    clearTimeout(armed);
    armed = 0;
    flowing = failedHere = false;
    if (story !== null) happened('over', 0);
    story = null;
    overlay.close();
  };

  /** @param {Verdict} verdict @param {Observed} m */
  const speak = (verdict, m) => {
    // A card that has said its last word makes room for a new story.
    const fresh = story === null || (story.over !== null && held.size <= 1 && !story.stories.has(m.story));
    if (fresh || story === null) story = { verdict, stories: new Set([m.story]), attempt: m.attempt, over: null };
    else {
      story.stories.add(m.story);
      story.over = null;
      story.verdict = verdict;
      story.attempt = Math.max(story.attempt, m.attempt);
    }
    overlay.open();
    render();
  };

  // ---- what the tap says

  /** @param {Observed} m */
  const onObserved = async (m) => {
    const again = held.get(m.id)?.state === 'retrying';
    /** @type {Held} */
    const one = { id: m.id, story: m.story, state: 'judging' };
    held.set(m.id, one);
    const app = appOf(m.story);
    app.marked = m.request.app_retries !== null;
    rest(app);
    const since = dismissed.get(m.story);
    if (since !== undefined && performance.now() - since < DISMISSED_MS) {
      dismissed.set(m.story, performance.now());
      held.delete(m.id);
      decide('release', m.id);
      return;
    }
    const mayHeal = (m.request.app_retries ?? 2) < 2;
    if (!mayHeal) overlay.open();
    const reply = await ask({ v: V, type: 'explain', exchange: m.exchange, request: m.request, replayable: m.replayable, attempt: app.sent });
    /** @type {Verdict | null} */
    const verdict = isObject(reply) && reply.ok === true && isObject(reply.verdict) ? /** @type {any} the worker's word */ (reply.verdict) : null;
    const late = held.get(m.id) !== one; // the tap let go, the page aborted, or the person dismissed, while we asked
    if (verdict === null) {
      if (!late) { held.delete(m.id); decide('release', m.id); }
      if (story === null && held.size === 0) overlay.close();
      else render();
      return;
    }
    if (late) {
      if (gone.delete(m.id)) { if (story === null && held.size === 0) overlay.close(); } else if (story === null) speak(verdict, m);
      return;
    }
    if (verdict.plan.hold) {
      one.state = 'held';
      if (again) { failedHere = true; flowing = false; }
      decide('hold', m.id, verdict.plan.deadline_ms);
      speak(verdict, m);
    } else {
      held.delete(m.id);
      decide('release', m.id);
      expectApp(verdict, m);
    }
  };
  /** @type {Set<number>} ids that ended by the page's own abort or a dismissal while they were judged: no card for them */
  const gone = new Set();

  /** The app has its error now. Will it try again by itself? Until that is clear, the card waits. @param {Verdict} verdict @param {Observed} m */
  const expectApp = (verdict, m) => {
    const wait = verdict.plan.show_after_ms;
    if (wait === 0) { speak(verdict, m); return; }
    if (story === null && held.size === 0) overlay.close();
    appOf(m.story).show = setTimeout(() => speak(verdict, m), wait);
  };

  /** @param {number} id */
  const appOf = (id) => {
    let app = apps.get(id);
    if (app === undefined) apps.set(id, app = { sent: 1, marked: false, show: 0, learn: 0 });
    return app;
  };
  /** @param {AppTries} app */
  const rest = (app) => {
    clearTimeout(app.show);
    clearTimeout(app.learn);
  };
  /** An app that has its error and is silent for 10 s has given up: so many times, and no more, does this site try by itself. @param {number} id */
  const learn = (id) => {
    const app = appOf(id);
    clearTimeout(app.learn);
    app.learn = setTimeout(() => { apps.delete(id); happened('app_retries', app.sent - 1); }, LEARN_MS);
  };

  /** @param {Resent} m */
  const onResent = (m) => {
    const app = appOf(m.story);
    rest(app);
    if (!m.answered) {
      // "At least so many times." Where the request itself says which try it is, the core needs no such guess.
      if (!app.marked) happened('app_retries', app.sent);
      app.sent += 1;
      return;
    }
    apps.delete(m.story);
    if (story?.stories.has(m.story) && held.size === 0) {
      story.over = 'answered';
      render();
    }
  };

  /** @param {Settled} m */
  const onSettled = (m) => {
    if (m.outcome === 'released') learn(m.story);
    else { rest(appOf(m.story)); apps.delete(m.story); }
    const one = held.get(m.id);
    if (one === undefined) return;
    held.delete(m.id);
    if (m.outcome === 'aborted') {
      if (one.state === 'judging') gone.add(m.id);
      if (held.size === 0) closeCard();
      else { next(); render(); }
      return;
    }
    if (story === null) return;
    if (m.outcome === 'answered') {
      story.attempt = Math.max(story.attempt, m.attempt);
      story.over = 'answered';
      failedHere = false;
      flowing = true;
      next();
    } else if (story.over === null || held.size === 0) {
      story.over = 'released';
      if (held.size === 0) { clearTimeout(armed); armed = 0; }
    }
    render();
  };

  /** After the probe's answer the others follow, two at a time. */
  const next = () => {
    if (!flowing) return;
    let busy = 0;
    for (const one of held.values()) if (one.state === 'retrying') busy++;
    for (const one of held.values()) {
      if (busy >= AT_ONCE) return;
      if (one.state === 'held') { one.state = 'retrying'; busy++; decide('retry', one.id); }
    }
    if (busy === 0) flowing = false;
  };

  // ---- what the person says, on the card

  /** @param {Act['action']} action */
  const act = (action) => {
    if (action === 'dismiss') { dismiss(); return; }
    clearTimeout(armed);
    armed = 0;
    if (action === 'retry' && story !== null && phase() !== 'retrying') {
      const wait = (story.verdict.plan.ready_at_ms ?? 0) - Date.now();
      if (wait > 0) armed = setTimeout(probe, wait);
      else { probe(); return; }
    }
    render();
  };

  /** One request finds out; the others wait for it. */
  const probe = () => {
    armed = 0;
    for (const one of held.values()) {
      if (one.state !== 'held') continue;
      one.state = 'retrying';
      decide('retry', one.id);
      break;
    }
    render();
  };

  const dismiss = () => {
    for (const one of held.values()) {
      if (one.state === 'judging') gone.add(one.id);
      decide('release', one.id);
    }
    held.clear();
    for (const id of story?.stories ?? []) dismissed.set(id, performance.now());
    for (const app of apps.values()) clearTimeout(app.show);
    closeCard();
  };

  // ---- wires

  /** @param {MessageEvent} event */
  const fromPort = (event) => {
    const m = fromTap(event.data);
    if (m === null) return;
    switch (m.type) {
      case 'ping':
        // Silence tells the tap that the extension is gone; it then lets everything go.
        if (isAlive()) tap?.postMessage({ v: V, type: 'pong' });
        else overlay.close();
        break;
      case 'observed': onObserved(m); break;
      case 'settled': onSettled(m); break;
      case 'resent': onResent(m); break;
    }
  };

  // Whichever script runs first: the tap offers its port at start, and again when it is asked (one synchronous event each).
  addEventListener(NAME, (event) => {
    const port = /** @type {MessageEvent} */ (event).ports?.[0];
    if (port === undefined) return;
    tap = port;
    event.preventDefault();
    event.stopImmediatePropagation();
    port.onmessage = fromPort;
  }, { once: true });
  dispatchEvent(new Event(`${NAME}-ask`));

  // Leaving the page ends every hold; the back/forward cache must not keep one.
  addEventListener('pagehide', () => { if (held.size > 0 || story !== null) dismiss(); });

  api.runtime.onMessage.addListener((m, sender, respond) => {
    if (sender.id === api.runtime.id && isObject(m) && m.v === V && m.type === 'status') respond({ v: V, ok: true, locked: tap === null });
  });
})();
