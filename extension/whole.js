// @ts-check
// The card as it is over somebody's page, on a page of ours: with its pill, its menu and the head to drag it by. The window is the place that it is
// put into, and what the bridge would do with it is played.

import { addHandles } from './handles.js';

/**
 * @param {HTMLElement} place
 * @param {typeof import('./core/core.js').mount_card} mount
 * @param {Record<string, string>} words
 * @param {(action: Act['action']) => void} act what is not about where it stands, and whether
 * @returns {{show: (view: View) => void, free: () => void}}
 */
export const mountWhole = (place, mount, words, act) => {
  /** @type {View | null} */
  let shown = null;
  const card = mount(place, (/** @type {Act['action']} */ action) => {
    if (shown !== null && action === 'hide') show({ ...shown, hushed: 'site' });
    else if (shown !== null && action === 'mistaken') show({ ...shown, hushed: 'pattern' });
    else if (shown !== null && action === 'show_again') show({ ...shown, hushed: null });
    else act(action);
  });
  const box = /** @type {HTMLElement} the core made it just now */ (place.querySelector('#card'));
  /** @param {Corner} corner */
  const put = (corner) => {
    place.dataset.corner = corner;
    handles.placed({ v: 1, type: 'placed', corner, folded: box.hasAttribute('data-folded') });
  };
  const handles = addHandles(box, words, (message) => {
    if (message.type === 'move') { put(message.corner); return; }
    const { x, y, over } = message;
    if (!over) { box.style.translate = `${x}px ${y}px`; return; }
    const own = box.getBoundingClientRect(), all = place.getBoundingClientRect();
    box.style.translate = '';
    put(/** @type {Corner} */ (`${own.y + own.height / 2 < all.y + all.height / 2 ? 'top' : 'bottom'}-${own.x + own.width / 2 < all.x + all.width / 2 ? 'left' : 'right'}`));
  });
  /** @param {View} view */
  const show = (view) => {
    shown = view;
    card.show(view);
    handles.show(view);
  };
  // At first where its page has it.
  const { dataset: { corner = 'bottom' }, ownerDocument: { documentElement: { dir } } } = place;
  put(/** @type {Corner} */ (corner.includes('-') ? corner : `${corner}-${dir === 'rtl' ? 'left' : 'right'}`));
  return { show, free: () => card.free() };
};
