// @ts-check
// The app's own control for trying again: where the app has its error already, a press there is the second try. It is found only where
// there is no doubt which one it is, and pressed only by a click of the person's that says so.

(() => {
  'use strict';
  /** Names that mean "ask once more", and nothing else: in the ten languages of the extension, as apps and their translations have them. */
  const NAMES = [
    'retry', 'try again', 're-?generate(?: (?:response|answer|message|reply))?', 're-?roll', 're-?send', 'reply again', 'generate again',
    'reintentar', 'volver a intentar(?:lo)?', 'intentar de nuevo', 'regenerar(?: (?:la )?respuesta)?', 'volver a generar', 'reenviar', // es
    'tentar (?:de novo|novamente)', 'regenerar(?: a)? resposta', 'gerar (?:de novo|novamente)', // pt
    'erneut versuchen', 'wiederholen', 'nochmals? versuchen', 'noch einmal versuchen', '(?:antwort )?(?:neu|erneut) generieren', '(?:antwort )?regenerieren', 'erneut senden', // de
    'réessayer', 're-?générer(?: la réponse)?', 'renvoyer', 'relancer', // fr
    'повторить(?: попытку)?', 'попробовать (?:снова|ещё раз|еще раз)', '(?:пере|ре)генерировать(?: ответ)?', 'сгенерировать (?:снова|заново)', 'отправить (?:снова|повторно)', // ru
    '重试', '再试一次', '重新生成(?:回答|回复|响应)?', '重新发送', '重新回答', // zh
    '再試行', '(?:もう一度|再度)(?:試す|お試しください|生成(?:する)?)', '再生成(?:する)?', '(?:回答|応答)を再生成(?:する)?', '再送信?(?:する)?', 'やり直す', 'リトライ', // ja
    '다시 시도(?:하기)?', '재시도(?:하기)?', '(?:답변 |응답 )?(?:다시 생성|재생성)(?:하기)?', '다시 보내기', '재전송', // ko
    'إعادة المحاولة', 'أعد المحاولة', 'حاول (?:مرة أخرى|مجددا|مجددًا)', 'إعادة (?:الإنشاء|التوليد|الإرسال)', 'إعادة (?:إنشاء|توليد) (?:الرد|الإجابة|الاستجابة)', // ar
  ];
  const NAME = new RegExp(`^(?:${NAMES.join('|')})$`, 'iu');
  const BUTTONS = 'button, [role="button"], a[role="menuitem"], input[type="button"], input[type="submit"]';
  const LEVELS = 8;       // of elements around a failure in which its control may stand
  const TEXTS = 20_000;   // of a page that are looked through for the failure
  const LEAST_SAID = 8;   // characters by which a failure is known on a page

  /** @param {Element} element */
  const nameOf = (element) => {
    const names = [element.getAttribute('aria-label'), element.textContent, element.getAttribute('title'), element instanceof HTMLInputElement ? element.value : ''];
    return (names.find((name) => /\p{L}/u.test(name ?? '')) ?? '').replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '').trim().slice(0, 40);
  };
  /** @param {Element} element */
  const isOff = (element) => element.matches(':disabled, [aria-disabled="true"], [inert], [inert] *');
  /** @param {Element} element @returns {Element | null} */
  const around = (element) => element.parentElement ?? (element.parentNode instanceof ShadowRoot ? element.parentNode.host : null);

  /** The last place in which the page shows one of these. @param {readonly string[]} said @returns {Element | null} */
  const whereSaid = (said) => {
    const texts = said.map((text) => text.trim()).filter((text) => text.length >= LEAST_SAID);
    if (texts.length === 0) return null;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let last = null;
    for (let count = 0, node = walk.nextNode(); node !== null && count < TEXTS; node = walk.nextNode(), count++) {
      const { nodeValue, parentElement } = node;
      if (parentElement === null || nodeValue === null || !texts.some((text) => nodeValue.includes(text))) continue;
      if (!parentElement.matches('script, style, textarea, title') && parentElement.checkVisibility()) last = parentElement;
    }
    return last;
  };

  /** The one button of such a name that stands with the failure, and not before it, where it would be an earlier answer's. @param {Element} near @returns {Element | null} */
  const beside = (near) => {
    for (let at = /** @type {Element | null} */ (near), level = 0; at !== null && at !== document.body && level < LEVELS; at = around(at), level++) {
      const named = [...at.querySelectorAll(BUTTONS)].filter((button) => NAME.test(nameOf(button)) && !isOff(button) && button.checkVisibility());
      const [one] = named;
      if (one === undefined && getComputedStyle(at).position === 'fixed') return null; // what lies over the page has its control within: others are of the talk below
      if (one === undefined) continue;
      const isAfter = near.contains(one) || (near.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
      return named.length === 1 && isAfter ? one : null;
    }
    return null;
  };

  /**
   * @param {{app: App | null, near?: Element | null, said?: readonly string[]}} where the app, if it is known; where the failure stands, or
   *   what it says
   * @returns {{label: string, press: () => boolean} | null} null: nothing of which one could be sure. `press` presses once, and says whether it did
   */
  const findControl = ({ app, near = null, said = [] }) => {
    let button = app !== null && app.retry !== '' ? [...document.querySelectorAll(app.retry)].findLast((one) => !isOff(one)) ?? null : null;
    if (button === null) {
      const place = near ?? whereSaid(said);
      button = place === null ? null : beside(place);
    }
    if (!(button instanceof HTMLElement)) return null;
    const found = button, seen = nameOf(found) === '' ? beside(found) ?? found : found; // one that a menu presses has no name
    let isPressed = false;
    return {
      label: nameOf(seen) || 'Retry',
      press: () => {
        if (isPressed || !found.isConnected || isOff(found)) return false;
        isPressed = true;
        found.click();
        return true;
      },
    };
  };

  /** @param {unknown} element @returns {element is HTMLElement} */
  const isBox = (element) => element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && /^(?:text|search|)$/.test(element.type)) || (element instanceof HTMLElement && element.isContentEditable);
  /** @param {HTMLElement} box */
  const textIn = (box) => ('value' in box ? String(box.value) : box.textContent ?? '').trim();

  /**
   * Has the person begun a newer message? From now on: what an app itself puts into its box, such as the message that failed, is none; and
   * what was typed and is gone without being deleted was sent.
   * @param {App | null} app @param {() => void} onChange it has become so, or is no longer
   */
  const watchDrafts = (app, onChange) => {
    const ending = new AbortController();
    /** @type {Map<HTMLElement, string>} what was in a box when the person last typed there */
    const typed = new Map();
    let focused = document.activeElement;
    while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    for (const box of [focused, app === null || app.box === '' ? null : document.querySelector(app.box)]) if (isBox(box)) typed.set(box, textIn(box));
    const isNewer = () => [...typed.values()].some((text) => text !== '');
    document.addEventListener('input', (event) => {
      const [box] = event.composedPath(), before = isNewer();
      const host = box instanceof Element ? box.closest('[contenteditable], textarea, input') : null;
      if (!event.isTrusted || !isBox(host)) return;
      typed.set(host, textIn(host));
      if (isNewer() !== before) onChange();
    }, { capture: true, signal: ending.signal });
    return Object.freeze({ isNewer, stop: () => ending.abort() });
  };

  Object.defineProperty(globalThis, 'cooldownControl', { value: Object.freeze({ findControl, watchDrafts }) });
})();
