// @ts-check
// A pasted failure, read by the core and shown on the card: on the public page, and beside the history.

import { explain, mount_card } from './core/core.js';

/** @param {string} body @returns {Verdict | null} */
export const read = (body) => explain({
  exchange: { surface: 'page', url: '', method: '', status: 0, headers: {}, body, at_ms: Date.now() },
  request: null, replayable: false, attempt: 1,
});

/**
 * @param {{form: HTMLFormElement, text: HTMLTextAreaElement, nothing: HTMLElement, place: HTMLElement}} parts @param {(key: string) => string} say
 * @returns {() => void} reads what stands in the box now
 */
export const mountDecoder = ({ form, text, nothing, place }, say) => {
  /** @type {ReturnType<typeof mount_card> | null} */
  let card = null;
  const clear = () => {
    card?.free();
    card = null;
    nothing.hidden = false;
  };
  const answer = () => {
    const verdict = text.value.trim() === '' ? null : read(text.value);
    clear();
    if (verdict === null) {
      nothing.textContent = say(text.value.trim() === '' ? 'www_empty' : 'www_silent');
      return;
    }
    // A new card for each failure: the only thing to press on it, besides its links, is its cross.
    card = mount_card(place, clear);
    card.show({ verdict, phase: 'held', requests: 1, attempt: 1, site: '' });
    nothing.hidden = true;
  };
  form.addEventListener('submit', (event) => { event.preventDefault(); answer(); });
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); answer(); } });
  return answer;
};
