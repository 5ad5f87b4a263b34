// @ts-check
// The box that explains a pasted failure: on the public page, beside the history, and in the popup. The core comes when there is something to read.

/** @typedef {{judgeText: (body: string) => Verdict | null, mount_card: typeof import('./core/core.js').mount_card}} Core */

/**
 * @param {{form: HTMLFormElement, text: HTMLTextAreaElement, place: HTMLElement}} parts
 * @param {() => Promise<Core>} needCore
 * @param {(which: 'empty' | 'silent' | 'failed' | null) => void} say what stands where the explanation will be; null: the card does
 * @returns {{answer: () => Promise<void>, clear: () => void}} reads what stands in the box now; takes what was explained away
 */
export const mountDecoder = ({ form, text, place }, needCore, say) => {
  /** @type {ReturnType<Core['mount_card']> | null} */
  let card = null;
  const clear = () => {
    card?.free();
    card = null;
    say('empty');
  };
  const answer = async () => {
    if (text.value.trim() === '') return clear();
    const core = await needCore().catch(() => null), verdict = core?.judgeText(text.value) ?? null;
    clear();
    if (core === null || verdict === null) return say(core === null ? 'failed' : 'silent');
    // A new card for each failure: the only thing to press on it, besides its links, is its cross.
    card = core.mount_card(place, () => { clear(); text.focus(); });
    card.show({ verdict, phase: 'explained', requests: 1, attempt: 1, site: '' });
    say(null);
  };
  form.addEventListener('submit', (event) => { event.preventDefault(); answer(); });
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); answer(); } });
  // Who goes there will ask.
  text.addEventListener('focus', () => { needCore().catch(() => {}); }, { once: true });
  return { answer, clear };
};
