// @ts-check
// Which language a person reads, and its words, for every page of ours and for the core.

/** The folders of `_locales`. Each says everything: a test holds them to it. */
export const LANGUAGES = Object.freeze(['en', 'ar', 'de', 'es', 'fr', 'ja', 'ko', 'pt_BR', 'ru', 'zh_CN']);

/** A message with its placeholders filled, by name: `cooldownCompat.fill`, which no web page has. @param {string} message @param {Record<string, string>} args */
export const fill = (message, args) => message.replace(/\$(\w+)\$/g, (_, name) => args[name.toLowerCase()] ?? '');

/** A time of day as the card says it: whether it is 14:00 or 2 pm is the person's habit, whatever language the words are in. @type {Intl.DateTimeFormatOptions} */
export const CLOCK = Object.freeze({ hour: 'numeric', minute: '2-digit', hourCycle: new Intl.DateTimeFormat([], { hour: 'numeric' }).resolvedOptions().hourCycle });

/** What each language calls itself, by its BCP 47 tag. @returns {[tag: string, name: string][]} */
export const languageNames = () => LANGUAGES.map((folder) => {
  const tag = folder.replace('_', '-'), name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  return [tag, name.charAt(0).toLocaleUpperCase(tag) + name.slice(1)];
});

/** @param {string} tag @returns {Intl.Locale | null} */
const likely = (tag) => {
  try { return new Intl.Locale(tag.replace('_', '-')).maximize(); } catch { return null; } // a browser may name what is no language
};

/**
 * The best of ours for a person who reads these. A language in another script is another language to read; one of another country is not.
 * @param {readonly string[]} wanted BCP 47, the dearest first
 * @returns {string} a folder of `_locales`
 */
export const languageFor = (wanted) => {
  for (const one of wanted.map(likely)) {
    const readable = LANGUAGES.filter((folder) => {
      const ours = likely(folder);
      return ours?.language === one?.language && ours?.script === one?.script;
    });
    const [first] = readable;
    if (first !== undefined) return readable.find((folder) => likely(folder)?.region === one?.region) ?? first;
  }
  return 'en';
};

/** In the extension what the person chose, else the browser's own language; on a web page what the person prefers to read. @returns {Promise<readonly string[]>} */
const usual = async () => {
  if (typeof cooldownCompat === 'undefined') return navigator.languages;
  const { api } = cooldownCompat;
  const { language } = await api.storage.local.get('language');
  return [typeof language === 'string' ? language : api.i18n.getUILanguage()];
};

/** Keys and messages alone: what is written for translators is three quarters of the English file. @param {string} folder @returns {Promise<Record<string, string>>} */
const messagesOf = async (folder) => {
  const response = await fetch(new URL(`_locales/${folder}/messages.json`, import.meta.url));
  /** @type {Record<string, {message: string}>} */
  const entries = await response.json();
  return Object.fromEntries(Object.entries(entries).map(([key, { message }]) => [key, message]));
};

/**
 * @param {readonly string[]} [wanted] BCP 47, the dearest first, where it is known already
 * @returns {Promise<{lang: string, dir: 'ltr' | 'rtl', words: Record<string, string>}>} the language's BCP 47 tag, how it is written, its messages by key.
 *   Rejects where a file of ours cannot be had.
 */
export const loadWords = async (wanted) => {
  const folder = languageFor(wanted ?? await usual()), lang = folder.replace('_', '-');
  return { lang, dir: lang === 'ar' ? 'rtl' : 'ltr', words: await messagesOf(folder) };
};
