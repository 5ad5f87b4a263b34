// @ts-check
// The AI SDK with OpenRouter's provider. It tries again by itself, and says so nowhere in its requests.
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { generateText, streamText } from 'ai';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const model = createOpenRouter({ apiKey: key })('openai/gpt-oss-120b');
  if (!stream) return (await generateText({ model, prompt: question })).text;
  for await (const part of streamText({ model, prompt: question, onError: () => {} }).fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') piece(part.text);
  }
};
