// @ts-check
// The card's page, in a frame of the bridge: proves that it is ours, lets the core draw, passes real clicks on.
//
// A page can put this page into a frame of its own and post to it, so neither the origin nor the sender of a message says anything. The
// token in the address does: the worker knows it from the bridge of this very tab, and answers for it once. Until then, and for
// strangers, the page stays blank. It never posts to its parent, which would hand the page a reference to this frame.

import { mount_card } from './core/core.js';
import { addHandles } from './handles.js';
import { loadCore } from './load-core.js';

const { V, isObject, toCard } = cooldownProtocol;
const token = location.hash.slice(1);

/** Listened for in the first turn: the bridge posts the port at the frame's `load`, which may be before the claim is answered. */
const arrival = new Promise((/** @type {(port: MessagePort) => void} */ resolve) => {
  const taken = new AbortController();
  addEventListener('message', ({ data, ports }) => {
    const [port] = ports;
    if (!port || !isObject(data) || data.v !== V || data.type !== 'token' || data.token !== token) return;
    taken.abort();
    resolve(port);
  }, { signal: taken.signal });
});

/** @param {MessagePort} port @param {Record<string, string>} words */
const draw = (port, words) => {
  const card = mount_card(document.body, (/** @type {Act['action']} */ action, /** @type {number | undefined} */ index) => {
    // Asked for straight in the click, or the browser refuses. The reminder does not wait for the answer: without leave it marks the tab. In
    // Firefox a frame in a page cannot ask at all; there the popup does.
    if (action === 'remind') cooldownCompat.api.permissions?.request({ permissions: ['notifications'] }).catch(() => {});
    port.postMessage({ v: V, type: 'act', action, index });
  });
  const box = /** @type {HTMLElement} */ (document.getElementById('card'));
  const handles = addHandles(box, words, (message) => port.postMessage({ v: V, ...message }));
  port.onmessage = ({ data }) => {
    const message = toCard(data);
    if (message?.type === 'placed') handles.placed(message);
    else if (message?.type === 'focus') handles.focus();
    else if (message?.type === 'show') {
      card.show(message.view);
      handles.show(message.view);
    }
  };

  // What the page lays over it may let clicks through. Chromium tells; elsewhere the bridge's own look has to do.
  let isSeen = true;
  new IntersectionObserver((entries) => { isSeen = /** @type {IntersectionObserverEntry & {isVisible?: boolean}} */ (entries.at(-1))?.isVisible ?? true; },
    /** @type {IntersectionObserverInit} with members that its type lacks */ ({ trackVisibility: true, delay: 100, threshold: [0, 0.5, 1] })).observe(box);
  addEventListener('click', (event) => {
    if (isSeen) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  const parts = /** @type {NodeListOf<HTMLElement>} the card itself, the pill, the last word: one is seen */ (box.querySelectorAll(':scope > :is(.sheet, .pill)'));
  /** What the frame should measure: the card as it would be with all the room it may have, and the margin in which its shadow falls. */
  const measure = () => {
    if (box.hidden) return;
    const { marginInlineStart, marginInlineEnd, marginBlockStart, marginBlockEnd, maxInlineSize } = getComputedStyle(box);
    const folded = box.hasAttribute('data-folded'), seen = [...parts].find(({ offsetHeight }) => offsetHeight > 0);
    if (seen === undefined) return;
    const frame = box.offsetHeight - box.clientHeight;
    const width = (folded ? seen.offsetWidth + frame : parseFloat(maxInlineSize)) + parseFloat(marginInlineStart) + parseFloat(marginInlineEnd);
    const height = seen.offsetHeight + frame + parseFloat(marginBlockStart) + parseFloat(marginBlockEnd);
    port.postMessage({ v: V, type: 'size', width: Math.ceil(width), height: Math.ceil(height), folded });
  };
  const sizes = new ResizeObserver(measure);
  for (const one of parts) sizes.observe(one);
  port.postMessage({ v: V, type: 'hello' });
};

// Not awaited at the top level: the bridge sends the port at this page's `load`, which must wait for nothing that waits for the port.
Promise.all([
  arrival,
  cooldownCompat.ask({ v: V, type: 'claim', token }),
  loadCore(),
]).then(([port, claim, { words }]) => { if (isObject(claim) && claim.ok === true) draw(port, words); });
