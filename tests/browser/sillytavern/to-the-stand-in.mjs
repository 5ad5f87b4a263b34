// @ts-nocheck: it stands in for one of several signatures.
// Loaded before SillyTavern's server (`node --import`): what it sends to openrouter.ai goes to the stand-in for it, and nothing goes anywhere else.
import https from 'node:https';

const { request } = https, port = Number(process.env.STAND_IN_PORT);
https.request = (address, options, heard) => {
  const { hostname } = new URL(address);
  if (hostname !== 'openrouter.ai') throw new Error(`tests have no network: ${hostname}`);
  return request(address, { ...options, hostname: '127.0.0.1', port, servername: hostname, rejectUnauthorized: false, headers: { ...options.headers, host: hostname } }, heard);
};
