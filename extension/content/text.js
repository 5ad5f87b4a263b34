// @ts-check
// Text that appears on the page and carries a failure of OpenRouter's, where no call showed it: the site's own server made the call, or a
// worker, or it came over a socket.
//
// Nothing looks at the whole document until something has failed. At the start a few small places are chosen in which apps put such a text
// while everything else stays still: live regions, containers of toasts, what is put right into the body. Each is left alone again
// when it turns out to change often. A failed call (`wake`) starts a look at everything, which ends by itself.
//
// What comes over a socket shows no failed call, and in a bubble far from those places. So once the person has written something, the browser's own
// matching of styles tells when an element appears that is named as a failure or a message is: a rule with an animation of a moment in which
// nothing moves.
//
// A text is asked about only where it stands as a failure does: in an alert, a toast, or an element that is called an error; after a failed
// call, as a message that consists of it and stands still; or as one that calls itself an error and goes on saying nothing else. What grows
// word by word is an answer, whatever it quotes, and what the person sent is the person's.

(() => {
  'use strict';
  const { V, withoutSecrets } = cooldownProtocol, { ALERTS, OWN, FAILURES, MESSAGES, NOTICED } = cooldownApps;

  const AWAKE_MS = 30_000;  // from the last failed call to its text; apps try again for a while before they say so
  const SETTLE_MS = 250;    // a text is looked at when it stands, and a stream four times a second
  const PLACES_MAX = 12;    // of each sort that are watched while nothing has failed
  const TIRED_BODY = 200;   // of the body, into which menus are put as well
  const TIRED = 12;         // changes of such a place without a failure: it is used for something else
  const TAIL = 4_000;       // characters at the end of an element that are looked at: failures are not longer
  const CHROME = 60;        // around a message: its author, the time, the words of its buttons
  const AROUND = 300;       // in an alert, beside what was said: what to do, whom to ask
  const STREAMED = 8;       // changes after which a message is an answer that is being written
  const LOOKS_MAX = 10;     // on a site whose calls fail for other reasons
  const ROOTS_MAX = 40, NODES_MAX = 20_000; // of a page with very many shadow roots, or very many elements
  const JUST_MS = 2_000;    // what was put in together
  const AGAIN_MS = 60_000;  // the same text is the same failure
  const STILL_MS = 1_000;   // after which a message says all that it has to say
  const NOTICE_TRIES = 3, NOTICE_MS = 500; // to have the worker's help

  /** A word that every text has of which the core could say something; a test holds it to the corpus. */
  const MARKED = new RegExp(['openrouter', 'provider.returned.error', 'rate.limit', 'temporarily.rate', 'limit.exceeded', 'free-models', 'limit_rp', 'adjust.the.key', 'key.with.a.higher', 'budget.of',
    'new.accounts', 'credits', 'only.afford', 'tokens.limit', 'at.capacity', 'guardrail', 'data.policy', 'agentic', 'for.free', 'before.use', 'allowed.providers', 'no.endpoints',
    'valid.model', 'prompt.injection', 'flagged', 'requires.moderation', 'context.length', 'credentials', 'allowlist', 'management.keys', 'array.must.have', 'reasoning.is.mandatory', 'provider_name',
    'limit_source', 'is_byok', 'error_type', 'upstream', 'routing', 'code\\W{1,3}(?:34;\\W*)?\\d{3}', 'finish_reason', 'user_id'].join('|').replace(/(?<=\w)\.(?=\w)/g, '[\\s_-]'), 'i');

  /** How a message begins that calls itself an error, in the words of its app or of a library: "Error code: 429 - …", "RateLimitError: …", "429 …". */
  const CALLED = /^[^\p{L}\d]{0,4}(?:(?:[\p{L}.]+,? ){0,3}?[\p{L}.]*(?:error|exception|failed|failure|erro|erreur|fehler|ошибка|错误|出错|エラー|오류|خطأ)(?: (?:code|type|occurred|\d{3}))?\s*[:：({[\-–—]|[45]\d\d(?!\d))/iu;

  /** What LangChain adds to each error of others. */
  const FOOTNOTE = /\s*Troubleshooting URL: \S+\s*$/;

  /** Those that come and go. */
  const PASSING = '[role=alert],[role=alertdialog],[aria-live=assertive],[class*=toast i],[class*=snackbar i]';
  const POLITE = '[role=status],[aria-live=polite],output';
  /** In these an answer is set, or somebody writes. */
  const WRITTEN = 'pre code,[class*=markdown i],[class*=prose i]';
  const EDITED = 'textarea,input,select,[contenteditable]:not([contenteditable=false]),.cm-editor,.monaco-editor,script,style,noscript,template,[data-cooldown]';
  const LISTS = 'ol,ul,table,form,nav,header,footer,script,style,link,template,[role=log],[role=list],[role=feed],[data-cooldown]';
  const BOX = 'textarea,[contenteditable]:not([contenteditable=false])';
  /** Elements that part words. */
  const BLOCKS = /^(?:ADDRESS|ARTICLE|ASIDE|BLOCKQUOTE|BR|DD|DIV|DL|DT|FIGURE|FOOTER|H[1-6]|HEADER|LI|MAIN|OL|P|PRE|SECTION|TABLE|TR|UL)$/;
  /** Those that stand beside others in a text that somebody has written. */
  const PROSE = /^(?:P|BLOCKQUOTE|H[1-6]|DL|OL|TABLE|UL)$/;

  /** The end of what an element says, lines parted. @param {Node} node @param {number} [most] */
  const tail = (node, most = TAIL) => {
    let said = '';
    /** @param {Node} at */
    const take = (at) => {
      if (at.nodeType === Node.TEXT_NODE) said = /** @type {Text} */ (at).data + said;
      else if (at instanceof Element && !/^(?:SCRIPT|STYLE|TEMPLATE|NOSCRIPT|TEXTAREA)$/.test(at.tagName)) {
        const parts = BLOCKS.test(at.tagName);
        if (parts && said !== '') said = `\n${said}`;
        if (at.shadowRoot !== null) takeAll(at.shadowRoot);
        takeAll(at);
        if (parts) said = `\n${said}`;
      } else if (at instanceof ShadowRoot) takeAll(at);
    };
    /** @param {Node} at */
    const takeAll = (at) => { for (let child = at.lastChild; child !== null && said.length < most; child = child.previousSibling) take(child); };
    take(node);
    return said.trim();
  };
  /** Out of a shadow root too. @param {Node} node @returns {Element | null} */
  const above = (node) => node.parentElement ?? (node.parentNode instanceof ShadowRoot ? node.parentNode.host : null);
  /** @param {Element | null} element @param {string} selector @returns {Element | null} */
  const closest = (element, selector) => {
    for (let at = element; at !== null;) {
      const found = at.closest(selector), root = at.getRootNode();
      if (found !== null) return found;
      at = root instanceof ShadowRoot ? root.host : null;
    }
    return null;
  };

  // ---- what changed

  /** @type {Set<Element>} to be looked at */
  const pending = new Set();
  /** @type {WeakMap<Element, number>} how often something below was written since the page began to fail */
  let written = new WeakMap();
  /** @type {WeakMap<Node, number>} when it was put in */
  const added = new WeakMap();
  /** Put in since the page began to fail; or, while nothing has failed, just now. @param {Node} node */
  const isNew = (node) => (added.get(node) ?? -Infinity) > (until > 0 ? since : performance.now() - JUST_MS);
  let timer = 0;

  /** @type {MutationRecord[][]} */
  let noted = [];
  /** Called for each token of a stream, so it only puts by what has changed. @param {MutationRecord[]} records */
  const note = (records) => {
    noted.push(records);
    if (timer === 0) timer = setTimeout(look, SETTLE_MS);
  };
  const sort = () => {
    /** @type {Map<Node, number>} */
    const changed = new Map(), now = performance.now();
    for (const records of noted) {
      for (const { target, addedNodes } of records) {
        changed.set(target, (changed.get(target) ?? 0) + 1);
        let isLine = target.nodeType === Node.TEXT_NODE; // what was there before says more now
        for (const node of addedNodes) {
          added.set(node, now);
          if (node instanceof Element && until > 0) openRoots(node);
          if (node instanceof Element && (BLOCKS.test(node.tagName) || node.childElementCount > 0 || node.shadowRoot !== null)) pending.add(node);
          else isLine = true;
        }
        const within = target instanceof Element ? target : above(target);
        if (isLine && within !== null && within !== document.body) pending.add(within);
      }
    }
    noted = [];
    for (const [target, times] of changed) {
      const within = target instanceof Element ? target : above(target);
      // A few steps up is as far as a message is from its words.
      for (let at = /** @type {Element | null} */ (within), steps = 0; at !== null && steps < 4; at = at.parentElement, steps++) written.set(at, (written.get(at) ?? 0) + times);
    }
  };

  const look = () => {
    timer = 0;
    sort();
    const some = [...pending];
    pending.clear();
    for (const element of some) if (element.isConnected && MARKED.test(tail(element))) examine(element);
    if (until > 0 && performance.now() > until) rest();
  };

  // ---- is it a failure, by where it stands

  /** Several candidates hold one text: the innermost that says it. @param {Element} element */
  const innermost = (element) => {
    for (let at = element; ;) {
      const inner = [...at.children, ...at.shadowRoot?.children ?? []].filter((child) => MARKED.test(tail(child)));
      const [only] = inner;
      // Inline elements part no text: it is the whole line that says it.
      if (inner.length !== 1 || only === undefined || !(BLOCKS.test(only.tagName) || only.shadowRoot !== null)) return at;
      at = only;
    }
  };
  /** The message that says it and little more; null where it is a part of one that says more. @param {Element} element @returns {Element | null} */
  const message = (element) => {
    const most = tail(element).length + CHROME;
    /** @param {Element} one */
    const isAll = (one) => tail(one, most + 1).length <= most;
    let at = element, put = isNew(at) ? at : null;
    for (let up = above(at); up !== null && up !== document.body; up = above(up)) if (isNew(up)) put = up;
    if (put !== null) return isAll(put) ? put : null;
    for (let up = at.parentElement; up !== null && up !== document.body && !up.matches(LISTS) && isAll(up); up = at.parentElement) at = up;
    return at;
  };
  /** Data that holds a failure somewhere, or a sentence that leads up to one and goes on. @param {string} said */
  const isPart = (said) => {
    const from = said.indexOf('{'), to = said.lastIndexOf('}');
    if (from < 0 || to < from) return false;
    if (from > CHROME || said.length - to > 20) return true;
    try {
      const whole = JSON.parse(said);
      return !('error' in whole || 'choices' in whole || whole.type === 'error');
    } catch { return false; }
  };
  /** @type {WeakMap<Element, {said: string, since: number}>} messages, as they were when last looked at */
  const stood = new WeakMap();
  /** Whether a message has said the same for a while, or it is looked at again after it. One that grows is an answer. @param {Element} whole */
  const isStill = (whole) => {
    const said = tail(whole), now = performance.now(), before = stood.get(whole);
    if (before?.said === said) return now - before.since >= STILL_MS;
    const grows = before !== undefined && said.startsWith(before.said);
    stood.set(whole, { said, since: grows ? Infinity : now });
    if (!grows) setTimeout(() => { pending.add(whole); timer ||= setTimeout(look, 0); }, STILL_MS);
    return false;
  };
  /** @param {string} text */
  const bare = (text) => text.replace(/\s+/g, '');
  /** The message that calls itself an error and says nothing else, where that is so, and it is none of the person's own. @param {Element} inner @returns {Element | null} */
  const called = (inner) => {
    const said = tail(inner), whole = CALLED.test(said) ? closest(inner, MESSAGES) : null;
    if (whole === null || bare(typed).includes(bare(said)) || tail(whole).replace(FOOTNOTE, '').length > said.length + CHROME) return null;
    /** @param {Iterable<Element>} some */
    const paragraphs = (some) => [...some].filter((one) => PROSE.test(one.tagName) && !FOOTNOTE.test(tail(one))).length;
    // Beside paragraphs, or as one of several, it is quoted.
    if (paragraphs(whole.parentElement?.children ?? []) > (PROSE.test(whole.tagName) ? 1 : 0) || paragraphs(whole.querySelectorAll('p')) > 1) return null;
    return isStill(whole) ? whole : null;
  };
  /** @type {WeakSet<Element>} what appeared as a message and nothing else, while the person asks */
  const spoken = new WeakSet();
  /** @param {Element} element @returns {Element | null} the element that shows the failure and nothing else */
  const standing = (element) => {
    const inner = innermost(element);
    if (closest(inner, EDITED) !== null || !inner.checkVisibility()) return null;
    // Not a frame around an app that is there to catch errors.
    const alert = closest(inner, FAILURES);
    // Paragraphs in a colour are a text that somebody has written.
    const isSet = alert !== null && !alert.matches(OWN) && (closest(alert, WRITTEN) !== null || (!alert.matches(ALERTS) && [...inner.children].filter(({ tagName }) => PROSE.test(tagName)).length > 1));
    if (alert !== null && !isSet && tail(alert).length <= tail(inner).length + AROUND) return alert;
    const error = isAsking ? called(inner) : null;
    if (error !== null) return error;
    const whole = message(inner);
    if (whole === null || (written.get(whole) ?? 0) > STREAMED) return null;
    // Beside paragraphs that were put in with it, or in a text that is set, it is quoted.
    const isBeside = [...whole.parentElement?.children ?? []].some((one) => one !== whole && isNew(one) && PROSE.test(one.tagName)) || [...whole.querySelectorAll('p')].some((one) => !one.contains(inner));
    if (isBeside || closest(above(whole), WRITTEN) !== null || isPart(tail(whole))) return null;
    // A toast by its looks, which may be gone soon; a region that tells of what happens, but no talk that is read out, or that has a window of its own.
    let isToast = false, isTalk = false, isInside = true;
    for (let at = /** @type {Element | null} */ (inner); at !== null; at = above(at)) {
      isTalk ||= spoken.has(at);
      isToast ||= isInside && getComputedStyle(at).position === 'fixed' && at.querySelector(BOX) === null;
      isInside &&= at !== whole;
    }
    if (isToast) return whole;
    return (until > 0 || (!isTalk && closest(inner, POLITE) !== null)) && isStill(whole) ? whole : null;
  };

  /** @type {Map<string, {at: number, places: WeakSet<Element>, isOver: boolean}>} texts that were asked about: when, where they stood, and whether the app has been sent to try again since */
  const asked = new Map();
  /** @param {Element} element */
  const examine = async (element) => {
    const shown = standing(element);
    if (shown === null) return;
    const said = tail(shown), now = performance.now();
    if (said.length >= TAIL) return; // a part of it could say what the whole does not
    for (const [text, { at }] of asked) if (now - at > AGAIN_MS) asked.delete(text);
    const before = asked.get(said), isKnown = before !== undefined && (!before.isOver || before.places.has(shown));
    before?.places.add(shown);
    if (isKnown) return;
    asked.set(said, { at: now, places: new WeakSet([shown]), isOver: false });
    looks = 0;
    await cooldownBridge.seen({ surface: 'page', url: '', method: '', status: 0, headers: {}, body: withoutSecrets(said), at_ms: Date.now() }, { near: shown });
  };

  /** The app was sent to try again: what it says from now on is of that try, though it may be the same. What still stands there is not. */
  const again = () => { for (const one of asked.values()) one.isOver = true; };

  // ---- where to look

  /** @type {MutationObserver | null} of everything, while something has just failed */
  let all = null;
  let since = 0, until = 0; // since when, and until
  let roots = 0;
  let looks = 0; // in vain, so far
  const EVERYTHING = { subtree: true, childList: true, characterData: true };

  /** Observers do not see into shadow roots. @param {Element} element */
  const openRoots = (element, isAsked = true) => {
    let nodes = 0;
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT);
    for (let at = /** @type {Node | null} */ (element); at !== null && ++nodes < NODES_MAX; at = walk.nextNode()) {
      const root = at instanceof Element ? at.shadowRoot : null;
      if (root === null || roots >= ROOTS_MAX) continue;
      roots++;
      all?.observe(root, EVERYTHING);
      for (const child of root.children) {
        if (isAsked) pending.add(child);
        openRoots(child, isAsked);
      }
    }
  };

  /** A call has failed, and nothing was explained: what the app says of it may. */
  const wake = () => {
    const isAwake = until > 0;
    if (!isAwake && ++looks > LOOKS_MAX) return;
    until = performance.now() + AWAKE_MS;
    if (isAwake || document.body === null) return;
    written = new WeakMap();
    since = performance.now();
    roots = 0;
    all = new MutationObserver(note);
    all.observe(document.body, EVERYTHING);
    openRoots(document.body, false);
    // What the app said in the moment before we heard of it.
    for (const place of [...document.querySelectorAll(PASSING)].slice(-PLACES_MAX)) pending.add(place);
    timer ||= setTimeout(look, SETTLE_MS);
    setTimeout(rest, AWAKE_MS + SETTLE_MS);
  };
  const rest = () => {
    if (until === 0) return;
    const left = until - performance.now();
    if (left > 0) { setTimeout(rest, left + SETTLE_MS); return; }
    until = 0;
    all?.disconnect();
    all = null;
  };

  /** @type {WeakSet<Node>} */
  const watched = new WeakSet();
  /** @type {MutationObserver[]} of what has appeared: the latest few may still be filled */
  const latest = [];
  /** @param {Node} place @param {MutationObserverInit} how */
  const watch = (place, how, isLatest = false) => {
    if (watched.has(place)) return;
    watched.add(place);
    let changes = 0;
    const observer = new MutationObserver((records) => {
      if (++changes > (place === document.body ? TIRED_BODY : TIRED) || (how.subtree && tail(place).length >= TAIL)) observer.disconnect();
      if (until > 0) return; // everything is looked at
      note(records);
      if (place !== document.body) return;
      for (const { addedNodes } of records) for (const node of addedNodes) if (node instanceof Element) choose(node, true);
    });
    observer.observe(place, how);
    if (isLatest && latest.push(observer) > PLACES_MAX) latest.shift()?.disconnect();
  };
  /** What is put into the body later, a toast or a container for them, is often written into only then. @param {Element} element @param {boolean} isLater */
  const choose = (element, isLater) => {
    if (element.matches(LISTS)) return;
    const how = isLater ? EVERYTHING : { childList: true };
    if (element.shadowRoot !== null) watch(element.shadowRoot, how);
    watch(element, how);
  };
  const start = () => {
    if (document.body === null) return;
    watch(document.body, { childList: true });
    for (const child of [...document.body.children].slice(0, PLACES_MAX)) choose(child, false);
    const regions = [...document.querySelectorAll(`${ALERTS},${POLITE}`)].filter((place) => tail(place, 400).length < 400);
    for (const place of regions.slice(0, PLACES_MAX)) watch(place, EVERYTHING);
  };

  // ---- what appears with no failed call: of an answer that the person has asked for

  const FIELD = `${BOX},input:not([type]),input[type=text]`, BUTTONS = 'button,[role=button],input[type=submit],input[type=button]';
  /** These open something, and what it shows may have failed long ago. */
  const OPENS = 'a[href],nav,aside,[role=navigation],[role=tab],[class*=sidebar i],[class*=history i]';
  const LOOKED_AT = `${FAILURES},${MESSAGES}`;
  let isAsking = false;
  let isNoticed = false; // the worker was asked to have it noticed
  let typed = ''; // what the person wrote last, which appears as a message too
  /** @type {Set<Document | ShadowRoot>} where appearances are heard */
  const heard = new Set();
  /** @type {WeakSet<Element>} what could show a failure before anybody listened */
  const there = new WeakSet();
  /** @type {WeakSet<Element>} the same, whatever has been heard of them since */
  const old = new WeakSet();

  /** @param {Event} event */
  const onAppearance = (event) => {
    const { target, type, animationName } = /** @type {AnimationEvent} */ (event);
    if (animationName === NOTICED) event.stopImmediatePropagation(); // it is none of the page's
    // An animation of the page's own takes the place of ours, and tells as much.
    if (type === 'animationstart' && target instanceof Element) appeared(target);
  };
  /** @param {Element} target */
  const appeared = (target) => {
    if (!isAsking || there.delete(target) || target.contains(document.body) || !target.matches(LOOKED_AT)) return;
    if (!target.matches(FAILURES)) spoken.add(target);
    pending.add(target);
    timer ||= setTimeout(look, SETTLE_MS);
    if (tail(target, 400).length < 400) watch(target, EVERYTHING, true);
  };
  /** @param {Window | Document | ShadowRoot} where @param {Document | ShadowRoot} tree */
  const hear = (where, tree) => {
    if (heard.has(tree)) return;
    for (const one of heard) if (one instanceof ShadowRoot && !one.isConnected) heard.delete(one);
    heard.add(tree);
    for (const element of tree.querySelectorAll(LOOKED_AT)) { there.add(element); old.add(element); }
    for (const type of ['animationstart', 'animationend', 'animationcancel']) where.addEventListener(type, onAppearance, true);
  };
  /** @param {Event} event */
  const onAct = (event) => {
    const path = event.composedPath(), [at] = path;
    if (!event.isTrusted || !(at instanceof Element)) return;
    if (event.type === 'input') {
      const box = closest(at, FIELD);
      if (box === null) return;
      typed = 'value' in box ? String(box.value) : box.textContent ?? '';
      if (!isAsking || !isNoticed) ask(path);
    } else if (closest(at, OPENS) !== null) isAsking = false;
    else if (closest(at, BUTTONS) !== null && document.querySelector(BOX) !== null) ask(path);
  };
  /** A worker that has only just been installed may miss the first word, and the person may have written all by then: it is said again. */
  const notice = async (tries = NOTICE_TRIES) => {
    if (isNoticed) return;
    isNoticed = true;
    const reply = await cooldownCompat.ask({ v: V, type: 'notice' }, true);
    isNoticed = reply !== null && reply.code !== 'failed';
    if (!isNoticed && tries > 1) setTimeout(notice, NOTICE_MS, tries - 1);
    // What came before the style did: within shadow roots Chromium does not match that anew.
    if (reply?.ok === true) for (const tree of heard) for (const element of tree.querySelectorAll(LOOKED_AT)) if (!old.has(element)) appeared(element);
  };
  /** @param {EventTarget[]} path to what was written into, or pressed */
  const ask = (path) => {
    isAsking = true;
    notice();
    hear(window, document);
    // Events of animations do not leave a shadow root.
    for (const root of path) if (root instanceof ShadowRoot) hear(root, root);
  };
  addEventListener('click', onAct, true);
  addEventListener('input', onAct, true);
  addEventListener('popstate', () => { isAsking = false; });

  if (document.readyState !== 'loading') start();
  else addEventListener('DOMContentLoaded', start, { once: true });
  if (document.readyState !== 'complete') addEventListener('load', start, { once: true });

  Object.defineProperty(globalThis, 'cooldownText', { value: Object.freeze({ wake, again, MARKED }) });
})();
