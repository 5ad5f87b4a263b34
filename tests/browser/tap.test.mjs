// @ts-check
// The tap alone: `node tap.test.mjs [--firefox] [--only WORDS]`; exits non-zero where anything failed.
import { run } from './tap/lab.mjs';
import './tap/fetch.mjs';
import './tap/inside.mjs';
import './tap/xhr.mjs';
import './tap/relay.mjs';
import './tap/others.mjs';
import './tap/patch.mjs';

await run();
