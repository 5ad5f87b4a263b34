// @ts-check
// A decoder of OpenRouter's failures in plain JavaScript, as an extension without a compiled core would carry it: what `cargo xtask bench`
// measures the core against. Same question in, same shape out, same messages, same order of evidence; it knows the common kinds and not
// the dresses (prose, Python reprs, text escaped several times). It ships nowhere.

/** @typedef {{exchange: Exchange, request: RequestFacts | null, replayable: boolean, attempt: number, site: {own_retries: number | null}}} Question */
/** @typedef {Record<string, unknown>} Members */
/** @typedef {'now' | 'later' | 'never'} RetryHelps */
/** @typedef {[words: string[], kind: string, owner: string, reason: string, retry: RetryHelps]} Sentence */
/** @typedef {{kind: string, owner: string, reason: string, retry: RetryHelps, certainty: Diagnosis['certainty'], evidence: {field: string, text: string}[]}} Finding */
/** @typedef {{path: string, message: string, code: number | null, type: string | null, metadata: Members, raw: string, provider: string | null, model: string | null, id: string | null}} Fault */

// --- what must not be shown -------------------------------------------------------------------------------------------------------------

const GONE = '[redacted]';
const BEARER = /\b(bearer[ :\t]+)[^\s"'`,\\]+/gi;
const SECRET = new RegExp([
  /(?<![A-Za-z0-9])(?:sk-[\w.+%*-]{6,}|(?:user|org)_\w{4,}|(?:org-|gsk_|xai-|hf_|pplx-|cpk_)[\w-]{8,}|(?:AIza|r8_|ghp_|AKIA)[\w-]{12,})/,
  /(?<![\w.+%-])[\w.+%-]+@[\w-]+\.[\w.-]*\w/, // an e-mail address; from the head of a word alone, or each word costs its square
  /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/,
  /\b[0-9a-fA-F]{32,}\b/,
  /\beyJ[\w.-]{37,}/,
].map((one) => one.source).join('|'), 'g');
/** Members that quote the person or the model. */
const QUOTED = /((?:\\*["'])?\b(?:flagged_input|failed_generation|input_value|input|prompt|content|reasoning|messages|arguments)(?:\\*["'])?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\\"(?:(?!\\").)*\\"|\[[^\]]*\]?|\{[^}]*\}?)/g;

/** @param {string} text */
const redact = (text) => text.replace(QUOTED, `$1"${GONE}"`).replace(BEARER, `$1${GONE}`).replace(SECRET, GONE);

// --- text to facts ----------------------------------------------------------------------------------------------------------------------

/** @param {unknown} x @returns {x is Members} */
const isObject = (x) => typeof x === 'object' && x !== null && !Array.isArray(x);
/** @param {unknown} x @returns {string | null} */
const stated = (x) => (typeof x === 'string' && x.trim() !== '' ? x.trim() : null);
/** @param {unknown} x @returns {string | null} */
const scalar = (x) => (typeof x === 'number' || typeof x === 'boolean' ? String(x) : stated(x));

/** JSON; else, and only then, JavaScript literals. @param {string} text @returns {unknown} */
const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    const from = text.indexOf('{');
    const to = text.lastIndexOf('}');
    if (from < 0 || to < from) return null;
    const quoted = text.slice(from, to + 1)
      .replace(/'((?:[^'\\]|\\.)*)'/g, (_, inside) => JSON.stringify(inside))
      .replace(/([{,]\s*)([A-Za-z_$][\w$]*)\s*:/g, '$1"$2":')
      .replace(/,\s*([}\]])/g, '$1');
    try { return JSON.parse(quoted); } catch { return null; }
  }
};

/** The values of an event stream, or the one value of the text. @param {string} text @returns {unknown[]} */
const values = (text) => {
  if (!/^(?::|data:|event:|id:|retry:)/.test(text)) return [parse(text)];
  return text.split(/\r?\n\r?\n/).map((event) => event.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n'))
    .filter((payload) => payload !== '' && payload.trim() !== '[DONE]').map(parse);
};

/** Every leaf of the provider's own body, one a line. @param {unknown} value @param {string} key @param {number} depth @param {string[]} lines */
const providerWords = (value, key, depth, lines) => {
  if (depth > 8) return;
  if (typeof value === 'string' && /^\s*[{["]/.test(value)) {
    const inside = parse(value);
    if (inside !== null) { providerWords(inside, key, depth + 1, lines); return; }
  }
  if (Array.isArray(value)) for (const item of value) providerWords(item, key, depth + 1, lines);
  else if (isObject(value)) for (const [name, member] of Object.entries(value)) providerWords(member, name, depth + 1, lines);
  else {
    const text = scalar(value);
    if (text !== null) lines.push(key === '' ? text : `${key}: ${text}`);
  }
};

/** @param {Members} error @param {Members} around @param {string} path @returns {Fault} */
const faultOf = (error, around, path) => {
  const metadata = isObject(error.metadata) ? error.metadata : isObject(around.metadata) ? around.metadata : {};
  const code = Number(error.code ?? error.http_status ?? error.status);
  /** @type {string[]} */
  const lines = [];
  if (metadata.raw !== undefined) providerWords(metadata.raw, '', 0, lines);
  const id = stated(around.request_id) ?? stated(around.id);
  return {
    path, metadata, raw: lines.join('\n'), message: stated(error.message) ?? '', code: code >= 400 && code < 600 ? code : null,
    type: stated(error.error_type) ?? stated(metadata.error_type) ?? stated(around.error_type),
    provider: stated(around.provider), model: stated(around.model), id: id?.startsWith('gen-') ? id : null,
  };
};

/** @param {unknown} root @returns {Fault | null} */
const faultIn = (root) => {
  if (!isObject(root)) return null;
  if (isObject(root.error)) return faultOf(root.error, root, 'error');
  if (isObject(root.response) && isObject(root.response.error)) return faultOf(root.response.error, root.response, 'response.error');
  if (Array.isArray(root.choices)) {
    const at = root.choices.findIndex((choice) => isObject(choice) && isObject(choice.error));
    if (at >= 0) return faultOf(root.choices[at].error, root, `choices[${at}].error`);
  }
  return typeof root.message === 'string' && (root.code !== undefined || isObject(root.metadata)) ? faultOf(root, root, '') : null;
};

/** @param {Fault | null} fault @param {string} member @returns {string | null} */
const word = (fault, member) => (fault === null ? null : scalar(fault.metadata[member]));
/** @param {Fault} fault @param {string} member */
const field = (fault, member) => (fault.path === '' ? member : `${fault.path}.${member}`);

/** @param {Exchange} exchange @param {Fault | null} fault @param {string} name lower case @returns {{field: string, text: string} | null} */
const header = (exchange, fault, name) => {
  const own = exchange.headers[name];
  if (own !== undefined) return { field: `header ${name}`, text: own };
  const copy = fault?.metadata.headers;
  if (fault === null || !isObject(copy)) return null;
  const key = Object.keys(copy).find((one) => one.toLowerCase() === name);
  const text = key === undefined ? null : scalar(copy[key]);
  return text === null ? null : { field: field(fault, `metadata.headers.${name}`), text };
};

const SECONDS = /(?:again in|again after|retry in|retry after|retrydelay\W+|resets? in|available in|wait)\s+(?:for |about |at least )?((?:\d+(?:\.\d+)?\s*(?:ms|hours?|h|minutes?|mins?|m|seconds?|secs?|s)?\s*)+)/i;
/** @type {Record<string, number>} */
const UNITS = { ms: 0.001, s: 1, m: 60, h: 3_600 };

/** A wait that a sentence states, in seconds. @param {string} text @returns {number | null} */
const waitIn = (text) => {
  const found = SECONDS.exec(text)?.[1];
  if (found === undefined) return null;
  let total = 0;
  for (const [, count, unit] of found.matchAll(/(\d+(?:\.\d+)?)\s*(ms|h|m|s)?[a-z]*/gi)) total += Number(count) * (UNITS[unit ?? 's'] ?? 1);
  return /per[ -]?day|daily/i.test(text) && total < 120 ? null : total;
};

/** @param {Exchange} exchange @param {Fault | null} fault @param {string} said @returns {{sign: {field: string, text: string}, seconds: number} | null} */
const waitOf = (exchange, fault, said) => {
  const after = header(exchange, fault, 'retry-after');
  if (after !== null) {
    const seconds = Number(after.text);
    if (Number.isFinite(seconds)) return { sign: after, seconds };
    const until = Date.parse(after.text);
    if (!Number.isNaN(until) && exchange.at_ms > 0) return { sign: after, seconds: Math.max(0, (until - exchange.at_ms) / 1_000) };
  }
  const member = word(fault, 'retry_after_seconds') ?? word(fault, 'retry_after');
  if (fault !== null && member !== null && Number.isFinite(Number(member))) {
    return { sign: { field: field(fault, 'metadata.retry_after_seconds'), text: member }, seconds: Number(member) };
  }
  const seconds = waitIn(said);
  return seconds === null ? null : { sign: { field: fault?.raw ? 'metadata.raw' : 'text', text: `${Math.ceil(seconds)} s` }, seconds };
};

/** @param {Exchange} exchange @param {Fault | null} fault @returns {{sign: {field: string, text: string}, at_ms: number} | null} */
const resetOf = (exchange, fault) => {
  const reset = header(exchange, fault, 'x-ratelimit-reset');
  const number = reset === null ? 0 : Number(reset.text);
  if (reset !== null && number > 0) return { sign: reset, at_ms: number < 1e9 ? exchange.at_ms + number * 1_000 : number < 1e11 ? number * 1_000 : number };
  const member = word(fault, 'resets_at');
  const at_ms = member === null ? NaN : Date.parse(member);
  return fault === null || member === null || Number.isNaN(at_ms) ? null : { sign: { field: field(fault, 'metadata.resets_at'), text: member }, at_ms };
};

const MODEL = /([\w~.:-]+\/[\w~.:-]*\w)(?= is temporarily rate-limited upstream| is not a valid model| is only available on agentic)|(?:high demand for|new-account-rpm\/|limit_rp[md]\/|no endpoints found for|no endpoints for|providers serving|all providers for)\s*([\w~.-]+\/[\w~.:-]*\w)/i;
const LINK = /openrouter\.ai\/((?:settings\/(?:integrations|credits|keys|privacy|preferences|routing|provisioning-keys|management-keys)|credits|keys|workspaces\/[\w-]+\/(?:byok|keys|guardrails|routing|settings))(?:\/[\w-]+)*)(?![\w/-])/g;

/** The settings pages that the text names. @param {string} text @returns {string[]} */
const linksIn = (text) => [...new Set(Array.from(text.matchAll(LINK), ([link]) => `https://${link}`))];

// --- facts to a finding -----------------------------------------------------------------------------------------------------------------

/** @type {Sentence[]} caps win over `limit_source`, which calls them credits */
const CAPS = [
  [['key limit exceeded (total'], 'key_limit', 'key', 'key_total', 'never'],
  [['key limit exceeded (daily'], 'key_limit', 'key', 'key_daily', 'later'],
  [['key limit exceeded (weekly'], 'key_limit', 'key', 'key_weekly', 'later'],
  [['key limit exceeded (monthly'], 'key_limit', 'key', 'key_monthly', 'later'],
  [["adjust the key's", 'daily limit'], 'key_limit', 'key', 'key_daily', 'later'],
  [["adjust the key's", 'weekly limit'], 'key_limit', 'key', 'key_weekly', 'later'],
  [["adjust the key's", 'monthly limit'], 'key_limit', 'key', 'key_monthly', 'later'],
  [["adjust the key's"], 'key_limit', 'key', 'key_cap', 'never'],
  [['create a key with a higher'], 'key_limit', 'key', 'key_total', 'never'],
  [['key limit exceeded'], 'key_limit', 'key', 'key_cap', 'never'],
  [['workspace', 'budget of', 'exceeded'], 'key_limit', 'account', 'workspace_budget', 'later'],
  [['budget of $', 'exceeded. contact your org admin'], 'key_limit', 'account', 'guardrail_budget', 'later'],
];

/** @type {Record<string, [kind: string, owner: string, reason: string, retry: RetryHelps]>} */
const LIMIT_SOURCES = {
  upstream_provider_shared_pool: ['upstream_rate_limit', 'shared_pool', 'pool_limited', 'later'],
  upstream_provider_account: ['byok_rate_limit', 'own_provider_key', 'own_key_limit', 'later'],
  openrouter_free_tier_daily: ['free_per_day', 'free_tier', 'free_day', 'later'],
  openrouter_free_tier_per_minute: ['free_per_minute', 'free_tier', 'free_minute', 'later'],
  openrouter_new_account: ['account_rate_limit', 'account', 'new_account', 'later'],
  openrouter_admission_control: ['account_rate_limit', 'account', 'admission_control', 'later'],
  openrouter_in_flight_budget: ['account_rate_limit', 'account', 'in_flight_budget', 'later'],
  openrouter_credits: ['insufficient_credits', 'account', 'balance_empty', 'never'],
  openrouter_key_limit: ['key_limit', 'key', 'key_cap', 'never'],
  openrouter_guardrail_budget: ['key_limit', 'account', 'guardrail_budget', 'later'],
  openrouter_workspace_budget: ['key_limit', 'account', 'workspace_budget', 'later'],
};

/** @type {Sentence[]} what OpenRouter itself says */
const OWN = [
  [['free-models-per-day-high-balance'], 'free_per_day', 'free_tier', 'free_day_high', 'later'],
  [['free-models-per-day'], 'free_per_day', 'free_tier', 'free_day', 'later'],
  [['free-models-per-min'], 'free_per_minute', 'free_tier', 'free_minute', 'later'],
  [['limit_rpm/'], 'account_rate_limit', 'account', 'model_per_minute', 'later'],
  [['limit_rpd/'], 'account_rate_limit', 'account', 'model_per_day', 'later'],
  [['new-account-rpm/'], 'account_rate_limit', 'account', 'new_account', 'later'],
  [['new accounts are limited to'], 'account_rate_limit', 'account', 'new_account', 'later'],
  [['openrouter could not verify available credits'], 'account_rate_limit', 'account', 'admission_control', 'later'],
  [['given your current in-flight requests'], 'account_rate_limit', 'account', 'in_flight_budget', 'later'],
  [['account never purchased credits'], 'insufficient_credits', 'account', 'never_purchased', 'never'],
  [['this request requires more credits'], 'insufficient_credits', 'account', 'answer_too_long', 'never'],
  [['but can only afford'], 'insufficient_credits', 'account', 'answer_too_long', 'never'],
  [['prompt tokens limit'], 'insufficient_credits', 'account', 'prompt_too_long', 'never'],
  [['insufficient credits'], 'insufficient_credits', 'account', 'balance_empty', 'never'],
  [['rate-limited upstream'], 'upstream_rate_limit', 'shared_pool', 'pool_limited', 'later'],
  [['all providers for', 'are at capacity'], 'upstream_rate_limit', 'unknown', 'all_providers_at_capacity', 'later'],
  [['available matching your guardrail'], 'data_policy', 'none', 'guardrail', 'never'],
  [['matching your data policy'], 'data_policy', 'none', 'privacy_settings', 'never'],
  [['requires you to complete the following before use'], 'no_endpoints', 'account', 'attestation', 'never'],
  [['is only available on agentic harnesses'], 'no_endpoints', 'none', 'agentic_only', 'never'],
  [['model is unavailable for free. the paid version'], 'no_endpoints', 'none', 'free_ended', 'never'],
  [['no allowed providers are available'], 'no_endpoints', 'none', 'provider_pinned', 'never'],
  [['no endpoints found', 'max price'], 'no_endpoints', 'none', 'price_cap', 'never'],
  [['no endpoints found that'], 'no_endpoints', 'none', 'unsupported_option', 'never'],
  [['no endpoints found'], 'no_endpoints', 'none', 'not_served', 'never'],
  [['is not a valid model id'], 'model_not_found', 'none', 'no_such_model', 'never'],
  [['prompt injection patterns detected'], 'moderation', 'none', 'prompt_injection', 'never'],
  [['input was flagged'], 'moderation', 'none', 'input_flagged', 'never'],
  [["endpoint's maximum context length is"], 'context_length', 'none', 'too_long', 'never'],
  [['auth credentials found'], 'auth', 'none', 'no_key', 'never'],
  [['missing authentication header'], 'auth', 'none', 'no_key', 'never'],
  [['only management keys can perform'], 'auth', 'none', 'wrong_key_kind', 'never'],
];

const CONTEXT = /maximum context length|context_length_exceeded|(?:prompt|input) is too long|context length exceeded|context window|too many input tokens|reduce the length of the/;
const FILTER = /inappropriate content|content[_ ]policy|content_filter|data_inspection_failed|flagged for|was flagged|safety system|prohibited_content|sensitive content/;
const TIMEOUT = /timed out|time-?out|deadline[ _]exceeded/;
const OVERLOAD = /overload|queue_exceeded|high traffic|at capacity|capacity[ _]exceeded|(?:no|insufficient) capacity|no (?:available )?instances|high demand|is busy|too busy/;
const EMPTY = /insufficient[_ ]balance|balance is insufficient|insufficient_quota|insufficient funds|out of credits|balance is too low|arrearage|overdue|recharge/;
const QUOTA = /rate[_ -]?limit|resource[_ -]exhausted|quota|too[ _]many[ _](?:requests|tokens)|throttl|upstream_429|(?:requests|tokens) per minute/;
const DAILY = /per[ -]?day|daily/;
const KEY = /(?:invalid|incorrect)[ _]api[ _]key|api[ _]key (?:not valid|is invalid|expired)|api_key_invalid|key (?:has )?expired|authentication_error|unauthorized/;

/** @param {Sentence[]} table @param {string} said lower case @returns {Sentence | undefined} */
const sentenceIn = (table, said) => table.find(([words]) => words.every((one) => said.includes(one)));

/** @param {string} kind @param {string} owner @param {string} reason @param {RetryHelps} retry @param {Diagnosis['certainty']} certainty @param {string} at @param {string} text @returns {Finding} */
const finding = (kind, owner, reason, retry, certainty, at, text) => ({ kind, owner, reason, retry, certainty, evidence: [{ field: at, text }] });

/** @param {Sentence} sentence @param {string} at */
const bySentence = ([words, kind, owner, reason, retry], at) => finding(kind, owner, reason, retry, 'certain', at, words[0] ?? '');

/** @param {Exchange} exchange @param {Fault | null} fault @param {string} said @param {string} raw both lower case @param {string | null} provider @returns {Finding} */
const decide = (exchange, fault, said, raw, provider) => {
  const at = fault === null ? 'text' : field(fault, fault.message === '' ? 'metadata.raw' : 'message');
  const code = fault?.code ?? (exchange.status >= 400 ? exchange.status : null);
  const cap = sentenceIn(CAPS, said);
  if (cap !== undefined) return bySentence(cap, at);

  const own = sentenceIn(OWN, said);
  const source = word(fault, 'limit_source');
  const known = source === null ? undefined : LIMIT_SOURCES[source];
  if (fault !== null && source !== null && known !== undefined) {
    const [kind, owner, reason, retry] = known;
    const found = finding(kind, owner, reason, retry, 'certain', field(fault, 'metadata.limit_source'), source);
    // The sentence tells more of the same.
    if (own !== undefined && own[1] === kind) { found.reason = own[3]; found.retry = own[4]; }
    if (word(fault, 'reason') === 'in_flight_budget_exhausted') {
      return finding('account_rate_limit', 'account', 'in_flight_budget', 'later', 'certain', field(fault, 'metadata.reason'), 'in_flight_budget_exhausted');
    }
    return refine(found, fault, raw);
  }
  if (fault !== null && word(fault, 'is_byok') === 'true') {
    const on = field(fault, 'metadata.is_byok');
    if (code === 429) return refine(finding('byok_rate_limit', 'own_provider_key', 'own_key_limit', 'later', 'certain', on, 'true'), fault, raw);
    if (code === 402) return finding('insufficient_credits', 'own_provider_key', 'own_provider_account_empty', 'never', 'certain', on, 'true');
    if (code === 401 || (code === 400 && KEY.test(raw))) return finding('auth', 'own_provider_key', 'own_provider_key_refused', 'never', 'certain', on, 'true');
  }
  if (own !== undefined && !(own[1] === 'insufficient_credits' && provider !== null)) return refine(bySentence(own, at), fault, raw);
  const step = word(fault, 'failed_routing_step');
  if (fault !== null && step !== null) {
    const kind = /Data Policy|Guardrails/.test(step) ? 'data_policy' : 'no_endpoints';
    return finding(kind, 'none', kind === 'data_policy' ? 'privacy_settings' : 'unsupported_option', 'never', 'certain', field(fault, 'metadata.failed_routing_step'), step);
  }
  return refine(byStatus(code, fault, said, provider), fault, raw);
};

/** @param {number | null} code @param {Fault | null} fault @param {string} said @param {string | null} provider @returns {Finding} */
const byStatus = (code, fault, said, provider) => {
  const ofProvider = provider !== null || said.includes('provider returned error') || said.includes('upstream error');
  /** @param {string} kind @param {string} owner @param {string} reason @param {RetryHelps} retry @param {Diagnosis['certainty']} [certainty] */
  const by = (kind, owner, reason, retry, certainty = 'likely') => finding(kind, owner, reason, retry, certainty, 'status', String(code));
  switch (code) {
    case 400: case 413: case 422:
      if (CONTEXT.test(said)) return by('context_length', 'none', 'too_long', 'never');
      if (FILTER.test(said)) return by('moderation', 'none', 'input_flagged', 'never');
      return by('bad_request', 'none', ofProvider ? 'provider_rejected' : 'invalid_request', 'never');
    case 401:
      if (ofProvider) return by('provider_error', 'provider', 'provider_refused', 'never');
      return by('auth', 'none', said.includes('user not found') ? 'unknown_key' : 'key_refused', 'never', said.includes('user not found') ? 'likely' : 'certain');
    case 402: return ofProvider ? by('provider_error', 'provider', 'provider_account_empty', 'later') : by('insufficient_credits', 'account', 'balance_empty', 'never');
    case 403: return FILTER.test(said) ? by('moderation', 'none', 'input_flagged', 'never') : ofProvider ? by('provider_error', 'provider', 'provider_refused', 'never') : by('unknown_openrouter', 'unknown', 'unrecognized', 'never', 'unsure');
    case 404: return ofProvider ? by('provider_error', 'provider', 'provider_not_found', 'now') : by('no_endpoints', 'none', 'not_served', 'never');
    case 408: case 504: case 524: return by('timeout', 'provider', 'no_answer_in_time', 'now', 'certain');
    case 429:
      if (word(fault, 'is_byok') === 'false') return by('upstream_rate_limit', 'shared_pool', 'pool_limited', 'later');
      return ofProvider ? by('upstream_rate_limit', 'provider', 'provider_limit', 'later') : by('unknown_openrouter', 'unknown', 'limit_untold', 'later', 'unsure');
    case 500: case 502:
      if (FILTER.test(said)) return by('moderation', 'none', 'output_flagged', 'never');
      if (TIMEOUT.test(said)) return by('timeout', 'provider', 'no_answer_in_time', 'now');
      if (OVERLOAD.test(said)) return by('provider_overloaded', 'provider', 'provider_full', 'later');
      return code === 502 || ofProvider ? by('provider_error', 'provider', 'provider_failed', 'now', 'certain') : by('provider_error', 'unknown', 'internal', 'now', 'certain');
    case 503: case 529: return by('provider_overloaded', 'provider', 'provider_full', 'later', 'certain');
    default: return by('unknown_openrouter', 'unknown', 'unrecognized', 'now', 'unsure');
  }
};

/** The finer cause, from the provider's own code and words. @param {Finding} found @param {Fault | null} fault @param {string} raw @returns {Finding} */
const refine = (found, fault, raw) => {
  if (fault === null || (found.reason !== 'pool_limited' && found.reason !== 'own_key_limit')) return found;
  const code = (word(fault, 'provider_error_code') ?? word(fault, 'provider_code') ?? '').toLowerCase();
  const words = raw.includes('rate-limited upstream') ? '' : raw;
  /** @param {RegExp} topic @param {string} reason */
  const said = (topic, reason) => {
    const text = topic.exec(code)?.[0] ?? topic.exec(words)?.[0];
    if (text === undefined) return false;
    found.reason = reason;
    found.evidence.push({ field: field(fault, topic.test(code) ? 'metadata.provider_error_code' : 'metadata.raw'), text });
    return true;
  };
  if (found.reason === 'own_key_limit') {
    if (!said(OVERLOAD, 'own_key_overloaded')) said(DAILY, 'own_key_daily');
  } else if (!said(EMPTY, 'pool_account_empty') && !said(OVERLOAD, 'pool_engine_overloaded') && !said(QUOTA, 'pool_quota') && code === '429') {
    found.reason = 'pool_quota';
  }
  return found;
};

// --- a finding in words -----------------------------------------------------------------------------------------------------------------

/** @type {Record<string, [answer: 'yes' | 'no' | 'maybe' | 'unknown', why: string]>} by reason, then by kind */
const OWN_KEY = {
  pool_account_empty: ['yes', 'pool_empty'], pool_quota: ['maybe', 'pool_quota'], pool_engine_overloaded: ['no', 'full'], pool_limited: ['maybe', 'pool'],
  admission_control: ['no', 'not_provider'], provider_refused: ['unknown', 'unstated'], upstream_rate_limit: ['unknown', 'whose'],
  provider_overloaded: ['no', 'full'], free_per_minute: ['unknown', 'free'], free_per_day: ['unknown', 'free'], account_rate_limit: ['unknown', 'account'],
  moderation: ['unknown', 'unstated'], unknown_openrouter: ['unknown', 'unstated'], provider_error: ['no', 'failed'], timeout: ['no', 'failed'],
  insufficient_credits: ['unknown', 'credits'], key_limit: ['maybe', 'cap'], auth: ['no', 'openrouter_key'], data_policy: ['no', 'privacy'],
};
/** @type {Record<string, [answer: 'yes' | 'no' | 'maybe' | 'unknown', why: string]>} */
const OTHER_PROVIDER = {
  all_providers_at_capacity: ['no', 'all_full'], provider_pinned: ['yes', 'unpinned'], free_per_minute: ['no', 'free'], free_per_day: ['no', 'free'],
  account_rate_limit: ['no', 'openrouter'], insufficient_credits: ['no', 'openrouter'], key_limit: ['no', 'openrouter'], auth: ['no', 'openrouter'],
  no_endpoints: ['no', 'none_fits'], data_policy: ['no', 'none_fits'], model_not_found: ['no', 'request'], bad_request: ['no', 'request'],
  context_length: ['maybe', 'context'], moderation: ['maybe', 'filter'], unknown_openrouter: ['unknown', 'unstated'],
};
const PAGES = /** @type {Record<string, string>} */ ({
  own_key: 'https://openrouter.ai/settings/integrations', credits: 'https://openrouter.ai/settings/credits', keys: 'https://openrouter.ai/settings/keys',
  privacy: 'https://openrouter.ai/settings/privacy', model_list: 'https://openrouter.ai/models', status: 'https://status.openrouter.ai', model_page: 'https://openrouter.ai/',
});
/** @type {Record<string, string>} the page that helps, by reason, then by kind */
const HELPS = {
  pool_engine_overloaded: 'model_page', all_providers_at_capacity: 'model_page', in_flight_budget: 'credits', internal: 'status', upstream_rate_limit: 'own_key',
  byok_rate_limit: 'own_key', provider_overloaded: 'model_page', provider_error: 'model_page', moderation: 'model_page', no_endpoints: 'model_page', context_length: 'model_page',
  model_not_found: 'model_list', insufficient_credits: 'credits', key_limit: 'keys', auth: 'keys', data_policy: 'privacy',
};

/** @param {string} text @param {number} most */
const shorten = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`);

/**
 * A decoder with the words of `entries`, which is a `messages.json`.
 * @param {Record<string, {message: string}>} entries
 * @returns {(question: Question) => Verdict | null}
 */
export const decoder = (entries) => {
  const messages = new Map(Object.entries(entries).map(([key, { message }]) => [key, message]));

  /** The message, where all is stated that it names. @param {string} key @param {Record<string, string | undefined>} args @returns {string | undefined} */
  const complete = (key, args) => {
    const message = messages.get(key);
    if (message === undefined || !message.includes('$')) return message;
    let isWhole = true;
    const text = message.replace(/\$(\w*)\$/g, (_, /** @type {string} */ name) => {
      if (name === '') return '$';
      const value = args[name.toLowerCase()];
      if (value === undefined) isWhole = false;
      return value ?? '';
    });
    return isWhole ? text : undefined;
  };

  /** @param {number} seconds */
  const duration = (seconds) => {
    if (seconds < 90) return complete('wait_seconds', { count: String(Math.ceil(seconds)) }) ?? '';
    const minutes = Math.ceil(seconds / 60);
    if (seconds < 3_600) return complete('wait_minutes', { count: String(minutes) }) ?? '';
    if (seconds < 172_800) return complete('wait_hours', { hours: String(Math.floor(minutes / 60)), minutes: String(minutes % 60) }) ?? '';
    return complete('wait_days', { count: String(Math.ceil(seconds / 86_400)) }) ?? '';
  };

  return ({ exchange, request, replayable, attempt, site }) => {
    const shown = redact(exchange.body);
    let fault = null;
    for (const value of values(shown.trim())) fault ??= faultIn(value);
    const said = (fault === null ? shown : `${fault.message} ${fault.raw}`).replace(/\s+/g, ' ');
    const lower = said.toLowerCase();
    const raw = fault === null ? '' : fault.raw.toLowerCase();

    const host = /^https?:\/\/([^/?#:]+)/i.exec(exchange.url)?.[1]?.toLowerCase();
    const isOurs = host === 'openrouter.ai' || host?.endsWith('.openrouter.ai') === true;
    const mark = ['limit_source', 'provider_name', 'is_byok', 'failed_routing_step', 'error_type'].find((member) => word(fault, member) !== null);
    if (!(isOurs && (fault !== null || exchange.status >= 400)) && mark === undefined && sentenceIn(CAPS, lower) === undefined && sentenceIn(OWN, lower) === undefined) return null;

    // What is known.
    const provider = word(fault, 'provider_name') ?? fault?.provider ?? exchange.headers['x-provider-name'] ?? /upstream error from ([^:]{1,40}):/i.exec(said)?.[1] ?? null;
    const found = decide(exchange, fault, lower, raw, provider);
    const wait = waitOf(exchange, fault, said);
    const reset = resetOf(exchange, fault);
    const named = MODEL.exec(said);
    const model = named?.[1] ?? named?.[2] ?? word(fault, 'model_slug') ?? fault?.model ?? null;
    const byok = word(fault, 'is_byok');
    const evidence = [...found.evidence, isOurs ? { field: 'url', text: 'openrouter.ai' } : { field: mark ?? 'text', text: word(fault, mark ?? '') ?? '' }];
    for (const sign of [wait?.sign, reset?.sign]) if (sign !== undefined && !evidence.some((one) => one.field === sign.field)) evidence.push(sign);
    const status = fault?.code ?? (exchange.status >= 400 ? exchange.status : null);

    // When to try again.
    const left = reset !== null && exchange.at_ms > 0 && reset.at_ms > exchange.at_ms ? (reset.at_ms - exchange.at_ms) / 1_000 : 0;
    const seconds = Math.max(wait?.seconds ?? 0, left);
    const ready_at_ms = found.retry === 'never' || (wait === null && reset === null) ? null : Math.max(exchange.at_ms + Math.ceil((wait?.seconds ?? 0) * 1_000), reset?.at_ms ?? 0);
    const tooLong = ready_at_ms === null ? found.kind === 'free_per_day' || found.kind === 'key_limit' : ready_at_ms - exchange.at_ms > 75_000;
    const impossible = !replayable || found.retry === 'never' || tooLong;
    const appTries = site.own_retries !== null ? attempt <= Math.min(site.own_retries, 5) : request !== null && request.app_retries !== null && request.app_retries < 2;
    const hold = !impossible && !appTries;
    const deadline_ms = !hold ? null : ready_at_ms === null ? 50_000 : Math.max(50_000, ready_at_ms - exchange.at_ms + 10_000);

    // The words.
    const voice = request === null ? null : isOurs || host === undefined ? (request.key ? 'yours' : null) : 'site';
    const slug = model ?? request?.model ?? null;
    /** @param {RegExp} pattern */
    const number = (pattern) => pattern.exec(said)?.[1];
    const limited = header(exchange, fault, 'x-ratelimit-limit')?.text ?? number(/limited to (\d+)/i);
    const offer = /per-day\. add (\d+)\D.*?credits to unlock (\d+)/i.exec(said);
    const args = /** @type {Record<string, string | undefined>} */ ({
      provider: provider === null ? undefined : shorten(provider, 60), model: slug === null ? undefined : shorten(slug.slice(slug.indexOf('/') + 1), 60),
      wait: seconds > 0 ? duration(seconds) : undefined, limit: limited, asked: number(/(?:requested up to|you requested about) (\d+)/i),
      afford: number(/can only afford (\d+)/i), max: number(/maximum context length is (\d+)/i), credits: offer?.[1], more: offer?.[2],
      refusal: fault?.raw ? shorten(fault.raw, 140) : undefined, text: said === '' ? undefined : shorten(said, 140),
    });
    /** @param {string} key @returns {string | undefined} */
    const say = (key) => {
      if (voice !== null) {
        const voiced = complete(`${key}_${voice}`, args) ?? complete(`${key}_${voice}_plain`, args);
        if (voiced !== undefined) return voiced;
      }
      return complete(key, args) ?? complete(`${key}_plain`, args);
    };
    /** @param {string} part */
    const ofKind = (part) => say(`${found.kind}_${part}_${found.reason}`) ?? say(`${found.kind}_${part}`) ?? '';
    const title = ofKind('title');
    const isProvidersWord = wait?.sign.field.endsWith('raw') === true;
    let lasts;
    if (found.retry === 'later') {
      if (found.kind === 'free_per_day') lasts = reset === null ? say('wait_sentence_day') : undefined;
      else if (found.kind === 'free_per_minute' && seconds === 0) lasts = say('wait_sentence_minute');
      else if (found.kind !== 'key_limit') lasts = say(isProvidersWord ? 'wait_sentence_provider' : 'wait_sentence');
    }
    const body = [ofKind('body'), lasts].filter(Boolean).join(' ');

    /** @returns {[answer: 'yes' | 'no' | 'maybe' | 'unknown', why: string]} */
    const waiting = () => {
      if (found.retry === 'never') return ['no', found.kind === 'insufficient_credits' ? 'credits' : 'never'];
      if (found.retry === 'now') return ['maybe', 'now'];
      if (seconds > 0) return ['yes', isProvidersWord ? 'stated_provider' : 'stated'];
      return ['yes', reset !== null ? 'reset' : found.kind === 'free_per_day' ? 'day' : found.kind === 'free_per_minute' ? 'minute' : 'unstated'];
    };
    /** @param {Fact['id']} id @param {[answer: 'yes' | 'no' | 'maybe' | 'unknown', why: string]} answer @returns {Fact} */
    const fact = (id, [answer, why]) => ({
      id, label: messages.get(`fact_${id}`) ?? '', answer, value: messages.get(`answer_${answer}`) ?? '', why: say(`fact_${id}_${why}`) ?? '',
    });
    const tried = fault?.metadata.previous_errors;
    args.tried = Array.isArray(tried) && tried.length > 0 ? String(tried.length) : undefined;
    /** @type {Fact[]} */
    const facts = [
      { id: 'owner', label: messages.get('fact_owner') ?? '', answer: null, value: say(`owner_${found.owner}_${found.reason}`) ?? say(`owner_${found.owner}`) ?? '', why: '' },
      fact('waiting', waiting()),
      fact('own_key', found.owner === 'own_provider_key' || byok === 'true' ? ['no', 'in_use'] : OWN_KEY[found.reason] ?? OWN_KEY[found.kind] ?? ['no', 'request']),
      fact('other_provider', OTHER_PROVIDER[found.reason] ?? OTHER_PROVIDER[found.kind] ?? (args.tried === undefined ? ['maybe', 'if_any'] : ['maybe', 'tried'])),
    ];

    /** @type {[key: string, value: string | null | undefined][]} */
    const lines = [
      ['detail_status', status === null ? null : String(status)], ['detail_provider', provider], ['detail_model', slug], ['detail_limit_source', word(fault, 'limit_source')],
      ['detail_error_type', fault?.type], ['detail_provider_code', word(fault, 'provider_error_code') ?? word(fault, 'provider_code')], ['detail_request_id', fault?.id],
      ['detail_kind', `${found.kind} · ${found.reason}`], ['detail_certainty', messages.get(`certainty_${found.certainty}`)],
    ];
    const details = [];
    for (const [key, value] of lines) if (value != null) details.push({ label: messages.get(key) ?? '', value: shorten(value, 160) });

    /** @type {Remedy[]} */
    const remedies = [], plain = { price: '', patch: null, asks: null, also: null };
    if (hold) remedies.push({ type: 'retry', label: messages.get('remedy_retry') ?? '', url: null, hint: found.kind === 'timeout' ? messages.get('remedy_retry_hint_billed') ?? '' : '', costs: 'nothing', value: null, at_ms: ready_at_ms, ...plain });
    const page = found.reason === 'free_day' && offer !== null ? 'credits' : HELPS[found.reason] ?? HELPS[found.kind];
    const isOwners = page !== 'model_page' && page !== 'model_list' && page !== 'status';
    if (page !== undefined && !(voice === 'site' && isOwners) && !(page === 'model_page' && slug === null)) {
      const key = `remedy_${page}`;
      remedies.push({ type: 'link', label: say(key) ?? '', url: `${PAGES[page]}${page === 'model_page' ? slug : ''}`, hint: say(`${key}_hint_${found.reason}`) ?? say(`${key}_hint`) ?? '', costs: 'nothing', value: null, at_ms: null, ...plain });
    }

    const sent = shown.trim().slice(0, 4_000);
    const report = [
      title, ...details.map(({ label, value }) => `${label}: ${value}`), ...(exchange.at_ms > 0 ? [`at: ${new Date(exchange.at_ms).toISOString()}`] : []),
      ...(ready_at_ms === null ? [] : [`ready at: ${new Date(ready_at_ms).toISOString()}`]), ...evidence.map((sign) => `${sign.field} = ${sign.text}`), '', sent,
    ].join('\n');

    return {
      diagnosis: {
        kind: found.kind, limit_owner: found.owner, reason: found.reason, certainty: found.certainty, status, provider, model, retry_after_s: wait?.seconds ?? null,
        reset_at_ms: reset?.at_ms ?? null, is_byok: byok === null ? null : byok === 'true', retry_helps: found.retry, links: linksIn(shown), request_id: fault?.id ?? null, evidence, against: [],
      },
      words: { lang: 'en', title, body, facts, details, raw: sent, report },
      plan: { hold, deadline_ms, ready_at_ms, show_after_ms: appTries && !impossible ? 5_000 : 0, press_at_ms: hold ? ready_at_ms : null, auto_tries: 0 },
      remedies,
    };
  };
};
