// @ts-check
// Runs the form of one app: ?app=, ?conversation= (the mock's script), ?stream=1.
import { forms } from './forms.js';

const setup = new URLSearchParams(location.search), conversation = setup.get('conversation') ?? '', form = forms[setup.get('app') ?? ''];
if (form === undefined) throw new Error('no such app');
const isStream = setup.get('stream') === '1';
document.body.innerHTML = form.html;
const box = /** @type {HTMLTextAreaElement} */ (document.querySelector('.box')), talk = /** @type {HTMLElement} */ (document.querySelector('.talk'));

/** @param {'user' | 'answer' | 'error'} kind @param {string} text */
const say = (kind, text) => {
  const line = document.createElement('div');
  line.className = `said ${kind}`;
  line.textContent = text;
  talk.append(line);
  return line;
};
/** @param {string} html */
const show = (html) => {
  const made = document.createElement('template');
  made.innerHTML = html;
  const element = /** @type {Element} */ (made.content.firstElementChild);
  talk.append(element);
  return element;
};
/** What went wrong, in the app's own way. @param {string} message @param {string} asked */
const fail = (message, asked) => {
  if (form.fails === 'blank') { say('error', ''); return; }
  const line = form.shows === undefined ? say('error', form.says?.(message) ?? message) : show(form.shows(message));
  if (form.fails === 'toast') (document.querySelector('[data-stack]') ?? document.body).append(line);
  if (form.retry === undefined) return;
  let own = form.retry.startsWith('#') ? document.querySelector(form.retry) : null;
  const row = document.createElement('div');
  if (own === null) {
    row.innerHTML = form.retry;
    own = row.firstElementChild;
    line.after(row);
  }
  /** @type {HTMLElement} */ (own).onclick = () => {
    document.documentElement.dataset.pressed = String(Number(document.documentElement.dataset.pressed ?? 0) + 1);
    line.remove();
    row.remove();
    run(asked);
  };
};

/** @param {any} answer */
const errorOf = ({ error, detail, message }) => error?.message ?? error ?? detail ?? message;
/** The text of an answer by its events; throws what one of them says. @param {string} body */
const ofEvents = (body) => {
  let text = '';
  for (const event of body.split('\n\n')) {
    const name = /^event: ?(.*)$/m.exec(event)?.[1], data = /^data: ?(.*)$/m.exec(event)?.[1];
    if (data === undefined || data === '[DONE]') continue;
    const parsed = JSON.parse(data);
    if (name === 'error' || parsed.error || parsed.type === 'error') throw new Error(parsed.text ?? parsed.errorText ?? parsed.message ?? errorOf(parsed));
    text += typeof parsed === 'string' ? parsed : parsed.text ?? parsed.delta ?? parsed.choices?.[0]?.delta?.content ?? '';
  }
  return text;
};
/** @param {string} body */
const read = (body) => {
  if (form.reads === 'named' || form.reads === 'sse' || isStream) return ofEvents(body);
  const answer = JSON.parse(body);
  if (answer.error) throw new Error(errorOf(answer));
  return form.reads === 'plain' ? answer.text ?? answer.choices[0].message.content : answer.choices[0].message.content;
};

/** @param {string} url @param {RequestInit & {body: string, headers: Record<string, string>}} init @returns {Promise<{ok: boolean, text: string}>} */
const byXhr = (url, init) => new Promise((done) => {
  const xhr = new XMLHttpRequest();
  xhr.open('POST', url);
  for (const [name, value] of Object.entries(init.headers)) xhr.setRequestHeader(name, value);
  xhr.onload = () => done({ ok: xhr.status < 400, text: xhr.responseText });
  xhr.send(init.body);
});

/** As apps read what streams: each piece when it comes. @param {Response} answer */
const inPieces = async (answer) => {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader(), decoder = new TextDecoder();
  for (let text = ''; ;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
};

const socket = form.socket ? new WebSocket(`ws://${location.host}/?conversation=${conversation}`) : null;
/** What comes over it. @returns {Promise<{error?: string, text?: string}>} */
const bring = () => new Promise((done) => {
  socket?.addEventListener('message', ({ data }) => done(JSON.parse(data)), { once: true });
  socket?.send('a question');
});

/** @param {string} text */
const run = async (text) => {
  const isEvents = isStream || form.reads === 'sse';
  const { url, body, headers, by } = form.ask(text, isEvents), isOwn = url.startsWith('/');
  const address = isOwn ? `${url}${url.includes('?') ? '&' : '?'}conversation=${conversation}` : url;
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...(isOwn ? {} : { Authorization: `Bearer sk-or-v1-${conversation}` }), ...headers } };
  try {
    const got = by === 'xhr' ? await byXhr(address, init) : await fetch(address, init).then(async (answer) => ({ ok: answer.ok, text: await ((isEvents || form.reads === 'named') && answer.ok ? inPieces(answer) : answer.text()) }));
    if (!got.ok) {
      let message = got.text;
      try { message = form.says === undefined ? String(errorOf(JSON.parse(got.text)) ?? got.text) : got.text; } catch { /* no JSON */ }
      fail(message, text);
      return;
    }
    if (form.socket) {
      const { error, text: answer = '' } = await bring();
      if (error !== undefined) throw new Error(error);
      say('answer', answer);
      return;
    }
    say('answer', read(got.text));
  } catch (error) { fail(error instanceof Error ? error.message : String(error), text); }
};

const send = () => {
  const text = ('value' in box ? box.value : /** @type {any} */ (box).textContent).trim();
  if ('value' in box) box.value = ''; else /** @type {any} */ (box).textContent = '';
  say('user', text);
  run(text);
};
/** @type {HTMLElement} */ (document.querySelector('.send')).onclick = send;
