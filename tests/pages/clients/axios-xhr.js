// @ts-check
// axios by its default adapter in browsers: XMLHttpRequest.
import { askBy } from '../axios-by.js';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = (ask) => askBy(ask, 'xhr');
