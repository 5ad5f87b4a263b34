// @ts-check
// A chat completion as an app reads it that has no SDK: the request, a whole answer, a stream of events.

/**
 * One question, as client.js keeps it: what came in pieces, and how the client's own promise settled. `settled` counts, so that a second time shows.
 * @typedef {{pieces: string, settled: number, answer: string | null, error: string | null}} Told
 */
/** What client.js asks of a client; `piece` is for what a stream brings. @typedef {{key: string, stream: boolean, question: string, piece: (text: string) => void}} Ask */

/** @param {string} question @param {boolean} stream */
export const chatRequest = (question, stream) => ({ model: 'openai/gpt-oss-120b', stream, messages: [{ role: 'user', content: question }] });

/** @param {any} answer @returns {string} */
export const wholeChat = (answer) => {
  if (answer.error) throw new Error(answer.error.message);
  return answer.choices[0].message.content;
};

/** Takes a stream apart. It has failed where the stream says so, and where it ends before its end. */
export class Events {
  failed = false;
  #rest = '';
  #isDone = false;
  #piece;

  /** @param {(text: string) => void} piece */
  constructor(piece) { this.#piece = piece; }

  /** @param {string} text as much as came */
  push(text) {
    const events = (this.#rest + text).split('\n\n');
    this.#rest = events.pop() ?? '';
    for (const event of events) if (event.startsWith('data: ')) this.take(event.slice(6));
  }

  /** @param {string} data of one event */
  take(data) {
    if (data === '') return; // a comment, to fetch-event-source
    if (data === '[DONE]') { this.#isDone = true; return; }
    const { error, choices } = JSON.parse(data);
    if (error) {
      this.failed = true;
      throw new Error(error.message);
    }
    this.#piece(choices[0]?.delta?.content ?? '');
  }

  end() { if (!this.#isDone) throw new Error('the stream has no end'); }
}

/** @param {ReadableStream<Uint8Array> | null} body @param {(text: string) => void} piece */
export const readChat = async (body, piece) => {
  const events = new Events(piece), decoder = new TextDecoder(), reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
  for (let part; !(part = await reader.read()).done;) events.push(decoder.decode(part.value, { stream: true }));
  events.end();
};
