// @ts-check
// Every message that crosses a border of Cooldown, as a type and a validator. No other file spells a message type,
// but for page/tap.js, which imports nothing; tests/browser holds its messages against these validators.
//
// A plain script on one frozen global, so that the bridge (a classic content script) and the extension's modules
// share the one file. What comes from the page's world is the page's word: a validator copies what it knows, bounded,
// into a new object, and drops the rest. It returns null for anything else; it never throws.

/**
 * What the tap read of the request, in the page. Never the key, the prompt or the body.
 * @typedef {object} RequestFacts
 * @property {string | null} model      the slug the request asked for, at most 200 characters
 * @property {boolean} stream           `stream: true` in the body
 * @property {number | null} max_tokens `max_tokens`, `max_completion_tokens` or `max_output_tokens`
 * @property {boolean} key              a Bearer key left this page with the request (only that it did)
 * @property {boolean} relay            it went to the site's own server, and not to OpenRouter
 * @property {boolean} named            and it says itself that it is for OpenRouter
 * @property {string[]} only            `provider.only`, at most 16 slugs
 * @property {string[]} order           `provider.order`, at most 16 slugs
 * @property {boolean | null} allow_fallbacks `provider.allow_fallbacks`
 * @property {string[]} ignore          `provider.ignore`, at most 16 slugs
 * @property {number | null} app_retries the request's own `X-Stainless-Retry-Count`
 * @property {string[] | null} members  which of the members that a remedy may change the body has; null where it is no JSON object
 * @property {number | null} size       characters of the body
 * @property {boolean} works_before     it asks for work before a model is asked (a web search, a document), or may do so
 */

/**
 * A failed answer as it was seen. Body at most 65,536 characters.
 * @typedef {object} Exchange
 * @property {'http' | 'sse' | 'body200' | 'page' | 'log'} surface
 * @property {string} url        origin and path, without query and fragment
 * @property {string} method
 * @property {number} status     0 where the connection broke before an answer
 * @property {Record<string, string>} headers lower-case names; only those the page itself can read
 * @property {string} body
 * @property {number} at_ms      when it arrived, epoch ms
 */

/**
 * tap → bridge. A watched call failed. `id` is one held promise; a replay that fails again comes under the same id.
 * @typedef {object} Observed
 * @property {1} v
 * @property {'observed'} type
 * @property {number} id
 * @property {number} story    the same body to the same address within 60 s of a failure is one story
 * @property {number} attempt  how many times this story has failed, this one included
 * @property {boolean} replayable a snapshot is there, so `retry` is possible
 * @property {Exchange} exchange
 * @property {RequestFacts} request
 */

/**
 * tap → bridge. The page has its answer.
 * @typedef {object} Settled
 * @property {1} v
 * @property {'settled'} type
 * @property {number} id
 * @property {number} story
 * @property {number} attempt   tries of ours it took, the first included
 * @property {'answered' | 'released' | 'aborted'} outcome
 * @property {'decision' | 'deadline' | 'late' | 'gone' | 'page'} why
 *   decision: the bridge said so; deadline: the hold's end; late: no verdict in time; gone: the extension went away;
 *   page: the page's own doing (its signal, or the replay's success)
 * @property {string | null} by the provider that answered, where the answer names it
 */

/**
 * tap → bridge. What was asked for by `AskLimits`, of `/api/v1/key` and `/api/v1/credits`: numbers, flags and a period, nothing else.
 * @typedef {object} Limits
 * @property {1} v
 * @property {'limits'} type
 * @property {number} story
 * @property {Numbers} numbers  empty where nothing could be read
 */
/** @typedef {Partial<Record<'limit' | 'limit_remaining' | 'total_credits' | 'total_usage' | 'free_used' | 'free_limit' | 'free_remaining', number>> & {is_free_tier?: boolean, limit_reset?: 'daily' | 'weekly' | 'monthly'}} Numbers */

/**
 * tap → bridge. The app itself sent a failed story again, or went on to another model with it (`answered` false); or it has its answer (`answered` true).
 * @typedef {object} Resent
 * @property {1} v
 * @property {'resent'} type
 * @property {number} story
 * @property {boolean} answered
 */

/** @typedef {{v: 1, type: 'failed'}} Failed  tap or worker → bridge: a call of the page's failed, and it is not clear yet whose failure it is */
/** @typedef {{v: 1, type: 'ping'}} Ping  tap → bridge, only while something is held, or a card is there */
/** @typedef {{v: 1, type: 'pong'}} Pong  bridge → tap */

/**
 * One change of a request's JSON body: the member at `path` (one or two names) gets the value `json`, or is taken out where that is null.
 * @typedef {{path: string[], json: string | null}} Edit
 */

/**
 * bridge → tap. A click on "My limits": ask OpenRouter with the key of this failed story.
 * @typedef {{v: 1, type: 'ask_limits', story: number}} AskLimits
 */

/** @typedef {{v: 1, type: 'card', open: boolean}} CardIs  bridge → tap: while a card is there, the tap looks whether we are; where we are gone, it takes the card away */

/**
 * bridge → tap. What the tap obeys beside: a decision on an id that it issued.
 * @typedef {object} Decide
 * @property {1} v
 * @property {'decide'} type
 * @property {number} id
 * @property {'hold' | 'release' | 'retry'} action
 * @property {number | null} deadline_ms with `hold`: how long from now, at most 85,000
 * @property {Edit[] | null} patch  with `retry`: made in the body as the page sent it, for this try
 */

/**
 * bridge → tap, once at the start: what is watched beside the calls to OpenRouter. Nothing; or what goes from the page to its own server,
 * and to addresses that begin as `routes` do. (`all` is for tests: every address and method.)
 * @typedef {object} Configure
 * @property {1} v
 * @property {'configure'} type
 * @property {'own' | 'all'} watch
 * @property {readonly string[]} routes
 */

/**
 * What the core answers: see `Verdict` in src/lib.rs, whose serde shape this is; a test holds the two together.
 * @typedef {object} Verdict
 * @property {Diagnosis} diagnosis
 * @property {Words} words
 * @property {Plan} plan
 * @property {Remedy[]} remedies  what helps, the main thing first; screens draw `retry`, what has a patch, what is looked up, what has a page
 */

/**
 * @typedef {object} Diagnosis
 * @property {string} kind          as in tests/corpus/README.md
 * @property {string} limit_owner
 * @property {string} reason
 * @property {'certain' | 'likely' | 'unsure'} certainty
 * @property {number | null} status
 * @property {string | null} provider
 * @property {string | null} model
 * @property {number | null} retry_after_s
 * @property {number | null} reset_at_ms
 * @property {boolean | null} is_byok
 * @property {'now' | 'later' | 'never'} retry_helps
 * @property {string[]} links       settings links that the text states
 * @property {string | null} request_id
 * @property {{field: string, text: string}[]} evidence
 * @property {{field: string, text: string}[]} against  fields that contradict the verdict; usually none
 */

/**
 * Every sentence the card shows, in the person's language, redacted. The strip shows the same.
 * @typedef {object} Words
 * @property {string} lang
 * @property {string} title
 * @property {string} body
 * @property {Fact[]} facts         four: whose limit, waiting, own key, another provider
 * @property {{label: string, value: string}[]} details
 * @property {string} raw           the server's text, redacted, at most 4,000 characters
 * @property {string} report        what "Copy report" copies
 */

/**
 * @typedef {object} Fact
 * @property {'owner' | 'waiting' | 'own_key' | 'other_provider'} id
 * @property {string} label
 * @property {'yes' | 'no' | 'maybe' | 'unknown' | null} answer   null for `owner`
 * @property {string} value         "Yes", "No", … or the owner's name
 * @property {string} why           one short clause, may be empty
 */

/**
 * When, and whether, to try again.
 * @typedef {object} Plan
 * @property {boolean} hold             keep the answer from the app until the person decides
 * @property {number | null} deadline_ms how long to hold, from now
 * @property {number | null} ready_at_ms when a try makes sense, epoch ms: a stated wait's end, or the next day, week or month
 *   of a limit that is counted so; null where neither is known
 * @property {number} show_after_ms     how long the card waits for an app that retries by itself; 0 = at once
 * @property {number | null} press_at_ms when a press sends, epoch ms: a stated wait's end, or later where a try has just failed; null at once
 * @property {number} auto_tries        how many tries without a click the story may have in all; 0 where a person is asked
 */

/**
 * @typedef {object} Remedy
 * @property {string} type         as `RemedyType` in src/remedy.rs: `retry`, `wait`, `own_key`, `credits`, …
 * @property {string} label        on the button
 * @property {string | null} url   `https://…` where a page helps
 * @property {string} hint         its condition: one sentence on when it helps; may be empty
 * @property {string} costs        as `Cost` in src/remedy.rs: `nothing`, `credits`, `may_bill_twice`, …
 * @property {string | null} value what it changes to: tokens, a model's slug or a provider's slug
 * @property {number | null} at_ms when it makes sense, epoch ms
 * @property {string} price        in words, on a button that acts; may be empty
 * @property {Edit[] | null} patch the change to the request, where one click makes it
 * @property {'providers' | 'price' | 'limits' | null} asks what has to be looked up first, on a click
 * @property {string | null} also  the same page at an address that names no workspace
 */

/**
 * What was looked up: see `Panel` in src/panel.rs.
 * @typedef {object} Panel
 * @property {string} title
 * @property {{label: string, value: string}[]} lines
 * @property {{label: string, price: string, detail: string, costs: string, patch: Edit[] | null}[]} offers without a patch: the one that failed
 * @property {{label: string, price: string, slug: string, name: string} | null} always "skip it on this site for an hour"
 * @property {string} note
 * @property {number | null} at_ms when it was read, where that matters
 */

/**
 * A rule that the person set for a site: failures of this provider are sent again without it.
 * @typedef {{slug: string, name: string, until_ms: number}} Rule
 */

/**
 * bridge → worker: judge this.
 * @typedef {object} Explain
 * @property {1} v
 * @property {'explain'} type
 * @property {Exchange} exchange
 * @property {RequestFacts | null} request null where none was seen (text on a page)
 * @property {boolean} replayable
 * @property {number} attempt   how often the app has sent it
 * @property {number} failures  how often it has failed, tries of ours included
 * @property {number} tries     how many tries of ours for this answer failed, this one included
 * @property {boolean} paid     the person has agreed to pay for the try that failed
 * @property {number | null} patience_ms how long the app waits for an answer, where that is known to be short
 */

/**
 * bridge → worker, on a click: who else serves it, or what it costs, from openrouter.ai's public list. Answered with `{v, ok, panel}`.
 * @typedef {Omit<Explain, 'type'> & {type: 'look_up', asks: 'providers' | 'price'}} LookUp
 */
/** @typedef {{v: 1, type: 'tell_limits', numbers: Numbers, at_ms: number}} TellLimits  bridge → worker: in words, please. Answered with `{v, ok, panel}` */
/**
 * bridge → worker: for an hour on this site (`name` given), or no longer (null). Answered with `{v, ok, rule}`.
 * @typedef {{v: 1, type: 'skip', slug: string, name: string | null}} Skip
 */

/**
 * bridge → worker: when, or (with `due_at_ms`, once that has come) whether now, may this be tried again without a click? Answered with
 * `{v, ok: true, at_ms, send}`: send now; or ask again at `at_ms`; or, where that is null, ask the person.
 * @typedef {object} Auto
 * @property {1} v
 * @property {'auto'} type
 * @property {string} kind               of the failure
 * @property {string} provider           whose budget it is drawn from: the provider, or the owner of the limit
 * @property {number} allowed            `auto_tries` of the plan
 * @property {number} tried
 * @property {number | null} ready_at_ms when a press would send
 * @property {number} ends_at_ms         when the hold ends
 * @property {number | null} due_at_ms   the time that an earlier answer named
 */

/** @typedef {{v: 1, type: 'remind', at_ms: number}} Remind bridge → worker: tell the person then, and lead back to this tab. Answered with `{v, ok, notifies}` */

/**
 * What the card shows: the bridge's state, whole, so that a lost frame comes back as it was.
 * @typedef {object} View
 * @property {Verdict} verdict
 * @property {'held' | 'armed' | 'retrying' | 'released' | 'answered' | 'failed' | 'explained' | 'nothing'} phase
 *   held: Retry is there; armed: pressed early, sends at ready_at_ms; released: the app has its error, no Retry here;
 *   failed: a replay failed again and is held (the verdict is the new one); explained: nothing was ever held, and Retry is there
 *   if `reload`; nothing: the person asked about a text that is none of OpenRouter's failures
 * @property {boolean} reload    the page itself is the failed answer: Retry loads it anew
 * @property {number} requests   how many of the app's requests this card speaks for
 * @property {number} attempt    tries so far
 * @property {string} site       the host, for display
 * @property {string | null} control  released: the name of the app's own control, which can be pressed for a second try
 * @property {string | null} by  who answered, where that is known
 * @property {Panel | 'loading' | 'failed' | null} panel  what was looked up
 * @property {Rule | null} rule  that holds here for the provider that failed
 * @property {number | null} auto_at_ms when it is tried again without a click, epoch ms; null where it is not
 * @property {'offer' | 'set' | 'marked' | null} remind a reminder for the end of the wait can be had, or is set; `marked`: without leave for notifications it only marks the tab
 * @property {'site' | 'pattern' | null} hushed the person wants no more of these here, and may yet think otherwise
 */

/**
 * bridge → worker: a card with this token will come from this tab. Answered with `{v, ok, corner, theme}`: where it stands here, and in which colours.
 * @typedef {{v: 1, type: 'expect', token: string}} Expect
 */
/** @typedef {{v: 1, type: 'claim', token: string}} Claim    card → worker: is this token expected here? answered once */
/** @typedef {{v: 1, type: 'token', token: string}} Token    bridge → card frame, by window.postMessage, with the port */
/** @typedef {{v: 1, type: 'hello'}} Hello                  card → bridge: drawn and listening */
/** @typedef {{v: 1, type: 'show', view: View}} Show         bridge → card */
/**
 * card → bridge: CSS px of the card.
 * @typedef {{v: 1, type: 'size', width: number, height: number, folded: boolean}} Size
 */
/**
 * card → bridge, from a trusted click or key. `index` says which: of the verdict's remedies, of the panel's offers.
 * @typedef {object} Act
 * @property {1} v
 * @property {'act'} type
 * @property {'retry' | 'disarm' | 'stop' | 'remind' | 'dismiss' | 'control' | 'remedy' | 'offer' | 'always' | 'back' | 'undo' | 'hide' | 'mistaken' | 'show_again'} action
 * @property {number} index
 */

/**
 * Where the card stands. `Move`: card → bridge, a person chose a corner; `Drag`: card → bridge, how far a pointer has carried it, and whether it has let
 * go; `Placed`: bridge → card, where it stands now; `Place`: bridge → worker, remember that for this site; `Focus`: bridge → card, a person comes by key.
 * @typedef {'bottom-right' | 'bottom-left' | 'top-right' | 'top-left'} Corner
 * @typedef {{v: 1, type: 'move', corner: Corner}} Move
 * @typedef {{v: 1, type: 'drag', x: number, y: number, over: boolean}} Drag
 * @typedef {{v: 1, type: 'placed', corner: Corner, folded: boolean}} Placed
 * @typedef {{v: 1, type: 'place', corner: Corner}} Place
 * @typedef {{v: 1, type: 'focus'}} Focus
 */
/** @typedef {{v: 1, type: 'go_to_card'}} GoToCard  worker → bridge: the person pressed the key for it */

/**
 * bridge → worker: no more here, of this kind or (null) of any; or, soon after, again. Answered with `{v, ok}`.
 * @typedef {{v: 1, type: 'hush', pattern: {kind: string, where: 'call' | 'text'} | null, on: boolean}} Hush
 */

/**
 * bridge → worker: what came of it (badge, site memory).
 * @typedef {object} Happened
 * @property {1} v
 * @property {'happened'} type
 * @property {'needs_you' | 'waiting' | 'over' | 'app_retries'} what
 *   the first three are the card's state for the badge; app_retries: this site's own retry habit, learnt
 * @property {number} count  needs_you, waiting: requests; app_retries: how often the app sends a failed story again by itself
 * @property {boolean} inside app_retries: after an error inside a good answer, not after a failing status
 */

/**
 * What the history keeps of one failure, beside its site, which is the sender's: words of the core's own, names, numbers. No address, no id, no text.
 * @typedef {object} Failure
 * @property {number} at_ms          when it failed first, epoch ms
 * @property {string} kind           one of KINDS
 * @property {string} limit_owner    one of OWNERS
 * @property {string | null} provider
 * @property {string | null} model
 * @property {number | null} status
 * @property {number | null} wait_s  that it stated
 * @property {number} tries          how often it was sent, by the app, by us, or by the person
 * @property {'answered' | 'given_up' | 'explained' | 'left'} outcome
 *   answered: a later try was; given_up: it was held, and the app has its error after all; explained: the app had its error at once;
 *   left: the page stopped it, or was left, while it waited
 */
/** @typedef {Failure & {v: 1, type: 'ended'}} Ended  bridge → worker: nothing more comes of this failure */
/** @typedef {{v: 1, type: 'kept', failure: Failure & {site: string}}} News  worker → pages of ours that show the history, over a BroadcastChannel: it has one more */

/**
 * The card of a frame inside stands in the top frame. `Stage`: frame → worker, over a port that lives as long as the card;
 * `Guest`: worker → top frame, the same with the frame it is from; `Seat`: worker → frame, whether there is room; `StageAct`: top
 * frame → worker, what the person did, for the frame to which it comes as an `Act`.
 * @typedef {{v: 1, type: 'stage', what: 'enter' | 'leave', view: View | null}} Stage  view: null while it is still judged
 * @typedef {{v: 1, type: 'guest', frame: number, what: 'enter' | 'leave', view: View | null}} Guest
 * @typedef {{v: 1, type: 'seat', ok: boolean}} Seat
 * @typedef {{v: 1, type: 'stage_act', frame: number, action: Act['action'], index: number}} StageAct
 */

/**
 * worker → bridge of the top frame: explain this, which no held answer brought. `nothing` where the person asked and it is no failure.
 * @typedef {{v: 1, type: 'told', phase: 'explained' | 'nothing', verdict: Verdict}} Told
 */

/** @typedef {{v: 1, type: 'healed', url: string, at_ms: number}} Healed  worker → bridge: a call to this address that began then was answered: its client helped itself */
/** @typedef {{v: 1, type: 'unheld', exchange: Exchange}} Unheld  worker → bridge: a call of this page's failed that its tap did not tell of */

/** @typedef {{v: 1, type: 'status'}} Status  worker → bridge: are you there? Answered with `{v, ok: true, late, locked}` */

/** @typedef {{v: 1, type: 'changed'}} Changed   worker → bridge: where we may be, for how long not, or the language has changed; ask */
/** @typedef {{v: 1, type: 'standing'}} Standing bridge → worker: until when is nothing held or shown here, and in which language? Answered with `{v, ok: true, until_ms, lang, notifies}`; `notifies`: the browser may show notifications */
/** @typedef {{v: 1, type: 'notice'}} Notice bridge → worker: let the browser tell when something that can show a failure comes into this page. Answered with `{v, ok}` */
/** @typedef {{v: 1, type: 'strip_words'}} StripWords bridge → worker: the strip's own words. Answered with `{v, ok: true, words}`, by message key */

/** @typedef {{v: 1, type: 'site_state', url: string, tab_id: number}} SiteState popup → worker */
/** @typedef {{v: 1, type: 'set_site', url: string, on: boolean}} SetSite   popup → worker: after the permission was granted, or to switch off */
/** @typedef {{v: 1, type: 'set_everywhere', on: boolean}} SetEverywhere popup → worker */
/** @typedef {{v: 1, type: 'set_auto', url: string, on: boolean}} SetAuto   popup → worker: tries without a click on this site */
/** @typedef {{v: 1, type: 'pause', url: string, on: boolean}} Pause       popup → worker: for an hour nothing is held or shown on this site */

/**
 * worker → popup.
 * @typedef {object} SiteAnswer
 * @property {'on' | 'off' | 'impossible'} state  impossible: a browser page, a store, a PDF
 * @property {boolean} everywhere
 * @property {boolean} workers    the calls of workers are seen
 * @property {string} host
 * @property {string | null} pattern  the origin pattern to ask the browser for
 * @property {boolean} disk       a page from the disk, and the browser keeps extensions out of those until the person turns its own switch
 * @property {boolean} granted    the browser lets us in; such a site may still be switched off
 * @property {boolean} built_in   openrouter.ai, always allowed at install
 * @property {boolean} reload     switched on after this tab was loaded
 * @property {boolean} locked     the page locked `fetch`: nothing can be seen here
 * @property {Rule | null} rule   that the person set for this site, while it holds
 * @property {boolean} auto       failures are tried again without a click here
 * @property {number | null} paused_until_ms  nothing is held or shown on this site until then
 * @property {boolean} ask_notify a reminder is set for this tab, and the browser may show no notification yet
 */
/** @typedef {{v: 1, type: 'end_rule', url: string}} EndRule popup → worker */

/**
 * bridge → popup: what was shown on this page, the newest first, and what its key had left when that was asked for. It lies in the page's own process alone.
 * @typedef {{failures: {verdict: Verdict, at_ms: number, answered: boolean}[], limits: Panel | null}} Recent
 */

(() => {
  'use strict';
  const V = 1;
  const BODY_MAX = 65_536;

  /** @param {unknown} x @returns {x is Record<string, unknown>} */
  const isObject = (x) => typeof x === 'object' && x !== null && !Array.isArray(x);
  /** @param {unknown} x @param {number} max */
  const text = (x, max) => (typeof x === 'string' ? x.slice(0, max) : '');
  /** @param {unknown} x @param {number} max @returns {string | null} */
  const textOrNull = (x, max) => (typeof x === 'string' ? x.slice(0, max) : null);
  /** A name that stands within our own words: nothing in it turns or hides what is beside it. @param {unknown} x @param {number} max */
  const nameOrNull = (x, max) => textOrNull(typeof x === 'string' ? x.replace(/[\p{Cc}\p{Cf}]/gu, '') : x, max);
  /** @param {unknown} x @param {number} min @param {number} max @returns {x is number} */
  const isWithin = (x, min, max) => typeof x === 'number' && x >= min && x <= max;
  /** @param {unknown} x @returns {x is number} */
  const isId = (x) => Number.isSafeInteger(x) && isWithin(x, 1, 2 ** 31);
  /** @param {unknown} x @returns {x is number} */
  const isCount = (x) => Number.isSafeInteger(x) && isWithin(x, 0, 1000);
  /** Epoch ms. @param {unknown} x @returns {x is number} */
  const isTime = (x) => isWithin(x, 0, 8.64e15);
  /** Firefox counts frames from 2 ** 32. @param {unknown} x @returns {x is number} */
  const isFrame = (x) => Number.isSafeInteger(x) && isWithin(x, 1, 2 ** 53);
  /** @param {unknown} x @returns {number | null} */
  const countOrNull = (x) => (Number.isSafeInteger(x) && isWithin(x, 0, 2 ** 40) ? x : null);
  /** @param {unknown} x @returns {string[]} */
  const slugs = (x) => (Array.isArray(x) ? x.filter((s) => typeof s === 'string').slice(0, 16).map((s) => text(s, 100)) : []);
  /** @template {string} T @param {unknown} x @param {readonly T[]} all @returns {x is T} */
  const isOneOf = (x, all) => all.some((one) => one === x);

  /** Only these header fields travel; none of them can carry a secret. */
  const HEADERS = Object.freeze(['content-type', 'retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset',
    'x-generation-id', 'x-provider-name', 'request-id', 'cf-ray', 'cf-mitigated', 'server', 'date']);

  /** @param {unknown} x @returns {Record<string, string>} */
  const headers = (x) => {
    /** @type {Record<string, string>} */
    const out = {};
    if (isObject(x)) for (const name of HEADERS) if (typeof x[name] === 'string') out[name] = text(x[name], 300);
    return out;
  };

  /** Fields of an error that name the person or repeat the prompt, and keys and ids wherever they stand: as in page/tap.js, for text of the page. */
  const PRIVATE = /((\\{0,7})(["'])(?:user_id|flagged_input)\2\3\s*:\s*\2\3)[^]*?((?<!\\)\2\3|$)/g;
  const IDENTITY = /\b(?:sk-[\w-]{8,}|(?:user|org)_\w{8,})/g;
  /** @param {string} said */
  const withoutSecrets = (said) => said.replace(PRIVATE, '$1$4').replace(IDENTITY, '…');

  /** @param {unknown} x @returns {Exchange | null} */
  const exchange = (x) => {
    if (!isObject(x) || !isOneOf(x.surface, /** @type {const} */ (['http', 'sse', 'body200', 'page', 'log']))) return null;
    if (!Number.isSafeInteger(x.status) || !isWithin(x.status, 0, 999) || !isWithin(x.at_ms, 0, 8.64e15)) return null;
    return {
      surface: x.surface, url: text(x.url, 500), method: text(x.method, 20), status: x.status,
      headers: headers(x.headers), body: text(x.body, BODY_MAX), at_ms: x.at_ms,
    };
  };

  /** @param {unknown} x @returns {RequestFacts | null} */
  const requestFacts = (x) => (!isObject(x) ? null : {
    model: textOrNull(x.model, 200), stream: x.stream === true, max_tokens: countOrNull(x.max_tokens), key: x.key === true,
    relay: x.relay === true, named: x.named === true, only: slugs(x.only), order: slugs(x.order),
    allow_fallbacks: typeof x.allow_fallbacks === 'boolean' ? x.allow_fallbacks : null, app_retries: countOrNull(x.app_retries),
    ignore: slugs(x.ignore), members: Array.isArray(x.members) ? slugs(x.members) : null, size: countOrNull(x.size),
    works_before: x.works_before !== false,
  });

  /** Members that a patch may change, and those within `provider`. */
  const CHANGED = /** @type {const} */ (['model', 'models', 'fallbacks', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'plugins', 'provider']);
  const CHANGED_WITHIN = /** @type {const} */ (['only', 'order', 'ignore', 'allow_fallbacks']);
  /** @param {unknown} x @returns {Edit[] | null} null: none, or not one of ours */
  const patch = (x) => {
    if (!Array.isArray(x) || x.length === 0 || x.length > 40) return null;
    const edits = x.map((edit) => {
      const { path, json } = isObject(edit) ? edit : { path: null, json: null };
      if (!Array.isArray(path) || !isOneOf(path[0], CHANGED) || path.length !== (path[0] === 'provider' ? 2 : 1)) return null;
      if (path.length === 2 && !isOneOf(path[1], CHANGED_WITHIN)) return null;
      if (json === null) return { path: [...path], json };
      if (typeof json !== 'string' || json.length > 2_000) return null;
      try { JSON.parse(json); } catch { return null; }
      return { path: [...path], json };
    });
    return edits.includes(null) ? null : /** @type {Edit[]} */ (edits);
  };

  const AMOUNTS = /** @type {const} */ (['limit', 'limit_remaining', 'total_credits', 'total_usage', 'free_used', 'free_limit', 'free_remaining']);
  const PERIODS = /** @type {const} */ (['daily', 'weekly', 'monthly']);
  /** @param {unknown} x @returns {Numbers} */
  const numbers = (x) => {
    /** @type {Numbers} */
    const out = {};
    if (!isObject(x)) return out;
    for (const name of AMOUNTS) if (isWithin(x[name], -1e9, 1e9)) out[name] = /** @type {number} */ (x[name]);
    if (typeof x.is_free_tier === 'boolean') out.is_free_tier = x.is_free_tier;
    if (isOneOf(x.limit_reset, PERIODS)) out.limit_reset = x.limit_reset;
    return out;
  };

  /** As `Kind` and `LimitOwner` in src/diagnose/mod.rs; a test holds them together. */
  const KINDS = Object.freeze(['upstream_rate_limit', 'byok_rate_limit', 'free_per_minute', 'free_per_day', 'account_rate_limit', 'provider_overloaded', 'provider_error',
    'timeout', 'insufficient_credits', 'key_limit', 'auth', 'moderation', 'data_policy', 'no_endpoints', 'model_not_found', 'context_length', 'bad_request',
    'region_blocked', 'edge_block', 'network', 'unknown_openrouter']);
  const OWNERS = Object.freeze(['shared_pool', 'provider', 'own_provider_key', 'free_tier', 'account', 'key', 'edge', 'none', 'unknown']);
  const OUTCOMES = /** @type {const} */ (['answered', 'given_up', 'explained', 'left']);
  /** A provider's or a model's name; null for what is none, or might name a person. @param {unknown} x @param {RegExp} form */
  const slugOrNull = (x, form) => (typeof x === 'string' && form.test(x) && x.search(IDENTITY) === -1 ? x : null);
  /** @param {unknown} x @returns {Failure | null} */
  const failure = (x) => (!isObject(x) || !Number.isSafeInteger(x.at_ms) || !isTime(x.at_ms) || !isOneOf(x.kind, KINDS) || !isOneOf(x.limit_owner, OWNERS) || !isOneOf(x.outcome, OUTCOMES) || !isCount(x.tries) ? null : {
    at_ms: x.at_ms, kind: x.kind, limit_owner: x.limit_owner, provider: slugOrNull(x.provider, /^[\p{L}\p{N}][\p{L}\p{N} .()&+_/-]{0,59}$/u),
    model: slugOrNull(x.model, /^[\w~][\w~./:@+-]{0,119}$/), status: isCount(x.status) ? x.status : null, wait_s: isWithin(x.wait_s, 0, 1e8) ? x.wait_s : null, tries: x.tries, outcome: x.outcome,
  });

  /** An error inside a good answer. @param {Exchange} exchange */
  const isInside = ({ status }) => status >= 200 && status < 300;

  /** What stood somewhere to be read, and came by no call. @param {Exchange} exchange */
  const isText = ({ surface }) => surface === 'page' || surface === 'log';

  /** @param {unknown} m @returns {Observed | Settled | Resent | Limits | Failed | Ping | null} */
  const fromTap = (m) => {
    if (!isObject(m) || m.v !== V) return null;
    switch (m.type) {
      case 'ping': case 'failed': return { v: V, type: m.type };
      case 'observed': {
        const seen = exchange(m.exchange), request = requestFacts(m.request);
        if (!isId(m.id) || !isId(m.story) || !isId(m.attempt) || !seen || !request) return null;
        return { v: V, type: 'observed', id: m.id, story: m.story, attempt: m.attempt, replayable: m.replayable === true, exchange: seen, request };
      }
      case 'settled':
        if (!isId(m.id) || !isId(m.story) || !isId(m.attempt)) return null;
        if (!isOneOf(m.outcome, /** @type {const} */ (['answered', 'released', 'aborted']))) return null;
        if (!isOneOf(m.why, /** @type {const} */ (['decision', 'deadline', 'late', 'gone', 'page']))) return null;
        return { v: V, type: 'settled', id: m.id, story: m.story, attempt: m.attempt, outcome: m.outcome, why: m.why, by: nameOrNull(m.by, 60) };
      case 'limits': return isId(m.story) ? { v: V, type: 'limits', story: m.story, numbers: numbers(m.numbers) } : null;
      case 'resent':
        return isId(m.story) ? { v: V, type: 'resent', story: m.story, answered: m.answered === true } : null;
      default: return null;
    }
  };

  const ACTIONS = /** @type {const} */ (['retry', 'disarm', 'stop', 'remind', 'dismiss', 'control', 'remedy', 'offer', 'always', 'back', 'undo', 'hide', 'mistaken', 'show_again']);
  const MOVES = /** @type {const} */ (['enter', 'leave']), CORNERS = /** @type {const} */ (['bottom-right', 'bottom-left', 'top-right', 'top-left']);

  /** @param {Record<string, unknown>} m @returns {Act | null} */
  const act = ({ action, index = 0 }) => (isOneOf(action, ACTIONS) && Number.isSafeInteger(index) && isWithin(index, 0, 100) ? { v: V, type: 'act', action, index } : null);

  /** @param {unknown} m @returns {Hello | Size | Act | Move | Drag | null} */
  const fromCard = (m) => {
    if (!isObject(m) || m.v !== V) return null;
    switch (m.type) {
      case 'hello': return { v: V, type: 'hello' };
      case 'size': return isWithin(m.width, 0, 10_000) && isWithin(m.height, 0, 10_000) ? { v: V, type: 'size', width: m.width, height: m.height, folded: m.folded === true } : null;
      case 'act': return act(m);
      case 'move': return isOneOf(m.corner, CORNERS) ? { v: V, type: 'move', corner: m.corner } : null;
      case 'drag': return isWithin(m.x, -1e4, 1e4) && isWithin(m.y, -1e4, 1e4) ? { v: V, type: 'drag', x: m.x, y: m.y, over: m.over === true } : null;
      default: return null;
    }
  };

  /** @param {unknown} m @returns {Show | Placed | Focus | null} what the card draws comes from the bridge over a claimed port: shape only */
  const toCard = (m) => {
    if (!isObject(m) || m.v !== V) return null;
    switch (m.type) {
      case 'show': return isObject(m.view) && isObject(m.view.verdict) ? /** @type {Show} */ (/** @type {unknown} */ (m)) : null;
      case 'placed': return isOneOf(m.corner, CORNERS) ? { v: V, type: 'placed', corner: m.corner, folded: m.folded === true } : null;
      case 'focus': return { v: V, type: 'focus' };
      default: return null;
    }
  };

  /** @param {unknown} x */
  const isPage = (x) => x == null || (typeof x === 'string' && x.startsWith('https://'));
  /**
   * Made by a bridge from the worker's own words, but it may be the bridge of another site, in a process that its page owns: no link of it runs in the
   * page where the card stands.
   * @param {unknown} x @returns {View | null}
   */
  const viewOrNull = (x) => (isObject(x) && isObject(x.verdict) && Array.isArray(x.verdict.remedies) && x.verdict.remedies.every((one) => isObject(one) && isPage(one.url) && isPage(one.also))
    ? /** @type {View} */ (/** @type {unknown} */ (x)) : null);
  /** @param {unknown} m @returns {Guest | null} */
  const toStage = (m) => (isObject(m) && m.v === V && m.type === 'guest' && isFrame(m.frame) && isOneOf(m.what, MOVES)
    ? { v: V, type: 'guest', frame: m.frame, what: m.what, view: viewOrNull(m.view) } : null);
  /** @param {unknown} m @returns {Seat | Act | null} */
  const fromStage = (m) => {
    if (!isObject(m) || m.v !== V) return null;
    if (m.type === 'seat') return { v: V, type: 'seat', ok: m.ok === true };
    return m.type === 'act' ? act(m) : null;
  };

  /** The worker's own words, kept by a bridge: shape only. @param {unknown} x @returns {Recent} */
  const fromRecent = (x) => {
    const { failures, limits } = isObject(x) ? x : {};
    return {
      failures: (Array.isArray(failures) ? failures : []).filter((one) => isObject(one) && isObject(one.verdict) && isObject(one.verdict.words) && Array.isArray(one.verdict.remedies) && isTime(one.at_ms))
        .slice(0, 5).map(({ verdict, at_ms, answered }) => ({ verdict, at_ms, answered: answered === true })),
      limits: isObject(limits) && Array.isArray(limits.lines) ? /** @type {Panel} */ (/** @type {unknown} */ (limits)) : null,
    };
  };

  /** @param {unknown} m @returns {Told | Unheld | Healed | Failed | Changed | GoToCard | null} `told` is the worker's own words: shape only */
  const toBridge = (m) => {
    if (!isObject(m) || m.v !== V) return null;
    if (m.type === 'failed' || m.type === 'changed' || m.type === 'go_to_card') return { v: V, type: m.type };
    if (m.type === 'healed') return isTime(m.at_ms) ? { v: V, type: 'healed', url: text(m.url, 2000), at_ms: m.at_ms } : null;
    if (m.type === 'unheld') {
      const seen = exchange(m.exchange);
      return seen && { v: V, type: 'unheld', exchange: seen };
    }
    return m.type === 'told' && isOneOf(m.phase, /** @type {const} */ (['explained', 'nothing'])) && isObject(m.verdict) ? /** @type {Told} */ (/** @type {unknown} */ (m)) : null;
  };

  /** @param {unknown} x @returns {string | null} */
  const token = (x) => (typeof x === 'string' && /^[0-9a-f-]{36}$/.test(x) ? x : null);

  /** @param {Record<string, unknown>} m @returns {Omit<Explain, 'type'> | null} */
  const question = (m) => {
    const seen = exchange(m.exchange);
    if (!seen || !isId(m.attempt) || !isId(m.failures) || !isCount(m.tries)) return null;
    return {
      v: V, exchange: seen, request: requestFacts(m.request), replayable: m.replayable === true, attempt: m.attempt, failures: m.failures, tries: m.tries, paid: m.paid === true,
      patience_ms: countOrNull(m.patience_ms),
    };
  };

  /** @param {unknown} x @returns {Hush['pattern'] | undefined} undefined: not one */
  const pattern = (x) => {
    if (x === null) return null;
    return isObject(x) && typeof x.kind === 'string' && /^[a-z_]{1,40}$/.test(x.kind) && isOneOf(x.where, /** @type {const} */ (['call', 'text'])) ? { kind: x.kind, where: x.where } : undefined;
  };

  /** @param {unknown} m @returns {Explain | LookUp | TellLimits | Skip | Place | Hush | Auto | Remind | Expect | Claim | Happened | Ended | Stage | StageAct | Standing | StripWords | Notice | SiteState | SetSite | SetEverywhere | SetAuto | Pause | EndRule | null} */
  const toWorker = (m) => {
    if (!isObject(m) || m.v !== V) return null;
    switch (m.type) {
      case 'explain': {
        const asked = question(m);
        return asked && { ...asked, type: 'explain' };
      }
      case 'look_up': {
        const asked = question(m);
        return asked && isOneOf(m.asks, /** @type {const} */ (['providers', 'price'])) ? { ...asked, type: 'look_up', asks: m.asks } : null;
      }
      case 'tell_limits': return isTime(m.at_ms) ? { v: V, type: 'tell_limits', numbers: numbers(m.numbers), at_ms: m.at_ms } : null;
      case 'skip': return typeof m.slug === 'string' && /^[\w-]{1,60}$/.test(m.slug) ? { v: V, type: 'skip', slug: m.slug, name: nameOrNull(m.name, 60) } : null;
      case 'place': return isOneOf(m.corner, CORNERS) ? { v: V, type: 'place', corner: m.corner } : null;
      case 'hush': {
        const what = pattern(m.pattern);
        return what === undefined || typeof m.on !== 'boolean' ? null : { v: V, type: 'hush', pattern: what, on: m.on };
      }
      case 'auto': {
        const { allowed, tried, ready_at_ms, ends_at_ms, due_at_ms } = m;
        if (!isCount(allowed) || !isCount(tried) || !isTime(ends_at_ms)) return null;
        return {
          v: V, type: 'auto', kind: text(m.kind, 60), provider: text(m.provider, 100), allowed, tried, ends_at_ms,
          ready_at_ms: isTime(ready_at_ms) ? ready_at_ms : null, due_at_ms: isTime(due_at_ms) ? due_at_ms : null,
        };
      }
      case 'remind': return isTime(m.at_ms) ? { v: V, type: 'remind', at_ms: m.at_ms } : null;
      case 'expect': case 'claim': {
        const t = token(m.token);
        return t === null ? null : { v: V, type: m.type, token: t };
      }
      case 'happened':
        if (!isOneOf(m.what, /** @type {const} */ (['needs_you', 'waiting', 'over', 'app_retries'])) || !isWithin(m.count, 0, 1000)) return null;
        return { v: V, type: 'happened', what: m.what, count: m.count, inside: m.inside === true };
      case 'ended': {
        const kept = failure(m);
        return kept && { v: V, type: 'ended', ...kept };
      }
      case 'stage': return isOneOf(m.what, MOVES) ? { v: V, type: 'stage', what: m.what, view: viewOrNull(m.view) } : null;
      case 'stage_act': {
        const acted = act(m);
        return isFrame(m.frame) && acted ? { ...acted, type: 'stage_act', frame: m.frame } : null;
      }
      case 'site_state':
        return typeof m.url === 'string' && Number.isSafeInteger(m.tab_id) ? { v: V, type: 'site_state', url: text(m.url, 2000), tab_id: Number(m.tab_id) } : null;
      case 'standing': case 'strip_words': case 'notice': return { v: V, type: m.type };
      case 'set_auto': case 'set_site': case 'pause':
        return typeof m.url === 'string' && typeof m.on === 'boolean' ? { v: V, type: m.type, url: text(m.url, 2000), on: m.on } : null;
      case 'end_rule': return typeof m.url === 'string' ? { v: V, type: 'end_rule', url: text(m.url, 2000) } : null;
      case 'set_everywhere':
        return typeof m.on === 'boolean' ? { v: V, type: 'set_everywhere', on: m.on } : null;
      default: return null;
    }
  };

  /** An answer of the worker is `{v, ok: true, …}` or `{v, ok: false, code, message}`; a refusal is an answer. */
  Object.defineProperty(globalThis, 'cooldownProtocol', {
    value: Object.freeze({ V, BODY_MAX, HEADERS, KINDS, CORNERS, isObject, isInside, isText, PRIVATE, IDENTITY, withoutSecrets, patch, failure, fromTap, fromCard, toCard, toStage, fromStage, toBridge, toWorker, fromRecent }),
  });
})();
