// @ts-check
// Between the page and the extension, in the isolated world. It validates what the tap says, asks the worker for a verdict, tells the tap
// what to do with each held answer, and owns all state of the card. Whatever fails here ends in "release": the page gets its answer.

(() => {
  'use strict';
  const { api, isAlive, ask } = cooldownCompat;
  const { V, fromTap, toBridge, isObject, isInside, isText, patch: checked } = cooldownProtocol;
  const { findControl, watchDrafts } = cooldownControl;

  const NAME = 'cooldown-port';
  const AT_ONCE = 2;           // replays at the same time, after the first one was answered
  const LEARN_MS = 10_000;     // an app that has not tried again by then will not
  const NEXT_MS = 15_000;      // as in wire.js: in which the client of a call that no hook sees tries again
  const DISMISSED_MS = 10_000; // what the app still sends by itself for a dismissed story
  const FADE_MS = 4_000;
  const UNDO_MS = 15_000;
  const TOLD_MS = 5_000;       // between the tap's word on a failed call and the browser's
  const MET_MS = 60_000;       // apps show their error for a while, and again when they draw anew
  const SEEK_MS = 10_000;      // for an app to show its failure, and its own control beside it
  const SETTLE_MS = 100;       // of a page that changes, before it is looked at again
  const PRESSED_MS = 8_000;    // an app whose control was pressed asks in its own words: where nothing is heard of it by then, the card has said enough
  const LIMITS_MS = 8_000;     // a key's numbers that have not come by then do not come
  const CONTROL_MS = 60_000;   // for the answer to a press on the app's own control
  const LEAST_REMINDER_MS = 60_000;
  const LOOK_MS = 1_000;       // while a press waits: a laptop that sleeps stops timers, and not the clock
  const LEAST_WIDTH = 200, LEAST_HEIGHT = 120; // CSS px of a frame in which a card can be read and pressed

  // After an update of the extension Firefox runs this again in open pages; the old card is a zombie that nobody else removes.
  for (const stale of document.querySelectorAll('div[data-cooldown]')) stale.remove();

  /** Put into a page that was there before: its tap is not, and never comes. */
  const isLate = document.readyState !== 'loading';
  /** @type {MessagePort | null} */
  let tap = null;

  /**
   * One held promise of the app.
   * @typedef {object} Held
   * @property {number} id
   * @property {number} story
   * @property {'judging' | 'held' | 'retrying'} state
   * @property {Verdict | null} verdict  of its last failure; null until there is one
   * @property {number} attempt          how often its story had failed by then
   * @property {Omit<Explain, 'type'>} asked  what the verdict answers
   * @property {Edit[]} patch            what the person has had changed so far, of the body as the page sent it
   * @property {boolean} paid            and agreed to pay for
   * @property {boolean} ruled           the site's rule has had its one try
   * @property {number} tries            how many tries of ours for it failed
   * @property {number} press_at         when a press sends, and when its hold ends: on the clock that nobody sets (`performance.now()`)
   * @property {number} ends_at
   */
  /** @type {Map<number, Held>} in order of arrival */
  const held = new Map();
  /** @type {Map<number, number>} story → when it was dismissed, or the app last tried it after that */
  const dismissed = new Map();
  /** The same for a call that no hook sees, by what alone is known of it. @type {{url: string, status: number, at: number} | null} */
  let unwanted = null;
  /**
   * What the app itself does with a story: how often it has sent it, and the timers while it may send it again.
   * @typedef {object} AppTries
   * @property {number} sent
   * @property {boolean} marked  its SDK counts its tries in a header field (LangChain sends 0 with each: no count)
   * @property {boolean} inside  it was an error inside a good answer
   * @property {boolean} telling the failure is one that SDKs try again, or that only the app itself can see; what an app does after a refused key tells nothing of its habit
   * @property {number} show
   * @property {number} learn
   */
  /** @type {Map<number, AppTries>} by story, until the app has its answer or has given up */
  const apps = new Map();
  /** As the common SDKs have it. @param {number} status */
  const isTriedAgain = (status) => status === 0 || status === 408 || status === 409 || status === 429 || status >= 500;

  /** Who made this page? Until it is there, its host alone may tell. */
  const appHere = () => cooldownApps.find(location.hostname, (selector) => document.querySelector(selector) !== null);

  /**
   * What the card speaks for. `reload`: the page itself is the failed answer, and Retry loads it anew.
   * @typedef {{verdict: Verdict, stories: Set<number>, attempt: number, at_ms: number, over: 'answered' | 'released' | 'explained' | 'nothing' | null, by: string | null, panel: View['panel'], rule: Rule | null, reload: boolean, where: 'call' | 'text', hushed: View['hushed']}} Story
   */
  /** What each verdict answers: in another language it is asked for again. @type {WeakMap<Verdict, Omit<Explain, 'type'>>} */
  const answers = new WeakMap();
  /** Null without a card. @type {Story | null} */
  let story = null;
  /** What this page's cards were about, for the popup: it lies here alone, and ends with the page. @type {Story[]} */
  const told = [];
  const MOST_TOLD = 5;
  /** What a key had left when that was asked for last. @type {Panel | null} */
  let limits = null;
  /** Until when nothing is held or shown here: the person paused it, switched it off or took the leave back while this page was open. */
  let rests_until = 0;
  const isResting = () => rests_until > Date.now();
  /** Tries without a click. @type {Map<number, number>} by story */
  const tried = new Map();
  /** The one that is to come, which `turn` makes void as soon as anything else happens. @type {{at_ms: number, timer: number, ends: AbortController} | null} */
  let auto = null;
  let turn = 0;
  let asked = false;  // the person stopped them, or took over: no more for this card
  /** @type {View['remind']} */
  let remind = null;
  let armed = 0;      // the timer of a Retry that was pressed early
  let flowing = false; // the probe was answered: the others follow
  /** with this change, where the probe had one: those that asked in the same way. @type {{edits: Edit[], like: string} | null} */
  let following = null;
  let fade = 0;

  const overlay = cooldownStage.createStage({ onAct: (action, index) => act(action, index), onCard: (open) => tap?.postMessage({ v: V, type: 'card', open }), openRoots: globalThis.cooldownBuild?.test === true });

  /** @param {Decide['action']} action @param {number} id @param {number | null} deadline_ms @param {Edit[] | null} patch */
  const decide = (action, id, deadline_ms = null, patch = null) => tap?.postMessage({ v: V, type: 'decide', id, action, deadline_ms, patch });
  /** @param {Held} one */
  const sendAgain = (one) => {
    one.state = 'retrying';
    decide('retry', one.id, null, one.patch.length === 0 ? null : one.patch);
  };
  /** @param {Happened['what']} what @param {number} count */
  const happened = (what, count, inside = false) => { ask({ v: V, type: 'happened', what, count, inside }); };
  let badge = 'over 0';
  /** @param {'needs_you' | 'waiting' | 'over'} what @param {number} count */
  const showBadge = (what, count) => {
    if (badge === (badge = `${what} ${count}`)) return; // told already
    happened(what, count);
  };

  /**
   * When one may be sent again: 0 is now. Of two clocks the sooner one: the one stands still while a laptop sleeps, the other may be set back.
   * @param {{verdict: Verdict | null, press_at?: number}} one
   */
  const readyAt = ({ verdict, press_at = Infinity }) => {
    const left = Math.min((verdict?.plan.press_at_ms ?? verdict?.plan.ready_at_ms ?? 0) - Date.now(), press_at - performance.now());
    return left > 0 ? Date.now() + left : 0;
  };
  /** Of the answers that are kept, the one that has to wait longest, the last among equals. Its words and its countdown stand for all. */
  const slowest = () => {
    /** @type {Held | null} */
    let last = null;
    for (const one of held.values()) if (one.verdict !== null && (last === null || readyAt(one) >= readyAt(last))) last = one;
    return last;
  };

  /** @returns {View['phase']} */
  const phase = () => {
    const states = [...held.values()].map((one) => one.state);
    if (states.includes('retrying') || pressed !== 0) return 'retrying';
    if (armed !== 0) return 'armed';
    if (states.includes('held')) return story !== null && story.attempt > 1 && story.over === null && failedHere ? 'failed' : 'held';
    return story?.over ?? 'released';
  };
  let failedHere = false; // a replay of ours failed: the card says so

  const render = () => {
    if (story === null) return;
    const now = phase();
    const requests = story.stories.size;
    const { verdict, attempt, by, panel, rule, reload, hushed } = story;
    if (hushed === null && (now === 'released' || (now === 'explained' && !reload))) seek();
    if (!told.includes(story) && now !== 'nothing' && told.push(story) > MOST_TOLD) told.shift();
    overlay.show({
      verdict, phase: now, requests, attempt, site: location.hostname, by, panel, rule, control: isOffered() ? control?.label ?? null : null, reload,
      auto_at_ms: auto?.at_ms ?? null, remind: now === 'released' ? remind : null, hushed,
    });
    clearTimeout(fade);
    if (now === 'answered' || hushed !== null) fade = setTimeout(closeCard, hushed === null ? FADE_MS : UNDO_MS);
    if (now === 'answered' || now === 'nothing' || hushed !== null) showBadge('over', 0);
    else showBadge(now === 'retrying' || now === 'armed' || auto !== null ? 'waiting' : 'needs_you', Math.max(requests, 1));
  };

  const closeCard = () => {
    clearTimeout(fade);
    clearTimeout(armed);
    armed = 0;
    flowing = failedHere = asked = false;
    remind = null;
    stopAuto();
    forgetControl();
    drafts?.stop();
    drafts = null;
    following = null;
    if (story !== null) showBadge('over', 0);
    story = null;
    overlay.close();
  };

  // ---- the app's own control, for a card whose failure the app has

  /** @type {ReturnType<typeof findControl>} */
  let control = null;
  /** @type {ReturnType<typeof watchDrafts> | null} while there is a card */
  let drafts = null;
  /** @type {string[]} by which the app may show the failure */
  let said = [];
  /** @type {Element | null} where it does, if that is known */
  let shownAt = null;
  /** @type {(() => void) | null} */
  let stopSeeking = null;
  let pressed = 0; // the timer since it was

  /** Once more would not be in vain, too early, or over a newer message. */
  const isOffered = () => control !== null && drafts?.isNewer() === false && (phase() === 'released' || phase() === 'explained')
    && story !== null && story.verdict.diagnosis.retry_helps !== 'never' && (story.verdict.plan.ready_at_ms ?? 0) <= Date.now();

  /** The app shows its failure a moment after it has it. */
  const seek = () => {
    if (control !== null || stopSeeking !== null) return;
    let timer = 0;
    const look = () => {
      timer = 0;
      control = findControl({ app: appHere(), near: shownAt, said });
      if (control === null) return;
      observer.disconnect();
      render();
    };
    const observer = new MutationObserver(() => { if (timer === 0) timer = setTimeout(look, SETTLE_MS); });
    const end = setTimeout(() => observer.disconnect(), SEEK_MS);
    stopSeeking = () => { observer.disconnect(); clearTimeout(timer); clearTimeout(end); };
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['disabled', 'aria-disabled', 'class', 'hidden'] });
    timer = setTimeout(look, 0);
    const wait = (story?.verdict.plan.ready_at_ms ?? 0) - Date.now();
    if (wait > 0 && wait < 2 ** 31) setTimeout(render, wait + 1);
  };
  const forgetControl = () => {
    stopSeeking?.();
    stopSeeking = control = null;
    clearTimeout(pressed);
    pressed = 0;
  };
  const pressControl = () => {
    if (!isOffered() || control?.press() !== true) { forgetControl(); render(); return; }
    // What the app sends now is the person's doing, of which nothing is learnt.
    for (const id of story?.stories ?? []) { rest(appOf(id)); apps.delete(id); endIn(id, CONTROL_MS); }
    globalThis.cooldownText?.again();
    pressed = setTimeout(closeCard, PRESSED_MS);
    render();
  };

  /** What a failure says, as an app may show it: the messages in its body, or all of it. @param {string} body */
  const sayingsOf = (body) => {
    const quoted = [...body.matchAll(/"(?:error_?)?(?:message|raw|detail|error|text)"\s*:\s*("(?:[^"\\]|\\.){8,400}")/gi)].map(([, text]) => {
      try { return String(JSON.parse(text ?? '')).slice(0, 60); } catch { return ''; }
    });
    return [...quoted, body.slice(0, 60)];
  };

  /** @param {Verdict} verdict @param {Observed} m @param {Rule | null} rule */
  const speak = (verdict, m, rule = null) => {
    forgetControl();
    said = sayingsOf(m.exchange.body);
    shownAt = null;
    drafts ??= watchDrafts(appHere(), render);
    // A card that has said its last word, or only explains a failure of another kind, makes room for a new story.
    const keeps = [...held.values()].some((one) => one.id !== m.id && one.verdict !== null);
    const isRoom = story === null || story.over !== null || story.verdict.diagnosis.kind !== verdict.diagnosis.kind;
    if (story === null || (isRoom && !keeps && !story.stories.has(m.story))) {
      story = { verdict, stories: new Set([m.story]), attempt: m.attempt, at_ms: m.exchange.at_ms, over: null, by: null, panel: null, rule, reload: false, where: 'call', hushed: null };
      failedHere = asked = false;
    } else {
      story.stories.add(m.story);
      story.over = story.hushed = null;
      // What is kept has the card: its Retry must not go because of a failure that has none, nor come before its time.
      const last = slowest();
      story.verdict = last === null || (verdict.plan.hold && readyAt(last) === 0) ? verdict : last.verdict ?? verdict;
      story.attempt = Math.max(story.attempt, m.attempt);
      story.panel = story.by = null; // of another failure, or another answer
      story.rule = rule;
    }
    const again_at = verdict.plan.ready_at_ms ?? verdict.diagnosis.reset_at_ms ?? 0;
    // A minute is soon enough to stay for; private windows leave nothing behind.
    if (again_at > Date.now() + LEAST_REMINDER_MS && api.extension?.inIncognitoContext !== true && location.protocol !== 'file:') remind = 'offer';
    overlay.open();
    render();
  };

  // ---- tries without a click, where the person wants them: the core says when and whether, over the worker, which keeps the budget

  /** @param {number | null} due_at_ms the time that the plan named, once it has come */
  const planAuto = async (due_at_ms = null) => {
    const now = ++turn, last = slowest();
    const one = [...held.values()].find(({ state, story: of, verdict, paid }) => state === 'held' && !paid && (tried.get(of) ?? 0) < (verdict?.plan.auto_tries ?? 0));
    if (one === undefined || last === null || asked || !['held', 'failed'].includes(phase())) { stopAuto(); return; }
    const { plan, diagnosis } = /** @type {Verdict} held, so judged */ (one.verdict);
    const reply = await ask({
      v: V, type: 'auto', kind: diagnosis.kind, provider: diagnosis.provider ?? diagnosis.limit_owner, allowed: plan.auto_tries, tried: tried.get(one.story) ?? 0,
      ready_at_ms: readyAt(last) || null, ends_at_ms: Date.now() + one.ends_at - performance.now(), due_at_ms,
    });
    if (now !== turn) return; // a press, an edit or another failure came meanwhile
    const at_ms = isObject(reply) && typeof reply.at_ms === 'number' ? reply.at_ms : null;
    const before = auto?.at_ms ?? null;
    stopAuto();
    if (at_ms !== null && reply.send === true) {
      tried.set(one.story, (tried.get(one.story) ?? 0) + 1);
      flowing = false; // one try is one try: the others have theirs
      following = null;
      sendAgain(one);
    } else if (at_ms !== null) {
      const ends = new AbortController(), { signal } = ends;
      auto = { at_ms, ends, timer: setTimeout(() => planAuto(at_ms), Math.max(0, at_ms - Date.now())) };
      // Who edits the message, or goes elsewhere in the app, no longer waits for this answer.
      addEventListener('input', (event) => { if (event.isTrusted) takeOver(); }, { capture: true, signal });
      navigation()?.addEventListener('navigate', () => takeOver(), { signal });
    }
    if (story !== null && (at_ms !== null || before !== null)) render();
  };
  /** @returns {EventTarget | undefined} where the browser has it */
  const navigation = () => /** @type {{navigation?: EventTarget}} */ (globalThis).navigation;

  const stopAuto = () => {
    turn++;
    clearTimeout(auto?.timer);
    auto?.ends.abort();
    auto = null;
  };
  /** The person does: no more by itself for this card. */
  const takeOver = () => {
    asked = true;
    stopAuto();
    render();
  };

  /**
   * A failure that no call of this page's own brought, or that the person asked about. What is kept has the card.
   * @param {Verdict} verdict @param {'explained' | 'nothing'} over @param {boolean} reload @param {Element | null} near @param {Story['where']} where
   */
  const tell = (verdict, over, reload = false, near = null, where = 'text') => {
    if (held.size > 0) return;
    forgetControl();
    said = [];
    shownAt = near;
    drafts ??= watchDrafts(appHere(), render);
    story = { verdict, stories: new Set(), attempt: 1, at_ms: Date.now(), over, by: null, panel: null, rule: null, reload, where, hushed: null };
    failedHere = asked = false;
    remind = null;
    overlay.open();
    render();
  };

  /** @param {Omit<Explain, 'type'>} asked @returns {Promise<{verdict: Verdict | null, rule: Rule | null}>} the worker's word */
  const explain = async (asked) => {
    const reply = await ask({ ...asked, type: 'explain' }, true);
    const { verdict, rule, until_ms } = isObject(reply) && reply.ok === true ? /** @type {any} */ (reply) : {};
    if (typeof until_ms === 'number') rests_until = until_ms;
    if (isObject(verdict)) answers.set(/** @type {any} */ (verdict), asked);
    return { verdict: isObject(verdict) ? /** @type {any} */ (verdict) : null, rule: isObject(rule) ? /** @type {any} */ (rule) : null };
  };
  /** Of what no held answer brought. @param {Exchange} exchange @param {boolean} replayable @returns {Promise<Verdict | null>} */
  const judge = async (exchange, replayable) => {
    return (await explain({ v: V, exchange, request: null, replayable, attempt: 1, failures: 1, tries: 0, paid: false, patience_ms: null })).verdict;
  };
  /**
   * Failures that calls have shown of late: the app's own words for one are no second failure.
   * @type {{kind: string, status: number | null, url: string, at: number}[]}
   */
  let met = [];
  /** @param {string} kind @param {number | null} status @param {string} url */
  const meet = (kind, status, url) => {
    met = met.filter(({ at }) => performance.now() - at < MET_MS);
    met.push({ kind, status, url, at: performance.now() });
  };
  /** Words that name no kind are those for whatever a call has shown. @param {Verdict} verdict */
  const isMet = ({ diagnosis: { kind, status } }) =>
    met.some((one) => performance.now() - one.at < MET_MS && (one.kind === kind || kind === 'unknown_openrouter' || (status !== null && one.status === status)));
  /** The last answer of a call that no hook sees, whose failures before it its client has healed. @type {{url: string, at_ms: number} | null} */
  let healed = null;
  /** @param {Exchange | undefined} exchange */
  const isHealed = (exchange) => exchange !== undefined && healed !== null && healed.url === exchange.url && healed.at_ms > exchange.at_ms && healed.at_ms - exchange.at_ms < NEXT_MS;
  let readAt = -Infinity; // when the last text was explained
  /** Too small for a card. */
  const isSmall = () => top !== window && (innerWidth < LEAST_WIDTH || innerHeight < LEAST_HEIGHT);

  /**
   * What another script of ours met on this page.
   * @param {Exchange} exchange @param {{reload?: boolean, near?: Element | null}} how `reload`: it is the page itself; `near`: it is a text, which stands there
   */
  const seen = async (exchange, { reload = false, near = null }) => {
    if (isSmall() || isResting()) return;
    const verdict = await judge(exchange, reload);
    // Of a text that does not even name OpenRouter, only what nobody else says is believed. Its own sentence for a provider's failure is such, where it
    // ends there: it is all that most apps show, and others' providers, of sign-ins and the like, say what was returned.
    const isSure = near === null || verdict?.diagnosis.certainty === 'certain' || /openrouter|(?<!\p{L} )Provider returned error(?![ \t]*[:\p{L}])/iu.test(exchange.body);
    if (verdict === null || !isSure || (near !== null && isMet(verdict)) || (near === null && isHealed(exchange))) return;
    // A text says more than a status of which the body is not known.
    if (near !== null) readAt = performance.now();
    else if (exchange.body === '' && performance.now() - readAt < TOLD_MS) return;
    ask({ v: V, type: 'ended', ...failureOf(verdict.diagnosis, exchange.at_ms, 1), outcome: 'explained' });
    tell(verdict, 'explained', reload, near, isText(exchange) ? 'text' : 'call');
  };
  /** @returns {Recent} */
  const recent = () => ({ failures: told.map(({ verdict, at_ms, over }) => ({ verdict, at_ms, answered: over === 'answered' })).reverse(), limits });
  Object.defineProperty(globalThis, 'cooldownBridge', { value: Object.freeze({ seen, recent }) });

  /** A call that no hook sees has failed. @param {Exchange} exchange */
  const onUnheld = (exchange) => {
    if (unwanted !== null && unwanted.url === exchange.url && unwanted.status === exchange.status && performance.now() - unwanted.at < DISMISSED_MS) {
      unwanted.at = performance.now();
      return;
    }
    // Those that the tap told of, and that were not asked about.
    if (!met.some(({ url, status, at }) => url === exchange.url && status === exchange.status && performance.now() - at < TOLD_MS)) seen(exchange, {});
  };

  /** @param {Healed} m */
  const onHealed = ({ url, at_ms }) => {
    healed = { url, at_ms };
    if (story?.over !== 'explained' || story.where !== 'call' || held.size > 0 || !isHealed(answers.get(story.verdict)?.exchange)) return;
    closeCard(); // and not "Answered": whose question that was, nobody has seen
  };

  // ---- what the tap says

  /** @param {Observed} m */
  const onObserved = async (m) => {
    if (isResting()) { decide('release', m.id); return; }
    const known = appHere();
    // What a known app asks of its own server beside generations says nothing of OpenRouter's.
    if (m.request.relay && known?.routes?.test(new URL(m.exchange.url).pathname) === false && !known.relays.some((head) => m.exchange.url.startsWith(head))) {
      decide('release', m.id);
      return;
    }
    const before = held.get(m.id), again = before?.state === 'retrying';
    const tries = again ? before.tries + 1 : 0;
    /** @type {Held} */
    const one = {
      id: m.id, story: m.story, state: 'judging', verdict: before?.verdict ?? null, attempt: m.attempt, patch: before?.patch ?? [], paid: before?.paid ?? false, ruled: before?.ruled ?? false,
      asked: { v: V, exchange: m.exchange, request: m.request, replayable: m.replayable, attempt: appOf(m.story).sent, failures: m.attempt, tries, paid: before?.paid ?? false, patience_ms: known?.patience_ms ?? null },
      tries, press_at: 0, ends_at: 0,
    };
    held.set(m.id, one);
    const app = appOf(m.story), { sent } = app;
    app.marked = m.request.app_retries !== null && m.request.app_retries >= sent - 1;
    app.inside = isInside(m.exchange);
    app.telling = app.inside || isTriedAgain(m.exchange.status);
    rest(app);
    for (const [id, at] of dismissed) if (performance.now() - at >= DISMISSED_MS) dismissed.delete(id);
    const isDismissed = dismissed.has(m.story);
    meet('', m.exchange.status, m.exchange.url);
    // Where nobody could see or press a card, nothing is kept: it would only keep the app waiting.
    if (isDismissed || isSmall()) {
      if (isDismissed) dismissed.set(m.story, performance.now());
      held.delete(m.id);
      decide('release', m.id);
      return;
    }
    const mayHeal = !app.inside && (m.request.app_retries ?? 2) < 2;
    if (!mayHeal) overlay.open();
    const { verdict, rule } = await explain(one.asked);
    const late = held.get(m.id) !== one; // the tap let go, the page aborted, or the person dismissed, while we asked
    const ended = gone.delete(m.id);
    if (verdict !== null) meet(verdict.diagnosis.kind, verdict.diagnosis.status, m.exchange.url);
    else if (!isResting()) globalThis.cooldownText?.wake();
    if (verdict === null) {
      if (!late) { held.delete(m.id); decide('release', m.id); }
      if (story === null && held.size === 0) overlay.close();
      else render();
      return;
    }
    const isNoted = notes.has(m.story);
    if (!late || !isNoted) note(m, verdict);
    if (late) {
      if (!isNoted) { if (ended) end(m.story, 'left'); else endIn(m.story, LEARN_MS); }
      // Let go without a verdict: it still explains, unless the app is at its next try already.
      const isFree = story === null || (story.over !== null && held.size === 0); // no card, or one that has said its last word
      if (!ended && isFree && apps.get(m.story) === app && app.sent === sent) expectApp(verdict, m);
      else if (story === null && held.size === 0) overlay.close();
      return;
    }
    if (again) flowing = false; // whatever it was, the others do not run into it
    if (verdict.plan.hold) {
      one.state = 'held';
      one.verdict = verdict;
      one.press_at = performance.now() + (verdict.plan.press_at_ms ?? 0) - Date.now();
      one.ends_at = performance.now() + (verdict.plan.deadline_ms ?? 0);
      if (again) failedHere = true;
      decide('hold', m.id, verdict.plan.deadline_ms);
      speak(verdict, m, rule);
      if (rule !== null) obey(one, rule);
      planAuto();
    } else {
      held.delete(m.id);
      decide('release', m.id);
      expectApp(verdict, m);
    }
  };
  /** @type {Set<number>} ids that ended by the page's own abort or a dismissal while they were judged: no card for them */
  const gone = new Set();

  // ---- what becomes of each failure, told once for the history, when nothing more can come of it

  /** @type {Map<number, {failure: Omit<Failure, 'outcome'>, held: boolean, timer: number}>} by story, until it is told */
  const notes = new Map();
  /** @param {Diagnosis} diagnosis @param {number} at_ms @param {number} tries @returns {Omit<Failure, 'outcome'>} */
  const failureOf = ({ kind, limit_owner, provider, model, status, retry_after_s: wait_s }, at_ms, tries) => ({ at_ms, kind, limit_owner, provider, model, status, wait_s, tries });
  /** @param {Observed} m @param {Verdict} verdict */
  const note = (m, { diagnosis, plan: { hold } }) => {
    const before = notes.get(m.story), first = before?.failure ?? failureOf({ ...diagnosis, model: diagnosis.model ?? m.request.model }, m.exchange.at_ms, 0);
    clearTimeout(before?.timer);
    notes.set(m.story, { failure: { ...first, tries: m.attempt }, held: hold || before?.held === true, timer: 0 });
  };
  /** @param {number} id @param {Failure['outcome'] | null} outcome null: as far as it came */
  const end = (id, outcome) => {
    const one = notes.get(id);
    if (one === undefined) return;
    clearTimeout(one.timer);
    notes.delete(id);
    const tries = one.failure.tries + (outcome === 'answered' ? 1 : 0);
    ask({ v: V, type: 'ended', ...one.failure, tries, outcome: outcome ?? (one.held ? 'given_up' : 'explained') });
  };
  /** The app has its error, and may still heal it. @param {number} id @param {number} ms */
  const endIn = (id, ms) => {
    const one = notes.get(id);
    if (one === undefined) return;
    clearTimeout(one.timer);
    one.timer = setTimeout(() => end(id, null), ms);
  };

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
    if (app === undefined) apps.set(id, app = { sent: 1, marked: false, inside: false, telling: false, show: 0, learn: 0 });
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
    app.learn = setTimeout(() => {
      apps.delete(id);
      if (app.telling) happened('app_retries', app.sent - 1, app.inside);
    }, LEARN_MS);
  };

  /** @param {Resent} m */
  const onResent = (m) => {
    const app = apps.get(m.story); // none: it had given up, so this is a person who sends again
    if (app !== undefined) rest(app);
    if (m.answered) end(m.story, 'answered');
    else clearTimeout(notes.get(m.story)?.timer); // it fails again, is answered, or the page is left
    if (!m.answered) {
      if (app === undefined) return;
      // However long that try takes: it is no failure that the person has not dismissed.
      if (performance.now() - (dismissed.get(m.story) ?? -Infinity) < DISMISSED_MS) dismissed.set(m.story, Infinity);
      // "At least so many times." Where the request itself says which try it is, the core needs no such guess.
      if (app.telling && !app.marked) happened('app_retries', app.sent, app.inside);
      app.sent += 1;
      return;
    }
    apps.delete(m.story);
    if (story?.stories.has(m.story) && held.size === 0) {
      forgetControl();
      story.over = 'answered';
      story.attempt = story.stories.size === 1 ? story.attempt + 1 : 1; // of several it is not known which failed how often
      render();
    }
  };

  /** @param {Settled} m */
  const onSettled = (m) => {
    if (m.outcome === 'released') learn(m.story);
    else { rest(appOf(m.story)); apps.delete(m.story); }
    if (m.outcome === 'released') endIn(m.story, LEARN_MS);
    else end(m.story, m.outcome === 'answered' ? 'answered' : 'left');
    const one = held.get(m.id);
    if (one === undefined) return;
    held.delete(m.id);
    if (m.outcome === 'aborted') {
      if (one.state === 'judging') gone.add(m.id);
      // The card may speak for an earlier failure, of which the abort says nothing.
      if (held.size === 0 && (story === null || story.stories.has(m.story))) { closeCard(); return; }
      next();
    }
    if (story === null) return;
    const last = slowest();
    if (last?.verdict) story.verdict = last.verdict;
    if (m.outcome === 'answered') {
      story.attempt = Math.max(story.attempt, one.attempt + 1); // the app's own tries count too
      story.over = 'answered';
      story.by = m.by;
      failedHere = false;
      flowing = !one.paid; // each is paid for by itself
      next();
    } else if (m.outcome === 'released' && (story.over === null || held.size === 0)) {
      story.over = 'released';
      if (held.size === 0) { clearTimeout(armed); armed = 0; }
    }
    render();
    if (!flowing) planAuto();
  };

  /** After the probe's answer the others follow, two at a time; not those that have to wait. */
  const next = () => {
    if (!flowing) return;
    let busy = 0;
    for (const one of held.values()) if (one.state === 'retrying') busy++;
    for (const one of held.values()) {
      if (busy >= AT_ONCE) return;
      if (one.state !== 'held' || (following === null ? readyAt(one) !== 0 : following.like !== likeness(one))) continue;
      if (following !== null) one.patch = following.edits;
      busy++;
      sendAgain(one);
    }
    if (busy === 0) flowing = false;
  };

  // ---- what the person says, on the card

  /** @param {Act['action']} action @param {number} index */
  const act = (action, index) => {
    const panel = typeof story?.panel === 'object' ? story.panel : null;
    if (action === 'dismiss') { dismiss(); return; }
    if (action === 'remind') { setReminder(); return; }
    if (action === 'stop') { takeOver(); return; }
    // A press goes before any timer; and who stops what was pressed, looks around or chooses otherwise has taken over.
    stopAuto();
    asked = action !== 'retry';
    switch (action) {
      case 'control': pressControl(); return;
      case 'remedy': {
        const remedy = story?.verdict.remedies[index];
        if (remedy?.asks === 'limits') askLimits();
        else if (remedy?.asks) lookUp(remedy.asks);
        else rescue(remedy);
        return;
      }
      case 'offer': rescue(panel?.offers[index]); return;
      case 'hide': hush('site'); return;
      case 'mistaken': hush('pattern'); return;
      case 'show_again': showAgain(); return;
      case 'always': if (panel?.always) setRule(panel.always); return;
      case 'back': leavePanel(); return;
      case 'undo': endRule(); return;
    }
    clearTimeout(armed);
    armed = 0;
    if (action === 'retry' && phase() !== 'retrying') probe();
    else render();
  };

  /** One request finds out, as soon as no wait runs any more; the others wait for it. */
  const probe = () => {
    const waited = armed !== 0;
    armed = 0;
    const one = [...held.values()].find(({ state }) => state === 'held'), last = slowest();
    const reload = held.size === 0 && story?.reload === true, ready = readyAt(last ?? { verdict: reload ? story?.verdict ?? null : null });
    // Timers may come a moment early, and a later failure may state a longer wait.
    if ((one !== undefined || reload) && ready > 0) {
      armed = setTimeout(probe, Math.min(ready - Date.now(), LOOK_MS));
      if (waited) return; // the card says so already
    } else if (one !== undefined) {
      following = null;
      sendAgain(one);
    } else if (reload) {
      closeCard();
      location.reload();
      return;
    }
    render();
  };

  // ---- a changed request

  /** Whom the card's words are about; else whoever is held. */
  const spoken = () => {
    const kept = [...held.values()].filter(({ state }) => state === 'held');
    return kept.find(({ verdict }) => verdict === story?.verdict) ?? kept[0];
  };
  /** What a patch was made for, but for the prompt. @param {Held} one */
  const likeness = ({ asked: { exchange: { url }, request }, verdict }) => JSON.stringify([url, { ...request, size: null }, verdict?.diagnosis.kind, verdict?.diagnosis.provider]);

  /** One request is sent again, changed; others like it follow when it is answered. @param {{patch: Edit[] | null, costs: string} | null | undefined} what the worker's word */
  const rescue = (what) => {
    const edits = checked(what?.patch), one = spoken();
    if (edits === null || one === undefined || phase() === 'retrying') { render(); return; }
    stopAuto();
    clearTimeout(armed);
    armed = 0;
    following = { edits: [...one.patch, ...edits], like: likeness(one) };
    one.patch = following.edits;
    one.paid ||= what?.costs === 'credits';
    if (story !== null) story.panel = null;
    sendAgain(one);
    render();
  };

  /** What the person said for this site: one try without that provider, at once. @param {Held} one @param {Rule} rule */
  const obey = (one, rule) => {
    const remedy = one.verdict?.remedies.find(({ type, value }) => type === 'other_provider' && value === rule.slug);
    if (remedy === undefined || one.ruled || one.state !== 'held') return;
    one.ruled = true;
    if (phase() !== 'retrying') rescue(remedy); // else it follows
  };

  /** @param {NonNullable<Panel['always']>} always */
  const setRule = async ({ slug, name }) => {
    const of = story, reply = await ask({ v: V, type: 'skip', slug, name });
    if (of === null || story !== of) return;
    of.rule = isObject(reply) && isObject(reply.rule) ? /** @type {any} */ (reply.rule) : null;
    const remedy = of.verdict.remedies.find(({ type, value }) => type === 'other_provider' && value === slug);
    rescue(remedy);
  };
  const endRule = () => {
    if (story?.rule) ask({ v: V, type: 'skip', slug: story.rule.slug, name: null });
    if (story !== null) story.rule = null;
    render();
  };

  // ---- what a click has looked up

  let asking = 0; // the last click
  /** @param {'providers' | 'price'} asks */
  const lookUp = async (asks) => {
    const of = story, one = spoken();
    if (of === null || one === undefined) { render(); return; }
    of.panel = 'loading';
    render();
    const mine = asking += 1;
    showPanel(mine, await ask({ ...one.asked, type: 'look_up', asks }));
  };
  /** @param {number} mine @param {any} reply the worker's word */
  const showPanel = (mine, reply) => {
    const of = story;
    if (of === null || of.panel !== 'loading' || mine !== asking) return;
    of.panel = isObject(reply) && isObject(reply.panel) ? /** @type {any} */ (reply.panel) : 'failed';
    render();
  };
  const leavePanel = () => {
    if (story !== null) story.panel = null;
    render();
  };
  const askLimits = () => {
    const of = story, id = spoken()?.story ?? [...story?.stories ?? []].at(-1);
    if (of === null || id === undefined) return;
    of.panel = 'loading';
    render();
    const mine = asking += 1;
    tap?.postMessage({ v: V, type: 'ask_limits', story: id });
    setTimeout(() => showPanel(mine, null), LIMITS_MS);
  };
  /** @param {Limits} m */
  const onLimits = async ({ story: id, numbers }) => {
    const mine = asking;
    if (story?.panel !== 'loading' || !story.stories.has(id)) return;
    const reply = await ask({ v: V, type: 'tell_limits', numbers, at_ms: Date.now() });
    if (isObject(reply) && isObject(reply.panel)) limits = /** @type {any} the worker's word */ (reply.panel);
    showPanel(mine, reply);
  };

  const setReminder = async () => {
    const { plan, diagnosis } = story?.verdict ?? {}, at_ms = plan?.ready_at_ms ?? diagnosis?.reset_at_ms;
    if (remind !== 'offer' || at_ms == null) return;
    const reply = await ask({ v: V, type: 'remind', at_ms });
    remind = reply?.ok !== true ? null : reply.notifies === true ? 'set' : 'marked';
    render();
  };

  /** The app has its answers, and what it still sends of these stories. */
  const letGo = () => {
    for (const one of held.values()) {
      if (one.state === 'judging') gone.add(one.id);
      decide('release', one.id);
    }
    held.clear();
    for (const id of story?.stories ?? []) dismissed.set(id, performance.now());
    const unheld = story?.over === 'explained' && story.where === 'call' ? answers.get(story.verdict)?.exchange : undefined;
    if (unheld !== undefined) unwanted = { url: unheld.url, status: unheld.status, at: performance.now() };
    for (const app of apps.values()) clearTimeout(app.show);
  };
  const dismiss = () => {
    letGo();
    closeCard();
  };

  /** May we be here still? What is held goes to the page at once, and so does what fails from now on. */
  const onChanged = async () => {
    const reply = await ask({ v: V, type: 'standing' }, true);
    rests_until = isObject(reply) && typeof reply.until_ms === 'number' ? reply.until_ms : 0;
    // The browser's own question may be answered long after the click.
    if (remind === 'set' || remind === 'marked') { remind = reply?.notifies === true ? 'set' : 'marked'; render(); }
    // What was put into an open page explains what the person asked about there, on the leave of a click.
    if (isResting() && story?.hushed) letGo(); // its card says so, for a while
    else if (isResting() && !isLate) dismiss();
    else if (story !== null && typeof reply?.lang === 'string' && reply.lang !== story.verdict.words.lang) respeak(story);
  };
  /** What an open card says, in the language that is chosen now; what was decided stays. @param {Story} of */
  const respeak = async (of) => {
    /** @type {Map<Verdict | null, Verdict>} */
    const anew = new Map();
    for (const verdict of new Set([of.verdict, ...[...held.values()].map((one) => one.verdict)])) {
      const asked = verdict === null ? undefined : answers.get(verdict), said = asked && (await explain(asked)).verdict;
      if (verdict === null || !asked || !said) continue;
      const spoken = { ...verdict, words: said.words, remedies: said.remedies };
      answers.set(spoken, asked);
      anew.set(verdict, spoken);
    }
    for (const one of held.values()) one.verdict = anew.get(one.verdict) ?? one.verdict;
    const spoken = anew.get(of.verdict);
    if (story !== of || spoken === undefined) return;
    of.verdict = spoken;
    of.panel = null;
    overlay.close(); // a frame of before has words of before
    render();
  };
  // ---- no more of it here

  /** @param {boolean} on @param {View['hushed']} what @param {Story} of @returns {Promise<boolean>} */
  const tellHush = async (on, what, { verdict, where }) => {
    const reply = await ask({ v: V, type: 'hush', on, pattern: what === 'site' ? null : { kind: verdict.diagnosis.kind, where } });
    return isObject(reply) && reply.ok === true;
  };
  /** @param {'site' | 'pattern'} what */
  const hush = async (what) => {
    const of = story;
    if (of === null) return;
    of.hushed = what; // before the worker tells all pages of it
    if (!await tellHush(true, what, of)) of.hushed = null;
    if (story !== of) return;
    if (of.hushed !== null) {
      letGo();
      clearTimeout(armed);
      armed = 0;
      if (of.over === null) of.over = 'released';
    }
    render();
  };
  /** The person thinks otherwise: what the card said stands there again, though the app has its error by now. */
  const showAgain = async () => {
    const of = story;
    if (of === null || of.hushed === null) return;
    if (await tellHush(false, of.hushed, of)) of.hushed = null;
    if (story === of) render();
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
      case 'observed': onObserved(m).catch(() => { held.delete(m.id); decide('release', m.id); }); break;
      case 'settled': onSettled(m); break;
      case 'resent': onResent(m); break;
      case 'limits': onLimits(m); break;
      case 'failed': if (!isResting()) globalThis.cooldownText?.wake(); break;
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
    // The scripts run where the person switched the site on, and on OpenRouter's own pages, whose server is no relay.
    if (new URL(document.baseURI).hostname !== 'openrouter.ai') port.postMessage({ v: V, type: 'configure', watch: 'own', routes: appHere()?.relays ?? [] });
  }, { once: true });
  dispatchEvent(new Event(`${NAME}-ask`));

  // Leaving the page ends every hold; the back/forward cache must not keep one. Firefox loses what is posted on the way into it, so it is
  // said again to a page that comes back.
  /** @type {number[]} */
  let left = [];
  addEventListener('pagehide', () => {
    left = [...held.keys()];
    for (const { story: id } of held.values()) end(id, 'left');
    for (const id of notes.keys()) end(id, null);
    dismiss();
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) tap?.postMessage({ v: V, type: 'card', open: false });
    for (const id of left) decide('release', id);
    left = [];
  });

  api.runtime.onMessage.addListener((m, sender, respond) => {
    if (sender.id !== api.runtime.id || sender.tab !== undefined) return;
    if (isObject(m) && m.v === V && m.type === 'status') respond({ v: V, ok: true, late: isLate && tap === null, locked: !isLate && tap === null });
    const heard = toBridge(m);
    if (heard === null) return;
    if (heard.type === 'told') tell(heard.verdict, heard.phase);
    else if (heard.type === 'unheld') onUnheld(heard.exchange);
    else if (heard.type === 'healed') onHealed(heard);
    else if (heard.type === 'changed') onChanged();
    else if (heard.type === 'go_to_card') overlay.goTo();
    else if (!isResting()) globalThis.cooldownText?.wake();
    respond({ v: V, ok: true });
  });
})();
