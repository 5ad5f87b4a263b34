// @ts-check
// A plain chat app as people write them: it calls OpenRouter from the page, shows what comes back once, and knows nothing of Cooldown.
// Its address sets it up: ?conversation= (the mock's script), stream=1 (typed: it looks first what came), count= (calls at once), timeout= (its own, ms), patience= (ms after
// which it asks once more, and tells the first call nothing), endpoint=, body= (bytes | request),
// by=xhr (an XMLHttpRequest, its answer shown whole; xhr-eager: it asks for the status as soon as there is one), with= (members of the body, as JSON),
// models= (one after the other, each when the one before has failed).

const setup = new URLSearchParams(location.search);
const conversation = setup.get('conversation') ?? 'default';
const endpoint = setup.get('endpoint') ?? 'https://openrouter.ai/api/v1/chat/completions';
const isStream = setup.has('stream');

const talk = /** @type {HTMLElement} */ (document.getElementById('talk'));
const prompt = /** @type {HTMLInputElement} */ (document.getElementById('prompt'));
/** Stops everything under way with a reason that can be told apart. */
let stopper = new AbortController();
const STOPPED = { stopped: 'by the person' };

/** @param {'user' | 'answer' | 'error'} kind @param {string} text */
const say = (kind, text) => {
  const line = document.createElement('li');
  line.className = kind;
  line.textContent = text;
  talk.append(line);
  return line;
};

/** Everything a page can know of an answer. @param {Response} answer */
const describe = async (answer) => {
  const { status, statusText, ok, url, type, redirected, bodyUsed } = answer;
  return { status, statusText, ok, url, type, redirected, bodyUsed, own: Object.getOwnPropertyNames(answer), headers: [...answer.headers], body: await answer.text() };
};

/** @param {string} text @param {string} [model] */
const requestOf = (text, model = 'openai/gpt-oss-120b') => {
  const body = JSON.stringify({ model, stream: isStream, messages: [{ role: 'user', content: text }], ...JSON.parse(setup.get('with') ?? '{}') });
  const signals = [stopper.signal];
  const timeout = setup.get('timeout');
  if (timeout !== null) signals.push(AbortSignal.timeout(Number(timeout)));
  /** @type {RequestInit} */
  const init = {
    method: 'POST', signal: signals.length === 1 ? signals[0] ?? null : AbortSignal.any(signals),
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer sk-or-v1-${conversation}`, 'X-Title': 'A plain chat' },
    body: setup.get('body') === 'bytes' ? new TextEncoder().encode(body) : body,
  };
  return init;
};

/** Of each of the APIs. @param {any} body @returns {string} */
const textIn = (body) => body.choices?.[0].message.content ?? (body.output?.[0] ?? body).content[0].text;

/** @param {Response} answer @param {HTMLElement} line */
const showStream = async (answer, line) => {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      if (!event.startsWith('data: ') || event === 'data: [DONE]') continue;
      const data = JSON.parse(event.slice(6));
      if (data.error) throw new Error(data.error.message);
      line.textContent += data.choices[0]?.delta?.content ?? '';
    }
  }
};

/** By an XMLHttpRequest, as before there was fetch. @param {string} text */
const askByXhr = (text) => {
  const xhr = new XMLHttpRequest(), { headers, body } = requestOf(text);
  xhr.open('POST', endpoint);
  for (const [name, value] of Object.entries(/** @type {Record<string, string>} */ (headers))) xhr.setRequestHeader(name, value);
  xhr.onload = () => {
    const { status, responseURL: url, responseText } = xhr, details = JSON.stringify({ status, url });
    const answer = status === 200 ? JSON.parse(responseText) : null;
    if (answer?.choices) say('answer', answer.choices[0].message.content).dataset.details = details;
    else say('error', `The call failed: ${status}`).dataset.details = details;
  };
  if (setup.get('by') === 'xhr-eager') xhr.onreadystatechange = () => { if (xhr.readyState === 2) document.title = `status ${xhr.status}`; };
  xhr.onerror = () => { say('error', 'The call broke').dataset.details = '{}'; };
  xhr.send(/** @type {string} */ (body));
};

/** @param {string} text */
const ask = async (text) => {
  if (setup.get('by')?.startsWith('xhr')) { askByXhr(text); return; }
  try {
    const [model, ...others] = setup.get('models')?.split(',') ?? [];
    const init = requestOf(text, model);
    const call = () => (setup.get('body') === 'request' ? fetch(new Request(endpoint, init)) : fetch(endpoint, init)), patience = setup.get('patience');
    /** @returns {Promise<undefined>} */
    const over = () => new Promise((resolve) => { setTimeout(resolve, Number(patience)); });
    let answer = patience === null ? await call() : await Promise.race([call(), over()]) ?? await call();
    for (const other of others) if (!answer.ok) answer = await fetch(endpoint, requestOf(text, other));
    if (!answer.ok) {
      const details = await describe(answer);
      say('error', `The call failed: ${answer.status}`).dataset.details = JSON.stringify(details);
      return;
    }
    const { status, url, type } = answer;
    const line = say('answer', '');
    const isJson = setup.get('stream') === 'typed' && answer.headers.get('content-type')?.startsWith('application/json');
    if (isStream && !isJson) await showStream(answer, line);
    else line.textContent = textIn(await answer.json());
    line.dataset.details = JSON.stringify({ status, url, type });
  } catch (error) {
    const details = error === STOPPED ? { reason: 'the very object' } : { name: /** @type {any} */ (error)?.name, message: String(/** @type {any} */ (error)?.message) };
    say('error', `The call broke: ${JSON.stringify(details)}`).dataset.details = JSON.stringify(details);
  }
};

/** @type {HTMLElement} */ (document.getElementById('form')).addEventListener('submit', (event) => {
  event.preventDefault();
  const text = prompt.value;
  prompt.value = '';
  const count = Number(setup.get('count') ?? 1);
  for (let n = 1; n <= count; n++) {
    const one = count === 1 ? text : `${text} ${n}`;
    say('user', one);
    ask(one);
  }
});
/** @type {HTMLElement} */ (document.getElementById('stop')).addEventListener('click', () => {
  stopper.abort(STOPPED);
  stopper = new AbortController();
});

/** Puts a service worker between this page and the net, and says when it is. */
Object.assign(globalThis, { standBetween: async (file = 'chat-sw.js') => {
  const controlled = new Promise((resolve) => { navigator.serviceWorker.addEventListener('controllerchange', resolve); });
  await navigator.serviceWorker.register(file);
  await controlled;
} });
/** The same call in the ways that nothing in the page can hold. @param {'service worker' | 'synchronous' | 'beacon' | 'event source'} way @param {string} text */
Object.assign(globalThis, { askWithoutHook: (/** @type {string} */ way, /** @type {string} */ text) => {
  const { signal, ...init } = requestOf(text), address = `${endpoint}?conversation=${conversation}`;
  if (way === 'service worker') navigator.serviceWorker.controller?.postMessage({ endpoint, init });
  else if (way === 'beacon') navigator.sendBeacon(address, 'one');
  else if (way === 'event source') new EventSource(address).onerror = ({ target }) => { /** @type {EventSource} */ (target).close(); };
  else {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', address, false);
    xhr.send(/** @type {string} */ (init.body));
  }
} });

/** The same call from a worker, where no extension reaches: what the page's own answer must equal. @param {string} text */
Object.assign(globalThis, { askFromWorker: (/** @type {string} */ text) => new Promise((resolve) => {
  const worker = new Worker('chat-worker.js');
  worker.onmessage = (event) => { worker.terminate(); resolve(event.data); };
  const { signal, ...init } = requestOf(text);
  worker.postMessage({ endpoint, init });
}) });
