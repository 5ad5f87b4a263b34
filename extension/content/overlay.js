// @ts-check
// Where the card lives in a page: one bare `<div data-cooldown>` with a shadow root, in it the extension's own page card.html in a frame.
// Where no frame can live (sandboxed pages, no hello within 500 ms) a plain strip in the shadow root says the same words.
// It holds no state of the failure: it shows what the bridge hands it, so a frame that is lost comes back as it was.

(() => {
  'use strict';
  const { api, isAlive, ask, fill } = cooldownCompat;
  const { V, CORNERS, isObject, fromCard } = cooldownProtocol;

  const HELLO_MS = 500;     // a frame with the core is painted after 46 to 120 ms; `load` fires for blocked frames too
  const GUARD_MS = 250;     // a click meant for the page must not land on what has just appeared, or moved
  const MARGIN_PX = 4;      // beside the 16 px of shadow that the frame itself keeps clear
  const MAX_REBUILDS = 2;   // a page that keeps removing the host will not have a card, and must not wait for one
  const ALOUD_MS = 100;     // a reader hears what comes into a place that it knows already
  const SOON_S = 10;        // left of a wait when it is said aloud again
  const LOST_MS = 500;      // between two looks whether the extension is still there: nobody tells a script of it
  const LAYOUT_MS = 250;    // a page that streams is laid out anew with every word
  const LEAST_PX = 240;     // of a card; of a pill with its shadow:
  const LEAST_PILL_PX = 32;
  const FIELDS = 'textarea, [contenteditable]:not([contenteditable="false"]), input:not([type=hidden], [type=button], [type=submit], [type=checkbox], [type=radio])';
  const BUTTONS = 'button, [role=button], input[type=submit], input[type=button]';
  const TOASTS = '[role=status], [role=alert], [aria-live]:not([aria-live=off])';
  const NEAR_PX = 64;       // of a field: whatever can be pressed there sends, or stops
  const SEND_PX = 64;       // beside a field, for what does not say that it is a button
  const SETTLE_MS = 50;     // a page that streams changes often, and one that moves the host back at once must not be fought without end

  const STYLE = `
    :host { all: initial !important; display: block !important; position: fixed !important; inset: auto !important; width: 0 !important; height: 0 !important; z-index: 2147483647 !important; }
    #box { all: initial; position: fixed; inset: auto; margin: 0; padding: 0; border: 0; background: transparent; overflow: visible; color-scheme: light dark; }
    iframe { display: block; border: 0; margin: 0; padding: 0; background: transparent; color-scheme: light dark; max-inline-size: calc(100vw - ${2 * MARGIN_PX}px); max-block-size: calc(100vh - ${2 * MARGIN_PX}px); }
    iframe[data-quiet] { opacity: 0; pointer-events: none; }
    #card, #card * { box-sizing: border-box; margin: 0; font: inherit; color: inherit; }
    #card { --soft: light-dark(#566273, #a6b2c0); --line: light-dark(#d5dce4, #3b4653); --strong: light-dark(#17609c, #86c8f5); display: grid; gap: 9px; inline-size: min(340px, calc(100vw - 32px));
      max-block-size: calc(100vh - 32px); overflow: auto; overscroll-behavior: contain; margin: 12px; padding: 0 16px 14px; border-radius: 14px; border: 1px solid var(--line); background: light-dark(#fff, #1d232b);
      color: light-dark(#18212c, #e9eef4); font: .875em/1.45 system-ui, sans-serif; text-align: start; overflow-wrap: anywhere; box-shadow: 0 1px 2px rgb(0 0 0 / .16), 0 6px 16px -4px rgb(0 0 0 / .3); }
    #head { display: flex; gap: 8px; position: sticky; inset-block-start: 0; padding-block: 12px 0; background: inherit; }
    #card #title { flex: 1; font-size: 1.14em; font-weight: 650; line-height: 1.35; }
    #card button, #card a { cursor: pointer; }
    #card #close { flex: none; block-size: 28px; inline-size: 28px; margin-block: -3px; margin-inline-end: -8px; padding: 0; border: 0; border-radius: 8px; background: none; color: var(--soft); font-size: 1.3em; line-height: 1; }
    .actions, .asks { display: flex; flex-wrap: wrap; gap: 8px; }
    .actions > * { flex: 1 1 7.5rem; display: flex; flex-direction: column; align-items: center; justify-content: center; min-block-size: 36px; padding: 6px 10px; border-radius: 9px; border: 1px solid var(--line); background: none;
      line-height: 1.25; text-align: center; text-decoration: none; }
    #card .actions > * { font-weight: 600; }
    #card .actions > .main { background: var(--strong); border-color: transparent; color: light-dark(#fff, #0a2135); }
    #card #retry { flex-basis: 100%; }
    #card :is(.price, .detail, .quiet) { color: var(--soft); }
    #card .main .price { color: inherit; }
    #card .price, #card .detail { font-size: .86em; font-weight: 400; }
    #card .quiet, .asks, #panel, #rule { font-size: .93em; }
    #card .away { margin-inline-start: .3em; }
    #card .unseen, #aloud { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .asks, #rule { column-gap: 16px; }
    #card .ask { display: inline-flex; gap: 6px; align-items: baseline; min-block-size: 28px; padding: 2px 0; border: 0; background: none; color: var(--strong); }
    #panel { display: grid; gap: 6px; padding-block-start: 9px; border-block-start: 1px solid var(--line); }
    #card h3 { font-weight: 600; }
    .lines { display: grid; gap: 4px; }
    .line { display: flex; justify-content: space-between; gap: 12px; }
    .line > :last-child { text-align: end; }
    .line > .ask { flex: none; }
    .offer { display: grid; grid-template-columns: 1fr auto; gap: 0 12px; align-items: baseline; padding: 6px 10px; border: 1px solid var(--line); border-radius: 9px; background: none; text-align: start; }
    div.offer { border-style: dashed; }
    #card button.offer .label { font-weight: 600; }
    #card button.offer .price { color: inherit; }
    .detail { grid-column: 1 / -1; }
    #card :empty { display: none; }
    #card :focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
    @media (pointer: coarse) { .actions > *, #card .ask, button.offer { min-block-size: 44px; } #card #close { block-size: 44px; inline-size: 44px; margin-block: -11px; } }
    @media (forced-colors: active) { #card { border-color: CanvasText; } }
    @media print { :host { display: none !important; } }`;

  /**
   * @param {{onAct: (action: Act['action'], index: number) => void, onCard: (open: boolean) => void, openRoots: boolean}} options `onCard`: there is a card in
   *   this frame, or none any more; `openRoots` in test builds alone
   */
  const createOverlay = ({ onAct, onCard, openRoots }) => {
    /** @type {HTMLElement | null} */ let host = null;
    /** @type {Element | null} */ let put = null;   // where the host was put
    /** @type {HTMLElement | null} */ let box = null;
    /** @type {HTMLIFrameElement | null} */ let frame = null;
    /** @type {MessagePort | null} */ let port = null;
    /** @type {View | null} */ let view = null;
    /** @type {Element | null} */ let focusBefore = null;
    let alive = false;        // the frame said hello
    let told = false;         // and knows what to draw: its next size is the card's
    let shown = false;        // the person can see something
    let openedAt = 0;
    let shownAt = 0;
    /** What the strip says beside the verdict's words, in the same language, and how that is written; asked for where there is a strip. @type {{dir: string, words: Record<string, string>} | null} */
    let labels = null;
    let movedAt = 0;
    let rebuilds = 0;
    let helloTimer = 0;
    let aloudTimer = 0;
    let settleTimer = 0;
    let placeTimer = 0;
    /** @type {Corner | null} the person's, for this site or for all */ let wanted = null;
    /** @type {string} */ let theme = '';
    let size = { width: 0, height: 0 }; // that it would have
    let placedIn = 0;         // the height of the window by then
    /** @type {DOMRect | null} where it stood when a pointer took it */ let carried = null;
    let stands = '';          // where, as it was last told
    let folded = false;       // to a pill
    /** @type {ResizeObserver | null} */ let sizes = null;
    /** @type {AbortController | null} */ let watching = null;
    /** @type {MutationObserver | null} */ let mutations = null;

    /** The last modal dialog or the fullscreen element makes all else inert: the host must be inside. @returns {Element} */
    const home = () => {
      const full = document.fullscreenElement;
      if (full instanceof HTMLElement && !(full instanceof HTMLIFrameElement) && !(full instanceof HTMLMediaElement)) return full;
      const modals = document.querySelectorAll('dialog:modal');
      return modals[modals.length - 1] ?? document.documentElement;
    };

    const makeHost = () => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      host = document.createElement('div');
      host.setAttribute('data-cooldown', '');
      const root = host.attachShadow({ mode: openRoots ? 'open' : 'closed' });
      root.adoptedStyleSheets = [sheet];
      box = document.createElement('div');
      box.id = 'box';
      box.setAttribute('popover', 'manual');
      root.append(box);
      box.addEventListener('pointerleave', placeSoon);
      put = home();
      put.append(host);
      box.style.colorScheme = theme;
      stands = '';
      carried = null;
      place(392, 200);
      try { box.showPopover(); } catch { /* no popover here: the highest z-index has to do */ }
    };

    const makeFrame = () => {
      // Not randomUUID(), which pages over plain http do not have: apps in the home network are such.
      const token = Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => byte.toString(16).padStart(2, '0')).join('');
      const made = frame = document.createElement('iframe');
      made.title = view?.verdict.words.title ?? 'Cooldown';
      made.setAttribute('credentialless', '');   // lets it load on pages with COEP; harmless elsewhere
      made.dataset.quiet = '';
      made.style.width = '392px';
      made.style.height = '200px';
      let loads = 0;
      made.addEventListener('load', () => {
        // A second load means that the page moved our host: the token is spent, so begin anew.
        if (++loads > 1) { if (frame === made) rebuild(); return; }
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = (event) => { if (frame === made) fromFrame(port1, event.data); };
        made.contentWindow?.postMessage({ v: V, type: 'token', token }, new URL(api.runtime.getURL('')).origin, [port2]);
      });
      // Told and opened in one turn: the worker waits for a token that its card overtakes.
      ask({ v: V, type: 'expect', token }).then((known) => {
        if (box === null || !isObject(known) || known.ok !== true) return;
        wanted = CORNERS.find((one) => one === known.corner) ?? null;
        box.style.colorScheme = theme = typeof known.theme === 'string' ? known.theme : '';
        placeAgain();
      });
      made.src = `${api.runtime.getURL('card.html')}#${token}`;
      box?.append(made);
      clearTimeout(helloTimer);
      helloTimer = setTimeout(() => { if (!alive) draw(); }, HELLO_MS);
    };

    /** @param {MessagePort} from @param {unknown} data */
    const fromFrame = (from, data) => {
      const m = fromCard(data);
      if (m === null) return;
      if (m.type === 'hello') {
        port = from;
        alive = true;
        for (const part of box?.querySelectorAll('#card, #aloud') ?? []) part.remove();
        if (frame !== null) frame.style.display = 'block';
        tellPlace(/** @type {Corner} */ (stands.split(' ')[0]));
        draw();
      } else if (m.type === 'size' && frame !== null) {
        folded = m.folded;
        grow(place(Math.min(Math.max(m.width, LEAST_PILL_PX), 440), Math.max(m.height, LEAST_PILL_PX)));
        if (told) delete frame.dataset.quiet;
      } else if (m.type === 'move') move(m.corner);
      else if (m.type === 'drag') drag(m);
      else if (m.type === 'act') {
        if (isClear()) onAct(m.action, m.index);
        else draw();   // it waits for what comes of a press
      }
    };

    /**
     * Does the person see what was pressed? It has stood still, and nothing that takes clicks lies over a part of it, as around a hole above one
     * button. What lets clicks through no hit shows: Chromium tells the frame itself of it (card.js).
     */
    const isClear = () => {
      if (frame === null || performance.now() - movedAt < GUARD_MS) return false;
      const { left, top, width, height } = frame.getBoundingClientRect(), parts = [0.1, 0.5, 0.9];
      return parts.every((x) => parts.every((y) => (document.elementFromPoint(left + x * width, top + y * height) ?? host) === host)); // null: beyond the window
    };

    const draw = () => {
      if (view === null || !isAlive()) return;
      if (!shown) { shown = true; shownAt = performance.now(); focusBefore = document.activeElement; }
      if (alive && port !== null) {
        port.postMessage({ v: V, type: 'show', view });
        told = true;
        if (frame !== null) frame.title = view.verdict.words.title;
      } else if (performance.now() - openedAt < HELLO_MS) return;
      else if (labels !== null) drawStrip(view);
      else ask({ v: V, type: 'strip_words' }, true).then((reply) => { labels = { dir: reply?.dir ?? '', words: reply?.words ?? {} }; draw(); });
    };

    /** What a screen reader is to hear, as the card has it said. @param {string} text */
    const sayAloud = (text) => {
      const known = box?.querySelector('#aloud'), place = known ?? Object.assign(document.createElement('p'), { id: 'aloud', role: 'status' });
      if (!known) box?.append(place); // moved, it would be a new one to a reader
      place.textContent = '';
      clearTimeout(aloudTimer);
      aloudTimer = setTimeout(() => { place.textContent = text; }, ALOUD_MS);
    };

    /** The same words and actions without a frame: what is for the eye alone, and Details, are the card's. @param {View} what */
    const drawStrip = ({ verdict: { words, remedies, diagnosis, plan }, phase, attempt, by, control, reload, auto_at_ms, remind, panel, rule }) => {
      if (box === null) return;
      if (frame !== null) frame.style.display = 'none';
      const old = /** @type {HTMLElement | null} */ (box.querySelector('#card'));
      const focused = /** @type {ShadowRoot} */ (box.getRootNode()).activeElement?.id;
      if (old?.dataset.phase !== phase) shownAt = performance.now(); // it appears, or its button comes to mean something else
      /** @template {keyof HTMLElementTagNameMap} K @param {Element} into @param {K} tag @param {string} text @param {string} [kind] @param {string} [id] */
      const add = (into, tag, text, kind = '', id = '') => {
        const element = document.createElement(tag);
        if (id !== '') element.id = id;
        if (kind !== '') element.className = kind;
        element.textContent = text;
        into.append(element);
        return element;
      };
      /** @param {HTMLElement} element @param {Act['action']} action */
      const acts = (element, action, index = 0) => {
        Object.assign(element.dataset, { act: action, index });
        element.addEventListener('click', (event) => {
          if (event.isTrusted && performance.now() - shownAt >= GUARD_MS) onAct(action, index);
        });
      };
      /** @typedef {{label: string, price: string, detail?: string}} Offered */
      /** @param {Element} into @param {Offered} what */
      const addWords = (into, { label, price, detail = '' }) => { for (const [kind, text] of Object.entries({ label, price, detail })) add(into, 'span', text, kind); };
      /** @param {Element} into @param {string} kind @param {Act['action']} action @param {number} index @param {Offered} what */
      const offer = (into, kind, action, index, what) => {
        const button = add(into, 'button', '', kind, `${action}-${index}`);
        addWords(button, what);
        acts(button, action, index);
      };
      /** @param {string} key @param {Record<string, string>} [args] */
      const say = (key, args) => fill(labels?.words[key] ?? '', { count: String(attempt), ...args });
      /** @param {number} at_ms */
      const clock = (at_ms) => new Date(at_ms).toLocaleTimeString(words.lang, { hour: 'numeric', minute: '2-digit', hourCycle: new Intl.DateTimeFormat([], { hour: 'numeric' }).resolvedOptions().hourCycle });
      const isKept = phase === 'held' || phase === 'armed' || phase === 'failed', isOver = phase === 'answered';

      const card = document.createElement('div');
      card.id = 'card';
      card.dataset.phase = phase;
      card.lang = words.lang;
      card.dir = labels?.dir ?? '';
      card.setAttribute('role', 'region');
      card.setAttribute('aria-label', say('card_frame_title'));
      const head = add(card, 'div', '', '', 'head'), done = attempt > 1 && by !== null ? say('card_answered_by', { provider: by }) : say(attempt > 1 ? 'card_answered_on' : 'card_answered');
      const title = add(head, 'p', isOver ? done : words.title, '', 'title');
      const close = add(head, 'button', '×', '', 'close');
      close.setAttribute('aria-label', say(isOver || ['released', 'explained', 'nothing'].includes(phase) || reload ? 'card_close' : 'card_close_held'));
      acts(close, 'dismiss');
      add(card, 'p', isOver ? '' : words.body, '', 'body');
      const when = add(card, 'p', '', '', 'when'), again_at = plan.press_at_ms ?? plan.ready_at_ms, at = again_at ?? diagnosis.reset_at_ms;
      let last = -Infinity; // that was shown before
      const count = () => {
        const s = Math.ceil((/** @type {number} */ (at) - Date.now()) / 1_000), minutes = Math.ceil(s / 60), hours = Math.floor(minutes / 60);
        const wait = s < 90 ? say('card_seconds', { count: String(s) }) : hours === 0 ? say('card_minutes', { count: String(minutes) })
          : say(minutes % 60 === 0 ? 'card_hours' : 'card_hours_minutes', { hours: String(hours), minutes: String(minutes % 60) });
        // As on the card, twice: a page may be too busy to be called each second.
        if (isKept && last > SOON_S && s <= SOON_S && s > 0) sayAloud(say(phase === 'armed' ? 'card_armed_in' : 'card_retry_in', { wait }));
        if (isKept && last > 0 && s <= 0 && phase !== 'armed') sayAloud(say('card_can_retry'));
        last = s;
        when.textContent = say(s <= 0 ? 'card_wait_over' : phase === 'armed' ? 'card_armed_in' : again_at === null ? 'card_back_in' : 'card_try_in', { wait });
        if (s > 0) setTimeout(() => { if (when.isConnected) count(); }, 1_000);
      };
      if (at !== null && !isOver && phase !== 'retrying') count();
      const tip = {
        held: 'card_tip_held', armed: 'card_tip_armed', retrying: 'card_tip_retrying', failed: 'card_failed',
        released: diagnosis.retry_helps === 'never' ? 'card_released' : 'card_released_wait',
        explained: reload ? 'card_tip_reload' : diagnosis.retry_helps === 'never' ? '' : 'card_explained_wait',
        answered: '', nothing: '',
      }[phase];
      const status = tip === '' ? '' : say(tip), was = old?.dataset.phase;
      add(card, 'p', status, 'quiet', 'status');
      if (was !== phase && isOver) sayAloud(done);
      else if (was === undefined || (was === phase && old?.querySelector('#title')?.textContent !== title.textContent)) sayAloud(`${words.title}. ${words.body}`);
      else if (was !== phase && !(was === 'armed' && phase === 'held')) sayAloud(phase === 'retrying' ? say('card_retrying') : phase === 'failed' ? `${status} ${words.title}.` : status);
      if (auto_at_ms !== null) {
        const line = add(card, 'div', '', 'line', 'auto');
        add(line, 'span', say('card_auto_soon'));
        acts(add(line, 'button', say('card_auto_stop'), 'ask', 'stop'), 'stop');
      }
      const actions = add(card, 'div', '', 'actions'), hints = add(card, 'div', '', 'quiet'), asks = add(card, 'div', '', 'asks');
      if (remind === 'offer') acts(add(actions, 'button', say('card_remind'), 'main', 'remind'), 'remind');
      else if (remind !== null) add(hints, 'p', say(`card_reminder_${remind}`), '', 'tip');
      if (control !== null) acts(add(actions, 'button', say('card_control', { label: control }), 'main', 'control'), 'control');

      // As many of each as on the card, and each with its condition.
      const changes = (/** @type {Verdict['remedies'][number]} */ remedy) => isKept && (remedy.patch !== null || remedy.asks === 'price');
      // The first one is the thing to press, unless it costs money or changes the model.
      const kind = (/** @type {Verdict['remedies'][number]} */ { type, costs }) => (actions.childElementCount > 0 || costs === 'credits' || type === 'other_model' || type === 'paid_variant' ? 'remedy' : 'remedy main');
      let links = remedies.some(changes) ? 1 : 2, buttons = 2;
      // In the card's order: the same again, what sends a changed one, pages.
      const ranked = remedies.map((remedy, index) => ({ remedy, index, rank: remedy.type === 'retry' ? 0 : changes(remedy) ? 1 : 2 })).sort((a, b) => a.rank - b.rank);
      for (const { remedy, index } of isOver ? [] : ranked) {
        if (remedy.type === 'retry') {
          if (phase === 'released' || (phase === 'explained' && !reload)) continue;
          const button = add(actions, 'button', phase === 'retrying' ? say('card_retrying') : remedy.label, actions.childElementCount > 0 ? '' : 'main', 'retry');
          if (remedy.price !== '') add(button, 'span', remedy.price, 'price');
          // Not `disabled`, which would take the focus; the bridge ignores a second Retry.
          button.setAttribute('aria-disabled', String(phase === 'retrying'));
          button.setAttribute('aria-pressed', String(phase === 'armed'));
          acts(button, phase === 'armed' ? 'disarm' : 'retry');
        } else if (changes(remedy)) offer(buttons > 0 ? actions : asks, buttons-- > 0 ? kind(remedy) : 'ask', 'remedy', index, remedy);
        else if (remedy.asks === 'limits' || (remedy.asks === 'providers' && isKept)) { offer(asks, 'ask', 'remedy', index, remedy); continue; }
        else if (remedy.url !== null && links-- > 0) {
          const link = Object.assign(add(actions, 'a', '', kind(remedy)), { href: remedy.url, target: '_blank', rel: 'noopener noreferrer' });
          add(add(link, 'span', remedy.label), 'span', '↗', 'away').setAttribute('aria-hidden', 'true');
          add(link, 'span', ` ${say('card_new_tab')}`, 'unseen');
        }
        else continue;
        add(hints, 'p', remedy.type.startsWith('other_') ? '' : remedy.hint); // what their names and prices say already
      }
      const shown = add(card, 'div', '', '', 'panel');
      if (panel !== null && !isOver) {
        const head = add(shown, 'div', '', 'line');
        if (typeof panel === 'string') add(head, 'p', say(panel === 'loading' ? 'card_looking_up' : 'card_look_up_failed'), 'quiet');
        else add(head, 'h3', panel.title);
        acts(add(head, 'button', say('card_panel_back'), 'ask', 'back'), 'back');
      }
      if (panel !== null && typeof panel !== 'string' && !isOver) {
        hints.remove(); // as on the card, what was looked up takes their place
        const lines = add(shown, 'div', '', 'lines');
        for (const { label, value } of panel.lines) {
          const line = add(lines, 'div', '', 'line');
          add(line, 'span', label, 'quiet');
          add(line, 'span', value);
        }
        for (const [index, one] of panel.offers.entries()) {
          if (one.patch !== null && isKept) offer(shown, 'offer', 'offer', index, one);
          else addWords(add(shown, 'div', '', 'offer'), one);
        }
        if (panel.always !== null && isKept) offer(shown, 'offer', 'always', 0, panel.always);
        add(shown, 'p', panel.note, 'quiet');
        if (panel.at_ms !== null) add(shown, 'p', say('card_read_at', { time: clock(panel.at_ms) }), 'quiet');
      }
      if (rule !== null) {
        const line = add(card, 'p', say('card_rule', { provider: rule.name, time: clock(rule.until_ms) }), 'quiet', 'rule');
        line.append(' ');
        acts(add(line, 'button', say('card_undo'), 'ask', 'undo'), 'undo');
      }
      card.addEventListener('keydown', (event) => {
        event.stopPropagation();   // page shortcuts must not hear what is typed at the strip
        if (event.isTrusted && event.key === 'Escape') onAct(auto_at_ms !== null ? 'stop' : panel !== null && !isOver ? 'back' : 'dismiss', 0);
      });
      const scrolled = old?.scrollTop ?? 0;
      old?.remove();
      box.append(card);
      card.scrollTop = scrolled;
      // Who uses keys stays in it.
      if (focused) /** @type {HTMLElement | null} */ (card.querySelector(`#${focused}`) ?? card.querySelector('.asks .ask') ?? close)?.focus({ preventScroll: true });
      grow(place(card.offsetWidth + 24, card.scrollHeight + 26));
    };

    /** Does it lie over the page, as a toast does? @param {Element} one */
    const isAfloat = (one) => {
      /** @type {Element | null} */
      let at = one;
      while (at instanceof HTMLElement && getComputedStyle(at).position !== 'fixed') at = at.offsetParent;
      return at !== null;
    };
    /**
     * What must not be covered: fields to type in, the buttons beside them, and what the app tells over its page. A field within a component is seen once it has the focus.
     * @returns {DOMRect[]}
     */
    const taken = () => {
      let focused = document.activeElement;
      while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      const isField = focused !== null && focused !== host && focused.matches(FIELDS);
      /** The last ones: a chat's own field comes after all that was said. @param {Iterable<Element>} all @param {number} most @param {(r: DOMRect) => boolean} counts */
      const rects = (all, most, counts) => [...all].slice(-most).map((one) => ({ one, r: one.getBoundingClientRect() }))
        .filter(({ one, r }) => r.bottom > 0 && r.top < innerHeight && counts(r) && one.checkVisibility({ visibilityProperty: true })).map(({ r }) => r);
      const fields = rects([...document.querySelectorAll(FIELDS), ...isField && focused ? [focused] : []], 40, (r) => r.width > 40 && r.height > 10);
      const toasts = [...document.querySelectorAll(TOASTS)].slice(-40).filter((one) => one.textContent?.trim() && isAfloat(one)), told = rects(toasts, 40, (r) => r.width > 40 && r.height > 10 && r.height < innerHeight / 3); // what is larger is the talk itself
      if (fields.length === 0) return told;
      const buttons = rects(document.querySelectorAll(BUTTONS), 400, (b) => fields.some((f) =>
        b.left < f.right + NEAR_PX && b.right > f.left - NEAR_PX && b.top < f.bottom + NEAR_PX && b.bottom > f.top - NEAR_PX));
      return [...fields.map((f) => new DOMRect(f.x - SEND_PX, f.y, f.width + 2 * SEND_PX, f.height)), ...buttons, ...told];
    };

    /**
     * A card in a corner: how far from its edge it begins if it may step aside, and the room that there is without.
     * @param {Corner} corner @param {DOMRect[]} rects @param {{width: number, height: number}} size
     */
    const stand = (corner, rects, { width, height }) => {
      const left = corner.endsWith('left') ? MARGIN_PX : innerWidth - MARGIN_PX - width;
      const column = rects.filter((r) => r.left < left + width && r.right > left)
        .map((r) => (corner.startsWith('top') ? { near: r.top, far: r.bottom } : { near: innerHeight - r.bottom, far: innerHeight - r.top })).sort((a, b) => a.near - b.near);
      let from = MARGIN_PX;
      for (const { near, far } of column) if (near < from + height && far > from) from = far + MARGIN_PX;
      return { corner, from, fits: from + height + MARGIN_PX <= innerHeight, room: Math.min(innerHeight, ...column.filter(({ far }) => far > MARGIN_PX).map(({ near }) => near)) - 2 * MARGIN_PX };
    };

    /**
     * Puts the card into a corner where it covers nothing that is needed: the one that the person chose, further in if it must be; else the first at whose
     * edge it has room.
     * @param {number} width @param {number} wish its height with all the room of a window; the card scrolls inside where there is less
     * @returns {number} the height it may have
     */
    const place = (width, wish) => {
      const height = Math.min(wish, innerHeight * 0.9);
      if (box === null) return height;
      size = { width, height: wish };
      placedIn = innerHeight;
      const [block, inline] = (wanted ?? (getComputedStyle(document.documentElement).direction === 'rtl' ? 'bottom-left' : 'bottom-right')).split('-');
      const otherBlock = block === 'bottom' ? 'top' : 'bottom', otherInline = inline === 'left' ? 'right' : 'left', rects = taken();
      const ways = [[block, inline], [otherBlock, inline], [block, otherInline], [otherBlock, otherInline]].map((way) => stand(/** @type {Corner} */ (way.join('-')), rects, { width, height }));
      const [first] = ways;
      const found = (wanted !== null && first?.fits ? first : undefined) ?? ways.find(({ from, fits }) => fits && from === MARGIN_PX) ?? ways.find(({ fits }) => fits);
      const { corner, from, room } = found ?? { ...ways.reduce((most, one) => (one.room > most.room ? one : most)), from: MARGIN_PX };
      const top = corner.startsWith('top'), left = corner.endsWith('left');
      const inset = `${top ? `${from}px` : 'auto'} ${left ? 'auto' : `${MARGIN_PX}px`} ${top ? 'auto' : `${from}px`} ${left ? `${MARGIN_PX}px` : 'auto'}`;
      if (box.style.inset !== inset) box.style.inset = inset;
      if (stands !== `${corner} ${from}`) {
        stands = `${corner} ${from}`;
        shownAt = movedAt = performance.now(); // a click that was meant for what stood here before
        tellPlace(corner);
      }
      return found === undefined ? Math.min(height, Math.max(room, LEAST_PX)) : height;
    };
    /** @param {Corner} corner */
    const tellPlace = (corner) => port?.postMessage({ v: V, type: 'placed', corner, folded });

    /** The page was laid out anew. A card that the person is at stays where it is, unless it is the window that is another one. */
    const placeAgain = () => {
      if (box === null || host === null || size.width === 0 || carried !== null || (innerHeight === placedIn && (box.matches(':hover') || document.activeElement === host))) return;
      grow(place(size.width, size.height));
    };
    const placeSoon = () => { if (placeTimer === 0) placeTimer = setTimeout(() => { placeTimer = 0; placeAgain(); }, LAYOUT_MS); };
    /** @param {number} height */
    const grow = (height) => {
      const strip = /** @type {HTMLElement | null | undefined} */ (box?.querySelector('#card'));
      if (strip) strip.style.maxBlockSize = `${height - 24}px`; // less its margins
      if (frame === null || !alive) return;
      frame.style.width = `${size.width}px`;
      frame.style.height = `${height}px`;
    };

    /** The person's doing, which is remembered for the site. @param {Corner} corner */
    const move = (corner) => {
      wanted = corner;
      grow(place(size.width, size.height));
      ask({ v: V, type: 'place', corner });
    };
    /** @param {Drag} how */
    const drag = ({ x, y, over }) => {
      if (box === null) return;
      const r = carried ??= box.getBoundingClientRect(), middleX = r.x + x + r.width / 2, middleY = r.y + y + r.height / 2;
      if (!over) {
        box.style.inset = `${r.y + y}px auto auto ${r.x + x}px`;
        return;
      }
      carried = null;
      move(/** @type {Corner} */ (`${middleY < innerHeight / 2 ? 'top' : 'bottom'}-${middleX < innerWidth / 2 ? 'left' : 'right'}`));
    };

    /** The page removed or moved the host, or something modal opened. */
    const settle = () => {
      settleTimer = 0;
      if (host === null || frame === null || box === null) return;
      const to = home();
      if (host.isConnected && host.parentNode === to) { placeSoon(); return; }
      const kept = frame, old = host, { width, height } = size;
      if (!old.isConnected || !('moveBefore' in box)) { rebuild(); return; }
      // Not a dialog that opened: the page itself put the host elsewhere, which it may do without end.
      if (host.parentNode !== put && rebuilds++ >= MAX_REBUILDS) { onAct('dismiss', 0); return; }
      makeHost();
      // Moving the frame itself keeps it alive in both browsers; moving its host reloads it in Firefox.
      /** @type {{moveBefore: (node: Node, before: null) => void}} */ (/** @type {unknown} */ (box)).moveBefore(kept, null);
      old.remove();
      grow(place(width, height));
      shownAt = movedAt = performance.now();
      if (!alive) draw();
    };
    /** Once for all changes of a moment: each look goes through the whole document. */
    const settleSoon = () => { if (settleTimer === 0) settleTimer = setTimeout(settle, SETTLE_MS); };

    const rebuild = () => {
      const last = view;
      if (rebuilds++ >= MAX_REBUILDS) { onAct('dismiss', 0); return; } // without a card nobody could decide
      host?.remove();
      alive = told = false;
      port = null;
      openedAt = performance.now();
      makeHost();
      makeFrame();
      view = last;
    };

    const watch = () => {
      watching = new AbortController();
      const { signal } = watching;
      document.addEventListener('fullscreenchange', settleSoon, { signal });
      document.addEventListener('focusin', ({ target }) => {
        if (!(target instanceof Element) || target === host) return;
        focusBefore = target; // where the person was before the card
        sizes?.observe(target); // a field that grows with what is typed
        placeSoon();
      }, { signal, capture: true });
      for (const what of ['resize', 'scrollend']) addEventListener(what, placeSoon, { signal, capture: true });
      sizes = new ResizeObserver(placeSoon);
      for (const field of [...document.querySelectorAll(FIELDS)].slice(0, 40)) sizes.observe(field);
      const looks = setInterval(() => { if (!isAlive()) close(); }, LOST_MS);
      signal.addEventListener('abort', () => clearInterval(looks));
      // Only while a card is open: a modal that opens, an app that wipes its document.
      mutations = new MutationObserver(settleSoon);
      mutations.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['open'] });
    };

    const close = () => {
      clearTimeout(helloTimer);
      clearTimeout(settleTimer);
      settleTimer = 0;
      watching?.abort();
      mutations?.disconnect();
      sizes?.disconnect();
      clearTimeout(placeTimer);
      placeTimer = 0;
      const focused = host !== null && document.activeElement === host;
      if (host !== null) onCard(false);
      host?.remove();
      if (focused) leave();
      host = put = box = frame = port = view = focusBefore = null;
      alive = told = shown = folded = false;
      rebuilds = 0;
      size = { width: 0, height: 0 };
    };

    /** By key: into the card, and back to where the person was. */
    const goTo = () => {
      if (host === null || box === null || !shown) return;
      if (document.activeElement === host) {
        leave();
        return;
      }
      if (alive && frame !== null && port !== null) {
        frame.focus({ preventScroll: true });
        port.postMessage({ v: V, type: 'focus' });
      } else /** @type {HTMLElement | null} */ (box.querySelector('#retry') ?? box.querySelector('#card button'))?.focus({ preventScroll: true });
    };
    const leave = () => {
      if (focusBefore instanceof HTMLElement && focusBefore.isConnected) focusBefore.focus({ preventScroll: true });
      else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    };

    return Object.freeze({
      /** In the turn in which a failure arrives, so that the frame loads while the worker judges. Nothing is seen yet. */
      open: () => {
        if (host !== null || !isAlive()) return;
        openedAt = performance.now();
        labels = null;
        makeHost();
        makeFrame();
        watch();
        onCard(true);
      },
      /** @param {View} what */
      show: (what) => { view = what; draw(); },
      close,
      goTo,
      get isOpen() { return host !== null; },
      get isShown() { return shown; },
    });
  };

  Object.defineProperty(globalThis, 'cooldownOverlay', { value: Object.freeze({ createOverlay }) });
})();
