// @ts-check
// What a card has where it lies over somebody's page, and where that is shown: a head to drag it by, a menu to move it or to have no more of it, a pill to fold it into. The
// core draws the card and knows nothing of this; what acts on the failure goes through its own handler of clicks (`data-act`).

import { fill } from './words.js';

const CORNERS = /** @type {const} */ (['bottom-right', 'bottom-left', 'top-right', 'top-left']);
const DRAG_PX = 6;    // a press that wanders less is a press
const DEAF_MS = 250;  // a click that was meant for what stood here before the card moved, as in the core

/** Drawings of 16 by 16, stroked by the sheet. */
const ICONS = {
  fold: 'M3.5 8h9', more: 'M3.25 8v.1M8 8v.1M12.75 8v.1',
  wait: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M8 4.5V8l2.25 1.5', fix: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M8 4.75V8.5M8 11.1v.1',
  done: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M5.25 8.25l2 2l3.5-4.25',
  'bottom-right': 'M2 2.5h12v11H2zM9 8.5h3v3H9z', 'bottom-left': 'M2 2.5h12v11H2zM4 8.5h3v3H4z', 'top-right': 'M2 2.5h12v11H2zM9 4.5h3v3H9z', 'top-left': 'M2 2.5h12v11H2zM4 4.5h3v3H4z',
};
/** @param {keyof typeof ICONS} name */
const icon = (name) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  for (const [key, value] of Object.entries({ viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' })) svg.setAttribute(key, value);
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
};

/**
 * @param {HTMLElement} box the card
 * @param {Record<string, string>} words
 * @param {(message: Omit<Move, 'v'> | Omit<Drag, 'v'>) => void} tell
 */
export const addHandles = (box, words, tell) => {
  /** @param {string} key @param {Record<string, string>} [args] */
  const say = (key, args = {}) => fill(words[key] ?? '', args);
  /** @param {string} selector */
  const part = (selector) => /** @type {HTMLElement} the core makes them once */ (box.querySelector(selector));
  /** @param {string} className @param {Record<string, string>} attributes @param {(string | Node)[]} content */
  const button = (className, attributes, ...content) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = className;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...content);
    return made;
  };
  /** @param {HTMLElement} from @param {() => void} act */
  const onClick = (from, act) => { from.addEventListener('click', (event) => { if (event.isTrusted) act(); }); };
  const head = part('.head'), retry = part('#retry');

  // ---- a pill

  const fold = button('close', { id: 'fold', 'aria-label': say('card_fold'), title: say('card_fold') }, icon('fold'));
  const pill = button('pill', { id: 'pill', 'aria-expanded': 'false', 'aria-controls': 'card' });
  const ring = document.createElement('span'), label = document.createElement('span');
  ring.className = 'ring';
  pill.append(ring, label);
  head.insertBefore(fold, part('#close'));
  box.prepend(pill);
  /** @param {boolean} folded */
  const setFolded = (folded) => {
    if (folded === box.hasAttribute('data-folded')) return;
    const focused = box.contains(document.activeElement);
    box.toggleAttribute('data-folded', folded);
    drawPill();
    if (focused) (folded ? pill : fold).focus();
  };
  onClick(fold, () => setFolded(true));
  onClick(pill, () => setFolded(false));

  /** What the card would say, in a word; its name says it whole. */
  const drawPill = () => {
    if (!box.hasAttribute('data-folded')) return;
    const { phase = '', tone, wait = '' } = box.dataset, title = part('#title').textContent ?? '';
    const canRetry = !retry.hidden && (phase === 'held' || phase === 'failed' || phase === 'explained');
    const [counting] = ['#auto span', '#retry .label', '#when'].map((one) => part(one)).filter((one) => one.closest('[hidden]') === null).map((one) => one.textContent ?? '').filter((text) => wait !== '' && text.includes(wait));
    const word = wait !== '' ? wait : phase === 'retrying' ? say('card_retrying') : phase === 'answered' ? say('card_answered') : canRetry ? say('card_ready') : '';
    label.textContent = word;
    ring.replaceChildren(icon(tone === 'fix' || tone === 'done' ? tone : 'wait'));
    ring.style.setProperty('--done', retry.style.getPropertyValue('--done') || '0%');
    pill.toggleAttribute('data-ready', phase === 'answered' || (canRetry && wait === ''));
    pill.setAttribute('aria-label', say('card_pill', { title, state: counting ?? word }));
  };
  new MutationObserver(drawPill).observe(box, { attributes: true, attributeFilter: ['data-phase', 'data-tone', 'data-wait'] });

  // ---- a menu

  const more = button('more-button', { id: 'more', 'aria-expanded': 'false', 'aria-controls': 'menu', 'aria-label': say('card_more'), title: say('card_more') }, icon('more'));
  part('.meta').append(more);
  const menu = document.createElement('div'), corners = document.createElement('div'), where = document.createElement('span'), hint = document.createElement('p');
  menu.id = 'menu';
  menu.className = 'menu';
  menu.hidden = true;
  corners.className = 'corners';
  corners.setAttribute('role', 'group');
  corners.setAttribute('aria-labelledby', 'where');
  where.id = 'where';
  where.textContent = say('card_move');
  corners.append(where, ...CORNERS.map((corner) => {
    const name = say(`corner_${corner.replace('-', '_')}`), to = button('close', { 'data-corner': corner, 'aria-label': name, title: name }, icon(corner));
    onClick(to, () => tell({ type: 'move', corner }));
    return to;
  }));
  hint.className = 'hint';
  hint.id = 'hide-hint';
  hint.textContent = say('card_hide_hint');
  menu.append(corners, button('button', { 'data-act': 'hide', 'aria-describedby': 'hide-hint' }, say('card_hide')), hint);
  part('.foot').after(menu);
  // Its foot is where a high card ends.
  part('#details').addEventListener('toggle', ({ currentTarget }) => {
    const details = /** @type {HTMLDetailsElement} */ (currentTarget);
    if (details.open) details.scrollIntoView({ block: 'nearest' });
  });
  /** @param {boolean} open */
  const setMenu = (open) => {
    menu.hidden = !open;
    more.setAttribute('aria-expanded', String(open));
    if (open) menu.scrollIntoView({ block: 'nearest' });
  };
  onClick(more, () => setMenu(menu.hidden));
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation(); // closes the menu, and not the card
    setMenu(false);
    more.focus();
  });
  part('.details').append(button('ask mistaken', { 'data-act': 'mistaken' }, say('card_mistaken')));

  // ---- no more of it

  const hushed = document.createElement('div'), told = document.createElement('p');
  hushed.className = 'sheet hushed';
  told.id = 'told';
  const again = button('button main', { 'data-act': 'show_again', 'aria-describedby': 'told' }, say('card_undo'));
  hushed.append(told, again, button('button', { 'data-act': 'dismiss' }, say('card_close')));
  box.append(hushed);

  // ---- a head to drag by

  head.addEventListener('pointerdown', (down) => {
    if (!down.isTrusted || down.button !== 0 || /** @type {Element} */ (down.target).closest('button, a') !== null) return;
    let scale = 0;
    const ends = new AbortController(), { signal } = ends;
    /** @param {PointerEvent} event @param {boolean} over */
    const carry = (event, over) => {
      const x = event.screenX - down.screenX, y = event.screenY - down.screenY;
      if (scale === 0) {
        // Screens count otherwise than a page that is zoomed. How much, is seen while the frame still stands.
        const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
        if (far < DRAG_PX) return;
        scale = far / (Math.hypot(x, y) || far);
        box.toggleAttribute('data-dragged', true);
      }
      tell({ type: 'drag', x: x * scale, y: y * scale, over });
    };
    /** @param {PointerEvent} event */
    const end = (event) => {
      ends.abort();
      box.toggleAttribute('data-dragged', false);
      if (scale !== 0) carry(event, true);
    };
    head.setPointerCapture(down.pointerId);
    head.addEventListener('pointermove', (event) => carry(event, false), { signal });
    for (const what of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) head.addEventListener(what, end, { signal });
  });

  let deafUntil = 0, isNew = true;
  box.addEventListener('click', (event) => {
    if (performance.now() >= deafUntil) return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }, { capture: true });

  return {
    /** @param {View} view */
    show: ({ hushed: what, site, verdict }) => {
      const is = what !== null && what !== undefined;
      if (is === box.hasAttribute('data-hushed')) return;
      told.textContent = !is ? '' : what === 'site' ? say('card_hidden', { host: site === '' ? say('popup_disk') : site }) : say('card_quiet', { title: verdict.words.title });
      const focused = box.contains(document.activeElement);
      box.toggleAttribute('data-hushed', is);
      if (!is) setMenu(false);
      if (focused) (is ? again : box).focus();
    },
    /** Where it stands now. @param {Placed} m */
    placed: ({ corner, folded }) => {
      deafUntil = performance.now() + DEAF_MS;
      for (const to of corners.querySelectorAll('button')) to.setAttribute('aria-pressed', String(to.dataset.corner === corner));
      if (isNew) setFolded(folded); // as it was before its frame was lost; from then on the frame knows it first
      isNew = false;
    },
    /** A person comes by key. */
    focus: () => {
      setFolded(false);
      (box.hasAttribute('data-hushed') ? again : retry.hidden ? box : retry).focus();
    },
  };
};
