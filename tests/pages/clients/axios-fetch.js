// @ts-check
// axios by its adapter for fetch.
import { askBy } from '../axios-by.js';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = (ask) => askBy(ask, 'fetch');
