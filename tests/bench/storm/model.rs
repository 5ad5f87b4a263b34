//! A storm: many installations meet one limited pool at once, under one policy. Seeded, so that each run is the same.
//!
//! **Pool.** It answers a call or refuses it; a refused call costs it nothing and gives the caller its hint ([`Hint`]). Calls take no time.
//!
//! **People.** All send within the first 30 s, one message each, or (one in ten) four at once; each message wants one answer. The first failure that they *see* (not one that is tried
//! again in secret) is where they begin to decide: 35 % press within 1 to 4 s after each failure (*eager*), 50 % after 5 to 20 s
//! (*patient*), 15 % close the tab 20 s after the first one (*leaving*). Besides, each has a patience, 30 s and an exponential time of
//! 5 min on average, after which the tab is closed. Who a person is, is the same under each policy.
//!
//! **Apps.** 30 % of the apps have the OpenAI SDK, which sends a failed call twice more by itself, with 0.5 and 1 s less up to a quarter in
//! between. It cannot read the hints, which are header fields that a page does not see. All other policies stand between the app and
//! the network: they try for 50 s, as long as ours holds, then the SDK or the app has the error. A press begins anew.
//!
//! **Ours.** Every decision is the product's: [`plan`] says for each failure whether it is held, until when, and whether the app is at its own
//! tries; [`Plan::pressed_at_ms`] when a press sends; [`Asked::step`] when a try goes out without one, in the share of
//! installations that has it switched on. A person who has it on and is patient lets it work. While an answer is held a person sees the card.

use cooldown::retry::{Asked, Budget, Step, plan};
use cooldown::{Diagnosis, Exchange, Locale, Plan, Question, RequestFacts, SiteMemory, explain};

/// Noon of 22 November 2026 in UTC, when the storm begins.
const BEGIN_MS: u64 = 1_795_348_800_000;
/// Whoever has no answer by then gets none.
pub const END_MS: u64 = 30 * 60_000;
/// Events within the same 10 ms are taken in the order in which they were planned.
const SLOT_MS: u64 = 10;
/// As long as a policy tries before the app has its error.
const APP_PATIENCE_MS: u64 = 50_000;
const SDK_TRIES: u32 = 2;
/// As long as an answer takes until the next of several held ones follows it.
const ANSWER_MS: u64 = 1_000;

/// How the pool is limited.
#[derive(Clone, Copy)]
pub enum Limit {
    /// So many calls a second, and one second's worth at once.
    Steady { per_s: u32 },
    /// So many calls in each minute of the clock.
    Minute { quota: u32 },
    /// Nothing at first, then so many a second.
    Outage { until_ms: u64, per_s: u32 },
}

/// What a refusal says about the wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// The time until there is room, in whole seconds. It says nothing of the others who wait for the same room.
    True,
    /// Nothing.
    None,
    /// Always half a minute.
    Rough,
    /// Always a second.
    Short,
}

/// Who says when to try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Cooldown's, switched on for this share of the installations, in hundredths.
    Ours(u32),
    /// The OpenAI SDK as it comes, in every app.
    Sdk,
    /// Each second.
    Fixed,
    /// 1, 2, 4, … up to 32 s.
    Exponential,
    /// By chance between nothing and 1, 2, 4, … up to 32 s, as AWS advises.
    FullJitter,
    /// No rival but a measure: each waits exactly as stated (a second where nothing is), without end.
    Stated,
}

/// What came of a storm.
pub struct Outcome {
    /// How many messages there were.
    pub messages: usize,
    /// For each message that was answered, in order: when, and how many calls had been refused by then.
    pub served: Vec<(u32, u32)>,
    /// The longest wait of the first so many that were answered.
    worst: Vec<u32>,
    /// Calls that were refused in all.
    pub refused: u32,
}

impl Outcome {
    /// When the `n`th was answered, the calls refused by then, and the longest wait of all until then; times in milliseconds.
    pub fn at(&self, n: usize) -> (u32, u32, u32) {
        let last = n.min(self.served.len()).saturating_sub(1);
        self.served.get(last).zip(self.worst.get(last)).map_or((0, 0, 0), |((at_ms, refused), worst)| (*at_ms, *refused, *worst))
    }
}

/// A storm to run under a policy.
#[derive(Clone, Copy)]
pub struct Storm {
    pub limit: Limit,
    pub hint: Hint,
    pub installations: u32,
    pub seed: u64,
}

/// splitmix64: small, and good enough for chance of this kind.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to less than 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low_ms: u64, high_ms: u64) -> u64 {
        low_ms + (self.share() * (high_ms - low_ms) as f64) as u64
    }
}

struct Pool {
    limit: Limit,
    hint: Hint,
    /// Of `Steady` and `Outage`: thousandths of a call that are there; of `Minute`: calls that are left.
    room: u64,
    /// When that was reckoned.
    at_ms: u64,
}

impl Pool {
    fn new(limit: Limit, hint: Hint) -> Self {
        let room = match limit {
            Limit::Steady { per_s } => u64::from(per_s) * 1_000,
            Limit::Minute { quota } => quota.into(),
            Limit::Outage { .. } => 0,
        };
        Self { limit, hint, room, at_ms: 0 }
    }

    /// Whether there is room for the call; else the hint, in seconds.
    fn call(&mut self, now_ms: u64) -> Result<(), Option<f64>> {
        let (need, free_in_ms) = match self.limit {
            Limit::Steady { per_s } => {
                self.flow(0, per_s, now_ms);
                (1_000, 1_000)
            }
            Limit::Outage { until_ms, per_s } => {
                self.flow(until_ms, per_s, now_ms);
                (1_000, until_ms.saturating_sub(now_ms).max(1_000))
            }
            Limit::Minute { quota } => {
                if now_ms / 60_000 > self.at_ms / 60_000 {
                    self.room = quota.into();
                }
                self.at_ms = now_ms;
                (1, 60_000 - now_ms % 60_000)
            }
        };
        if self.room >= need {
            self.room -= need;
            return Ok(());
        }
        Err(match self.hint {
            Hint::True => Some(free_in_ms.div_ceil(1_000) as f64),
            Hint::None => None,
            Hint::Rough => Some(30.0),
            Hint::Short => Some(1.0),
        })
    }

    fn flow(&mut self, from_ms: u64, per_s: u32, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms.max(from_ms));
        self.room = (self.room + passed_ms * u64::from(per_s)).min(u64::from(per_s) * 1_000);
        self.at_ms = now_ms;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Person {
    Eager,
    Patient,
    Leaving,
}

/// Why an installation's next moment is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The app, its SDK or another policy sends what is not answered.
    Send,
    /// The person presses in the app, which has its error.
    Anew,
    /// The person pressed on the card, and no wait runs any more: one of what is held.
    Press,
    /// A try without a click is due: one of what is held.
    Auto,
    /// The probe was answered: two of what is held.
    Follow,
}

struct Installation {
    person: Person,
    sdk: bool,
    auto: bool,
    begun_ms: u64,
    gone_ms: u64,
    seen: bool,
    /// Messages without an answer.
    left: u32,
    /// Failures since the person sent it.
    failed: u32,
    /// Calls that the SDK has sent by itself since then.
    by_sdk: u32,
    /// Tries of another policy in this call of the app, and since when.
    tries: u32,
    since_ms: u64,
    next: Next,
    /// Ours: the last verdict's plan, when its hold ends, when its person presses, and what was tried without a click.
    plan: Plan,
    ends_at_ms: u64,
    pressed_ms: u64,
    due_at_ms: u64,
    our_tries: u32,
    auto_tried: u32,
    budget: Budget,
}

struct Run {
    policy: Policy,
    chance: Chance,
    pool: Pool,
    /// What the product is asked for each failure; only the wait, the time and the app's own tries change.
    question: Question,
    diagnosis: Diagnosis,
    out: Outcome,
}

/// Runs it.
pub fn run(storm: &Storm, policy: Policy) -> Outcome {
    let mut who = Chance(storm.seed);
    let mut slots: Vec<Vec<u32>> = Vec::new();
    slots.resize_with((END_MS / SLOT_MS) as usize, Vec::new);
    let mut all: Vec<Installation> = (0..storm.installations).map(|_| installation(&mut who, policy)).collect();
    for (id, one) in (0..).zip(&all) {
        slots[(one.begun_ms / SLOT_MS) as usize].push(id);
    }
    let (question, diagnosis) = failure();
    let pool = Pool::new(storm.limit, storm.hint);
    let out = Outcome { messages: all.iter().map(|one| one.left as usize).sum(), served: Vec::new(), worst: Vec::new(), refused: 0 };
    let mut run = Run { policy, chance: Chance(storm.seed ^ 0x5eed), pool, question, diagnosis, out };
    for slot in 0..slots.len() {
        let now_ms = slot as u64 * SLOT_MS;
        let mut at = 0;
        while let Some(id) = slots[slot].get(at).copied() {
            at += 1;
            let one = &mut all[id as usize];
            let Some(later_ms) = (now_ms < one.gone_ms).then(|| run.moment(one, now_ms)).flatten() else { continue };
            // The next slot at the earliest: nothing answers in no time.
            let then = later_ms.max(now_ms).div_ceil(SLOT_MS) as usize;
            if let Some(slot) = slots.get_mut(then.max(slot + 1)) {
                slot.push(id);
            }
        }
        slots[slot] = Vec::new();
    }
    run.out
}

fn installation(who: &mut Chance, policy: Policy) -> Installation {
    let person = match who.share() {
        share if share < 0.35 => Person::Eager,
        share if share < 0.85 => Person::Patient,
        _ => Person::Leaving,
    };
    let begun_ms = who.between(0, 30_000 / SLOT_MS) * SLOT_MS;
    let patience_ms = 30_000 + (-(1.0 - who.share()).ln() * 300_000.0) as u64;
    let (sdk, auto, many) = (who.share() < 0.3, who.share(), who.share() < 0.1);
    Installation {
        person,
        sdk: sdk || policy == Policy::Sdk,
        auto: matches!(policy, Policy::Ours(share) if auto * 100.0 < f64::from(share)),
        begun_ms,
        gone_ms: begun_ms + patience_ms,
        seen: false,
        left: if many { 4 } else { 1 },
        failed: 0,
        by_sdk: 0,
        tries: 0,
        since_ms: begun_ms,
        next: Next::Send,
        plan: Plan::default(),
        ends_at_ms: 0,
        pressed_ms: 0,
        due_at_ms: 0,
        our_tries: 0,
        auto_tried: 0,
        budget: Budget::default(),
    }
}

/// A refusal of the shared pool as OpenRouter words it, judged by the product.
fn failure() -> (Question, Diagnosis) {
    let body = r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Venice","is_byok":false,
        "raw":"acme/model-1 is temporarily rate-limited upstream. Please retry shortly."}}}"#;
    let url = "https://openrouter.ai/api/v1/chat/completions".to_owned();
    let exchange = Exchange { url, status: 429, body: body.to_owned(), at_ms: BEGIN_MS, ..Exchange::default() };
    let request = Some(RequestFacts { key: true, ..RequestFacts::default() });
    let question = Question { exchange, request, replayable: true, attempt: 1, ..Question::default() };
    let diagnosis = explain(&question, &Locale::english()).expect("the metadata names OpenRouter").diagnosis;
    (question, diagnosis)
}

impl Run {
    /// An installation's moment: what it sends, and when its next one is; `None` where all is answered.
    fn moment(&mut self, one: &mut Installation, now_ms: u64) -> Option<u64> {
        let calls = match one.next {
            Next::Send => one.left,
            Next::Anew => {
                (one.failed, one.by_sdk, one.tries, one.since_ms, one.our_tries) = (0, 0, 0, now_ms, 0);
                one.left
            }
            Next::Press => 1,
            Next::Auto => match self.asked(one, Some(one.due_at_ms), now_ms.max(one.due_at_ms)).step(one.budget) {
                Step::Send(left) => {
                    one.budget = left;
                    one.auto_tried += 1;
                    1
                }
                step => return Some(self.waits(one, step)),
            },
            Next::Follow => one.left.min(2),
        };
        let mut refused = None;
        for _ in 0..calls {
            match self.pool.call(now_ms) {
                Ok(()) => self.answered(one, now_ms),
                Err(wait_s) => {
                    self.out.refused += 1;
                    refused = Some(wait_s);
                }
            }
        }
        match (one.left, refused) {
            (0, _) => None,
            (_, Some(wait_s)) => {
                one.failed += 1;
                Some(if matches!(self.policy, Policy::Ours(_)) { self.ours(one, wait_s, now_ms) } else { self.theirs(one, wait_s, now_ms) })
            }
            // A press is for all that is held; a try without one is one try.
            _ if one.next == Next::Auto => {
                let step = self.asked(one, None, now_ms).step(one.budget);
                Some(self.waits(one, step))
            }
            _ => {
                one.next = Next::Follow;
                Some(now_ms + ANSWER_MS)
            }
        }
    }

    fn answered(&mut self, one: &mut Installation, now_ms: u64) {
        one.left -= 1;
        let waited_ms = now_ms.saturating_sub(one.begun_ms) as u32;
        let worst_ms = self.out.worst.last().map_or(waited_ms, |worst_ms| waited_ms.max(*worst_ms));
        self.out.served.push((now_ms as u32, self.out.refused));
        self.out.worst.push(worst_ms);
    }

    fn theirs(&mut self, one: &mut Installation, wait_s: Option<f64>, now_ms: u64) -> u64 {
        if self.policy == Policy::Stated {
            one.next = Next::Send;
            return now_ms + (wait_s.unwrap_or(1.0) * 1e3) as u64;
        }
        let back_off_ms = 1_000_u64 << one.tries.min(5);
        let pause_ms = match self.policy {
            Policy::Fixed => Some(1_000),
            Policy::Exponential => Some(back_off_ms),
            Policy::FullJitter => Some(self.chance.between(0, back_off_ms)),
            Policy::Sdk | Policy::Ours(_) | Policy::Stated => None,
        };
        if let Some(pause_ms) = pause_ms.filter(|pause_ms| now_ms + pause_ms - one.since_ms <= APP_PATIENCE_MS) {
            one.tries += 1;
            one.next = Next::Send;
            return now_ms + pause_ms;
        }
        if let Some(at_ms) = self.by_sdk(one, now_ms) {
            (one.tries, one.since_ms) = (0, at_ms);
            return at_ms;
        }
        one.next = Next::Anew;
        self.pressed_ms(one, now_ms)
    }

    /// The SDK's own next try, where it has one.
    fn by_sdk(&mut self, one: &mut Installation, now_ms: u64) -> Option<u64> {
        if !one.sdk || one.by_sdk >= SDK_TRIES {
            return None;
        }
        let pause_ms = 500_u64 << one.by_sdk;
        one.by_sdk += 1;
        one.next = Next::Send;
        Some(now_ms + pause_ms - self.chance.between(0, pause_ms / 4))
    }

    /// A failure is seen: when its person presses.
    fn pressed_ms(&mut self, one: &mut Installation, now_ms: u64) -> u64 {
        if !one.seen && one.person == Person::Leaving {
            one.gone_ms = one.gone_ms.min(now_ms + 20_000);
        }
        one.seen = true;
        match one.person {
            Person::Eager => now_ms + self.chance.between(1_000, 4_000),
            Person::Patient => now_ms + self.chance.between(5_000, 20_000),
            Person::Leaving => one.gone_ms,
        }
    }

    fn ours(&mut self, one: &mut Installation, wait_s: Option<f64>, now_ms: u64) -> u64 {
        self.diagnosis.retry_after_s = wait_s;
        self.question.exchange.at_ms = BEGIN_MS + now_ms;
        self.question.attempt = one.failed;
        if matches!(one.next, Next::Press | Next::Auto | Next::Follow) {
            one.our_tries += 1;
        }
        self.question.tries = one.our_tries;
        self.question.random = self.chance.share();
        self.question.site = SiteMemory { auto: one.auto, ..SiteMemory::default() };
        if let Some(request) = &mut self.question.request {
            request.app_retries = one.sdk.then_some(one.by_sdk);
        }
        one.plan = plan(&self.question, &self.diagnosis);
        if one.plan.show_after_ms > 0
            && let Some(at_ms) = self.by_sdk(one, now_ms)
        {
            return at_ms;
        }
        one.pressed_ms = self.pressed_ms(one, now_ms);
        one.ends_at_ms = now_ms + u64::from(one.plan.deadline_ms.unwrap_or_default());
        let step = self.asked(one, None, now_ms).step(one.budget);
        self.waits(one, step)
    }

    fn asked(&mut self, one: &Installation, due_at_ms: Option<u64>, now_ms: u64) -> Asked {
        Asked {
            allowed: one.plan.auto_tries,
            tried: one.auto_tried,
            ready_at_ms: one.plan.press_at_ms,
            ends_at_ms: BEGIN_MS + one.ends_at_ms,
            due_at_ms: due_at_ms.map(|due_at_ms| BEGIN_MS + due_at_ms),
            now_ms: BEGIN_MS + now_ms,
            random: self.chance.share(),
        }
    }

    /// What comes first: a press goes before any timer, but who is patient lets it work.
    fn waits(&mut self, one: &mut Installation, step: Step) -> u64 {
        let on_card = one.pressed_ms < one.ends_at_ms;
        let sent_ms = if on_card { one.plan.pressed_at_ms(BEGIN_MS + one.pressed_ms) - BEGIN_MS } else { one.pressed_ms };
        match step {
            Step::Wait(at_ms) if one.person == Person::Patient || at_ms - BEGIN_MS < one.pressed_ms => {
                one.next = Next::Auto;
                one.due_at_ms = at_ms - BEGIN_MS;
                one.due_at_ms
            }
            _ => {
                one.next = if on_card { Next::Press } else { Next::Anew };
                sent_ms
            }
        }
    }
}
