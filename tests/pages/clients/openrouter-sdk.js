// @ts-check
// OpenRouter's own SDK. It hands a Request to fetch; an error within a stream is a member of a chunk.
import { OpenRouter } from '@openrouter/sdk';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const { chat } = new OpenRouter({ apiKey: key });
  const chatRequest = { model: 'openai/gpt-oss-120b', messages: [{ role: /** @type {const} */ ('user'), content: question }] };
  const answer = await chat.send({ chatRequest: { ...chatRequest, stream } });
  if ('choices' in answer) {
    const content = answer.choices[0]?.message.content;
    return typeof content === 'string' ? content : null;
  }
  for await (const chunk of answer) {
    if (chunk.error) throw new Error(chunk.error.message);
    piece(chunk.choices[0]?.delta.content ?? '');
  }
};
