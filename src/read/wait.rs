//! Waits: what a failure says about how long it lasts.

use crate::read::Text;

/// The least wait that is believed of a limit per day. Google was seen to ask for 34 s where the day's quota was used up.
pub(crate) const LEAST_OF_A_DAY_S: f64 = 120.0;
const LEAST_OF_A_DAY_MS: u64 = 2 * MINUTE_MS;
/// Waits that a sentence states are believed up to a day.
const MAX_STATED_MS: u64 = 24 * HOUR_MS;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// A number of seconds with up to three decimals, in milliseconds, rounded up.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let (ms, rest) = number(text.trim(), SECOND_MS)?;
    rest.is_empty().then_some(ms)
}

/// `Retry-After`: seconds, or an HTTP date, which needs the time of receipt.
///
/// Source: RFC 9110, section 10.2.3.
#[must_use]
pub fn retry_after(value: &str, at_ms: u64) -> Option<u64> {
    seconds(value).or_else(|| date(value).filter(|_| at_ms > 0).map(|until_ms| until_ms.saturating_sub(at_ms)))
}

/// An HTTP date, in epoch milliseconds.
///
/// Source: RFC 9110, section 5.6.7.
#[must_use]
pub fn date(value: &str) -> Option<u64> {
    let parts: Vec<&str> = value.split(&[' ', ',', '-'][..]).filter(|part| !part.is_empty()).collect();
    // The form that is sent today, or with a year of two digits that of RFC 850; and C's `asctime`.
    let ([_, day, month, year, time, "GMT"] | [_, month, day, time, year]) = parts[..] else { return None };
    let month = MONTHS.find(month).filter(|at| at % 3 == 0 && month.len() == 3)?;
    let century = if year.len() == 2 { 2_000 } else { 0 };
    moment(century + year.parse::<u64>().ok()?, month as u64 / 3 + 1, day.parse().ok()?, time)
}

const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// When the period begins anew in which `at_ms` lies. OpenRouter counts days in UTC, weeks from Monday, months by the calendar.
///
/// Source: openrouter.ai/docs, limits, August 2026.
#[must_use]
pub fn next(period: Period, at_ms: u64) -> u64 {
    let day = at_ms / DAY_MS;
    let (year, month, _) = calendar(day);
    DAY_MS
        * match period {
            Period::Day => day + 1,
            // 1 January 1970 was a Thursday.
            Period::Week => day + 7 - (day + 3) % 7,
            Period::Month if month == 12 => days_since_epoch(year + 1, 1, 1),
            Period::Month => days_since_epoch(year, month + 1, 1),
        }
}

/// After which time a count starts over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// At 00:00 UTC.
    Day,
    /// On Monday, 00:00 UTC.
    Week,
    /// On the first of the month, 00:00 UTC.
    Month,
}

/// `X-RateLimit-Reset` as an instant in epoch milliseconds: OpenRouter sends milliseconds, others epoch seconds or
/// seconds from now.
#[must_use]
pub fn reset(value: &str, at_ms: u64) -> Option<u64> {
    match value.trim().parse::<u64>().ok()? {
        0 => None,
        from_now @ ..1_000_000_000 => (at_ms > 0).then(|| at_ms + from_now * SECOND_MS),
        epoch_s @ ..100_000_000_000 => Some(epoch_s * SECOND_MS),
        epoch_ms => (epoch_ms <= MAX_INSTANT_MS).then_some(epoch_ms),
    }
}

/// The last instant that JavaScript's `Date` can hold.
pub(crate) const MAX_INSTANT_MS: u64 = 8_640_000_000_000_000;

/// An instant such as `2026-10-12T00:00:00.000Z` or `2026-10-12T02:00:00+02:00`, in epoch milliseconds.
#[must_use]
pub fn instant(text: &str) -> Option<u64> {
    let (date, time) = text.trim().trim_end_matches(&['.', ',', ';', ')'][..]).split_once(&['T', ' '][..])?;
    let (time, ahead_min) = match time.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => zone(time)?,
    };
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    moment(date.next()??, date.next()??, date.next()??, time)?.checked_add_signed(-ahead_min * MINUTE_MS.cast_signed())
}

/// A time without its zone, and the minutes by which that is ahead of UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    let at = time.rfind(&['+', '-'][..])?;
    let (hours, minutes) = time.get(at + 1..)?.split_once(':')?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    let (time, sign) = (time.get(..at)?, if time.get(at..)?.starts_with('-') { -1 } else { 1 });
    // Added up where they are in range: what was written may be any number.
    ((0..15).contains(&hours) && (0..60).contains(&minutes)).then(|| (time, sign * (hours * 60 + minutes)))
}

/// A day, and the time on it as `08:49:37`, in epoch milliseconds.
fn moment(year: u64, month: u64, day: u64, time: &str) -> Option<u64> {
    let mut time = time.splitn(3, ':');
    let (hour, minute) = (time.next()?.parse::<u64>().ok()?, time.next()?.parse::<u64>().ok()?);
    let second = time.next().map_or(Some(0), seconds)?;
    let in_range = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let in_day = hour < 24 && minute < 60 && second < MINUTE_MS;
    (in_range && in_day).then(|| days_since_epoch(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second)
}

/// Days of the Gregorian calendar, counted in years that begin in March so that a leap day comes last.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    days - 719_468
}

/// Year, month and day of a day counted from the epoch.
fn calendar(day: u64) -> (u64, u64, u64) {
    let days = day + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// An instant as `2026-11-22T16:11:00Z`.
#[must_use]
pub fn to_iso(at_ms: u64) -> String {
    let (year, month, day) = calendar(at_ms / DAY_MS);
    let ms = at_ms % DAY_MS;
    let (hour, minute, second) = (ms / HOUR_MS, ms / MINUTE_MS % 60, ms / SECOND_MS % 60);
    let mut iso = String::with_capacity(20);
    for (number, width, mark) in [(year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (hour, 2, ":"), (minute, 2, ":"), (second, 2, "Z")] {
        let digits = number.to_string();
        iso.extend(std::iter::repeat_n("0", width - digits.len().min(width)));
        iso.extend([digits.as_str(), mark]);
    }
    iso
}

/// A wait that a provider's sentence states, in milliseconds, rounded up.
#[must_use]
pub fn from_text(text: &Text) -> Option<u64> {
    from_text_ns(text).map(|ns| ns.div_ceil(NS_IN_MS))
}

const NS_IN_MS: u64 = 1_000_000;

/// A wait that a provider's sentence states, in nanoseconds, which some state. A limit per day is not over in the seconds that some
/// providers add to it, so then only a wait of minutes is believed.
#[must_use]
pub fn from_text_ns(text: &Text) -> Option<u64> {
    const LEADS: [&str; 13] = [
        "again in",
        "again after",
        "retry in",
        "retrydelay",
        "retry after",
        "retry-after",
        "retry_after",
        "retryafter",
        "reset in",
        "resets in",
        "available in",
        "back in",
        "wait",
    ];
    let daily = ["per day", "perday", "per-day", "daily"].iter().any(|words| text.has(words));
    // A client that "will wait" speaks of its own back-off.
    let stated = |lead: &str| {
        let mut found = text.lower().match_indices(lead).filter(|(at, _)| !text.lower().get(..*at).is_some_and(|it| it.ends_with("will ")));
        found.find_map(|(at, lead)| duration(text.lower().get(at + lead.len()..)?))
    };
    let found = LEADS.iter().filter(|lead| text.has(lead)).find_map(|lead| stated(lead)).or_else(|| from_chinese(text.plain()));
    found.filter(|ns| !daily || *ns >= LEAST_OF_A_DAY_MS * NS_IN_MS).map(|ns| ns.min(MAX_STATED_MS * NS_IN_MS))
}

/// `30 秒后重试`, `1分钟后`: a number, a unit, and "after". A third of the providers are at home where it is written so.
fn from_chinese(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 4] = [("秒", SECOND_MS), ("分钟", MINUTE_MS), ("分鐘", MINUTE_MS), ("小时", HOUR_MS)];
    text.match_indices(['后', '後']).find_map(|(at, _)| {
        let before = text.get(..at)?;
        let (number, factor) = UNITS.iter().find_map(|(unit, factor)| Some((before.strip_suffix(unit)?.trim_end(), factor)))?;
        let start = number.len() - number.bytes().rev().take_while(u8::is_ascii_digit).count();
        number.get(start..)?.parse::<u64>().ok()?.checked_mul(factor * NS_IN_MS)
    })
}

/// `11.054s`, `6ms`, `1m2.5s`, `3h2m1s`, `40 seconds`, `2 minutes`; a bare number is seconds, or of the unit that the
/// name of the member ends with.
fn duration(text: &str) -> Option<u64> {
    let (text, bare) = match text.strip_prefix("_ms").or_else(|| text.strip_prefix("ms")) {
        Some(text) => (text, 1),
        None => (text.strip_prefix("_seconds").unwrap_or(text), SECOND_MS),
    };
    let mut rest = text.trim_start_matches(&['~', ' ', '"', '\'', ':', '='][..]);
    for filler in ["for ", "at least ", "about "] {
        rest = rest.strip_prefix(filler).unwrap_or(rest);
    }
    let mut total: Option<u64> = None;
    loop {
        let Some((_, after)) = number(rest, 1) else { return total };
        let letters = after.trim_start();
        let unit = letters.bytes().take_while(u8::is_ascii_alphabetic).count();
        let factor = match letters.get(..unit).unwrap_or_default() {
            "ms" | "millisecond" | "milliseconds" => 1,
            "s" | "sec" | "secs" | "second" | "seconds" => SECOND_MS,
            "m" | "min" | "mins" | "minute" | "minutes" => MINUTE_MS,
            "h" | "hr" | "hrs" | "hour" | "hours" => HOUR_MS,
            _ if total.is_none() => return number(rest, bare * NS_IN_MS).map(|(ns, _)| ns),
            _ => return total,
        };
        let (ns, _) = number(rest, factor * NS_IN_MS)?;
        total = Some(total.unwrap_or(0).saturating_add(ns));
        rest = letters.get(unit..).unwrap_or_default().trim_start_matches(&[' ', ','][..]);
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
}

/// A decimal number at the head of the text, times `factor`, rounded up, and what follows it.
fn number(text: &str, factor: u64) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let whole: u64 = text.get(..digits)?.parse().ok()?;
    let mut rest = text.get(digits..)?;
    let mut value = whole.checked_mul(factor)?;
    if let Some(decimals) = rest.strip_prefix('.') {
        let count = decimals.bytes().take_while(u8::is_ascii_digit).count();
        if count > 0 {
            // Nine decimals are beyond any clock; the rest only decides whether to round up.
            let kept = decimals.get(..count.min(9))?;
            let scale = 10_u64.pow(u32::try_from(kept.len()).ok()?);
            let fraction: u64 = kept.parse().ok()?;
            let dropped = decimals.get(kept.len()..count)?.bytes().any(|digit| digit != b'0');
            let part = fraction.checked_mul(factor)?;
            let exact = part % scale == 0;
            value = value.checked_add(part.div_ceil(scale) + u64::from(dropped && exact))?;
            rest = decimals.get(count..)?;
        }
    }
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_providers_write_them() {
        let stated = |text: &str| from_text(&Text::new(text));
        assert_eq!(stated("Please try again in 11.054s."), Some(11_054));
        assert_eq!(stated("Please try again in 6ms."), Some(6));
        assert_eq!(stated("try again in 1m2.5s"), Some(62_500));
        assert_eq!(stated("try again in 3h2m1s"), Some(10_921_000));
        assert_eq!(stated("Please retry in 43.342838031s."), Some(43_343));
        assert_eq!(stated("retryDelay: 43s"), Some(43_000));
        assert_eq!(stated("Please retry after 6 seconds."), Some(6_000));
        assert_eq!(stated("Retry after 40 seconds."), Some(40_000));
        assert_eq!(stated("Retry after in-flight requests settle, or retry after 2 minutes"), Some(120_000));
        assert_eq!(stated("Retrying in 0.2 seconds"), None, "a client's own back-off");
        assert_eq!(stated("Too many tokens per day, try again in 34s"), None);
        assert_eq!(stated("try again in 999999 hours"), Some(MAX_STATED_MS));
        assert_eq!(stated("Tokens per day (TPD): Limit 100000. Please try again in 7m12.5s."), Some(432_500));
        assert_eq!(stated("rate limited, retry_after=15"), Some(15_000));
        assert_eq!(stated("retry_after_ms: 1500"), Some(1_500));
        assert_eq!(stated("retryAfter: 7"), Some(7_000));
        assert_eq!(stated("Your limit resets in 59s"), Some(59_000));
        assert_eq!(stated("Try again after 30 seconds"), Some(30_000));
        assert_eq!(stated("you must wait for 5 minutes"), Some(300_000));
        assert_eq!(stated("rate limited, will wait 20s"), None, "a client's own back-off");
        assert_eq!(stated("try again in a moment"), None);
        assert_eq!(stated("请求过于频繁，请在 30 秒后重试"), Some(30_000));
        assert_eq!(stated("请1分钟后再试"), Some(60_000));
        assert_eq!(stated("請於 2 分鐘後重試"), Some(120_000));
        assert_eq!(stated("然后再试，请稍后"), None);
    }

    #[test]
    fn header_fields() {
        let at_ms = instant("2026-11-22T12:00:00Z").unwrap();
        assert_eq!(retry_after("17", at_ms), Some(17_000));
        assert_eq!(retry_after("10.918", at_ms), Some(10_918));
        assert_eq!(retry_after("Sun, 22 Nov 2026 12:01:00 GMT", at_ms), Some(60_000));
        assert_eq!(retry_after("Sun, 22 Nov 2026 11:59:00 GMT", at_ms), Some(0));
        assert_eq!(retry_after("Sunday, 22-Nov-26 12:01:00 GMT", at_ms), Some(60_000));
        assert_eq!(retry_after("Sun Nov 22 12:01:00 2026", at_ms), Some(60_000));
        assert_eq!(retry_after("Sun, 22 Nov 2026 12:01:00 CET", at_ms), None);
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(date("Thu Jan  1 00:00:59 1970"), Some(59_000));
        for odd in ["", "Sun, 06 anF 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov"] {
            assert_eq!(date(odd), None, "{odd}");
        }
        assert_eq!(retry_after("Sun, 22 Nov 2026 12:01:00 GMT", 0), None);
        assert_eq!(retry_after("soon", at_ms), None);
        assert_eq!(reset("1790726400000", at_ms), Some(1_790_726_400_000));
        assert_eq!(reset("1790726400", at_ms), Some(1_790_726_400_000));
        assert_eq!(reset("30", at_ms), Some(at_ms + 30_000));
        assert_eq!(reset("%d", at_ms), None);
    }

    #[test]
    fn periods_begin_anew() {
        let after = |period, at: &str| to_iso(next(period, instant(at).unwrap()));
        assert_eq!(after(Period::Day, "2026-11-26T10:00:00Z"), "2026-11-27T00:00:00Z");
        assert_eq!(after(Period::Day, "2026-12-31T00:00:00Z"), "2027-01-01T00:00:00Z");
        assert_eq!(after(Period::Week, "2026-11-26T10:00:00Z"), "2026-11-30T00:00:00Z", "a Thursday");
        assert_eq!(after(Period::Week, "2026-11-29T23:59:59Z"), "2026-11-30T00:00:00Z", "a Sunday");
        assert_eq!(after(Period::Week, "2026-11-30T00:00:00Z"), "2026-12-07T00:00:00Z", "a Monday");
        assert_eq!(after(Period::Month, "2026-11-30T00:00:00Z"), "2026-12-01T00:00:00Z");
        assert_eq!(after(Period::Month, "2026-12-01T00:00:00Z"), "2027-01-01T00:00:00Z");
        assert_eq!(after(Period::Month, "2028-02-29T12:00:00Z"), "2028-03-01T00:00:00Z");
    }

    #[test]
    fn instants() {
        assert_eq!(instant("2026-10-12T00:00:00.000Z."), Some(1_791_763_200_000));
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant("2024-02-29T23:59:59Z"), Some(1_709_251_199_000));
        assert_eq!(instant("null"), None);
        assert_eq!(instant("2026-10-12T02:00:00+02:00"), Some(1_791_763_200_000));
        assert_eq!(instant("2026-10-11T19:30:00.000-04:30"), Some(1_791_763_200_000));
        assert_eq!(instant("1970-01-01T00:00:00+01:00"), None);
        assert_eq!(instant("2026-10-12T02:00:00"), None);
        assert_eq!(instant("2026-10-12T02:00:00+999999999999999999:00"), None);
        assert_eq!(to_iso(1_791_763_200_000), "2026-10-12T00:00:00Z");
        assert_eq!(to_iso(1_709_251_199_000), "2024-02-29T23:59:59Z");
        assert_eq!(to_iso(0), "1970-01-01T00:00:00Z");
    }
}
