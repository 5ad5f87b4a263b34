// @ts-check
// Failures that the tests need beyond the mock's presets.

/** A shared pool's limit with a stated wait, which the page can read in the body alone. @param {number} seconds @returns {import('./mock.mjs').Answer} */
export const poolWait = (seconds) => ({
  status: 429, headers: { 'content-type': 'application/json', 'retry-after': String(seconds) },
  body: { error: { message: 'Provider returned error', code: 429, metadata: {
    raw: 'openai/gpt-oss-120b is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations',
    provider_name: 'Cerebras', is_byok: false, limit_source: 'upstream_provider_shared_pool', retry_after_seconds: seconds, headers: { 'Retry-After': String(seconds) },
  } }, user_id: 'user_2abcDEFghiJKLmnoPQRstuVWXyz' },
});
