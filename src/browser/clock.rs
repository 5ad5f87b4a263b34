//! Live text: how long, until when. Always computed from an absolute time, so that a laptop that slept never shows a time gone by.

use crate::Locale;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Throws on a malformed tag, where the constructors of `Intl` would throw into us.
    #[wasm_bindgen(catch, js_namespace = Intl, js_name = getCanonicalLocales)]
    fn canonical_locales(tag: &str) -> Result<Array, JsValue>;
}

const SECOND: f64 = 1000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;

/// Below this a wait is counted in seconds; from here to an hour "about 4 min" is all that a person can use.
const COUNTED: f64 = 90.0 * SECOND;

/// From here on the date alone says it: "in 51 h" is no help.
const FAR: f64 = 48.0 * HOUR;

/// What is waited for, which chooses the sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The wait that was stated: then a try makes sense.
    Ready,
    /// A limit's reset: then what was used up comes back.
    Reset,
}

impl Until {
    const fn keys(self) -> Keys {
        match self {
            Self::Ready => Keys { within: "card_try_in", today: "card_try_at", tomorrow: "card_try_tomorrow", later: "card_try_on" },
            Self::Reset => Keys { within: "card_back_in", today: "card_back_at", tomorrow: "card_back_tomorrow", later: "card_back_on" },
        }
    }
}

struct Keys {
    within: &'static str,
    today: &'static str,
    tomorrow: &'static str,
    later: &'static str,
}

/// "12 s", "about 4 min", "5 h 12 min".
pub(super) fn wait(locale: &Locale, left_ms: f64) -> String {
    let count = |n: f64| locale.number(n as u64);
    if left_ms < COUNTED {
        locale.message("card_seconds", &[("count", &count((left_ms / SECOND).ceil().max(0.0)))])
    } else if left_ms < HOUR {
        locale.message("card_minutes", &[("count", &count((left_ms / MINUTE).ceil().max(2.0)))])
    } else {
        let minutes = (left_ms / MINUTE).ceil();
        let hours = (minutes / 60.0).floor();
        let rest = minutes - hours * 60.0;
        let key = if rest > 0.0 { "card_hours_minutes" } else { "card_hours" };
        locale.message(key, &[("hours", &count(hours)), ("minutes", &count(rest))])
    }
}

/// "Comes back tomorrow at 02:00 (in 5 h 12 min)." in the person's own zone and habit; empty once the time has come.
pub(super) fn sentence(locale: &Locale, until: Until, at_ms: f64, now_ms: f64) -> String {
    let left = at_ms - now_ms;
    if left <= 0.0 {
        return String::new();
    }
    let keys = until.keys();
    let wait = wait(locale, left);
    if left < HOUR {
        return locale.message(keys.within, &[("wait", &wait)]);
    }
    let tags = tags(locale.lang());
    let at = Date::new(&at_ms.into());
    let time = format(&tags, &at, &[("hour", "numeric"), ("minute", "2-digit"), ("hourCycle", &hour_cycle())]);
    let key = match days_between(now_ms, &at) {
        0 => keys.today,
        1 => keys.tomorrow,
        _ if left < FAR => keys.today,
        _ => {
            let date = format(&tags, &at, &[("weekday", "short"), ("day", "numeric"), ("month", "short")]);
            return locale.message(keys.later, &[("date", &date), ("time", &time)]);
        }
    };
    locale.message(key, &[("time", &time), ("wait", &wait)])
}

/// "14:05", in the person's own zone and habit.
pub(super) fn time(locale: &Locale, at_ms: f64) -> String {
    let how = [("hour", "numeric"), ("minute", "2-digit"), ("hourCycle", &hour_cycle())];
    format(&tags(locale.lang()), &Date::new(&at_ms.into()), &how)
}

/// How long the text of [`wait`] stays true: to the next second, or where seconds are not shown so long that after a sleep, in which no
/// timer runs, it is soon put right.
pub(super) fn next_change_ms(left_ms: f64) -> f64 {
    if left_ms <= COUNTED { left_ms - ((left_ms / SECOND).ceil() - 1.0) * SECOND } else { (10.0 * SECOND).min(left_ms - COUNTED) }
}

/// "3 requests", by the language's own plural rules.
pub(super) fn plural(locale: &Locale, family: &str, n: u32) -> String {
    let tags = tags(locale.lang());
    let category = String::from(Intl::PluralRules::new(&tags, &Object::new()).select(f64::from(n)));
    let count = locale.number(n.into());
    let of = |category: &str| locale.message(&format!("{family}_{category}"), &[("count", &count)]);
    let text = of(&category);
    if text.is_empty() { of("other") } else { text }
}

/// In the digits that the server's own numbers, and those of the core's sentences, stand in: two kinds on one card read badly.
fn tags(lang: &str) -> Array {
    canonical_locales(&[lang, "-u-nu-latn"].concat()).unwrap_or_else(|_| Array::new())
}

fn format(tags: &Array, at: &Date, how: &[(&str, &str)]) -> String {
    let options = Object::new();
    for (name, value) in how {
        let _ = Reflect::set(&options, &JsValue::from(*name), &JsValue::from(*value));
    }
    call(&Intl::DateTimeFormat::new(tags, &options).format(), at)
}

/// The words may be in another language than the browser; whether it is 14:00 or 2 pm is the person's habit all the same.
fn hour_cycle() -> String {
    let options = Object::new();
    let _ = Reflect::set(&options, &"hour".into(), &"numeric".into());
    let resolved = Intl::DateTimeFormat::new(&Array::new(), &options).resolved_options();
    let cycle = Reflect::get(&resolved, &"hourCycle".into()).ok().and_then(|cycle| cycle.as_string());
    cycle.unwrap_or_else(|| "h23".to_owned())
}

fn call(format: &Function, value: &JsValue) -> String {
    format.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Midnights between now and then, in local time.
fn days_between(now_ms: f64, at: &Date) -> i64 {
    let midnight =
        |date: &Date| Date::new_with_year_month_day(date.get_full_year(), date.get_month() as i32, date.get_date() as i32).get_time();
    let days = (midnight(at) - midnight(&Date::new(&now_ms.into()))) / (24.0 * HOUR);
    days.round() as i64
}
