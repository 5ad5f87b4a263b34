//! What holds for any input: the core never panics, never tells a secret, is never early, and a cut text never makes it
//! speak where it was silent.

use cooldown::read::EventStream;
use cooldown::redact::redact;
use cooldown::{Certainty, Exchange, LimitOwner, Locale, Question, RequestFacts, Surface, explain};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::sync::LazyLock;

#[path = "fuzz/doors.rs"]
mod doors;

static ENGLISH: LazyLock<Locale> = LazyLock::new(Locale::english);
struct Row {
    surface: Surface,
    status: u16,
    url: String,
    body: String,
    silent: bool,
}

/// The project's own rows, and the large collection's where the run has it.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let own = ["http", "inside-200", "apis", "providers", "waits", "dress", "silence"].map(|file| format!("tests/corpus/{file}.jsonl"));
    let large = std::env::var("COOLDOWN_CORPUS").ok().into_iter();
    let files = own.into_iter().chain(large).filter_map(|file| fs::read_to_string(file).ok());
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        Row {
            surface: serde_json::from_value(row["surface"].clone()).unwrap(),
            status: row["status"].as_u64().unwrap_or_default() as u16,
            url: row["url"].as_str().unwrap_or_default().to_owned(),
            body: row["text"].as_str().unwrap().to_owned(),
            silent: row["truth"]["kind"] == "not_openrouter",
        }
    };
    files.flat_map(|file| file.lines().filter(|line| !line.is_empty()).map(row).collect::<Vec<_>>()).collect()
});

const SURFACES: [Surface; 5] = [Surface::Http, Surface::Sse, Surface::Body200, Surface::Page, Surface::Log];

fn ask(surface: Surface, status: u16, url: &str, body: &str) -> Question {
    let exchange =
        Exchange { surface, status, url: url.to_owned(), body: body.to_owned(), at_ms: 1_795_348_800_000, ..Exchange::default() };
    Question {
        exchange,
        request: Some(RequestFacts { key: true, ..RequestFacts::default() }),
        replayable: true,
        attempt: 3,
        ..Question::default()
    }
}

/// Text made of what failures are made of, so that it gets far into the reader.
fn scraps() -> impl Strategy<Value = String> {
    const SCRAPS: [&str; 44] = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "`",
        "\\",
        "\\\"",
        "\\\\\"",
        ":",
        ",",
        "=",
        "\n",
        "\n# ",
        " ",
        "error",
        "\"error\":",
        "message",
        "code",
        "429",
        "402",
        "metadata",
        "raw",
        "\"raw\":\"",
        "provider_name",
        "is_byok",
        "true",
        "None",
        "Provider returned error",
        " is temporarily rate-limited upstream",
        "openrouter.ai/",
        "https://openrouter.ai/settings/keys",
        "data: ",
        "[DONE]",
        "<title>",
        "try again in ",
        "7m12.5s",
        "resets ",
        "2026-10-12T00:00:00Z",
        "\\u12",
        "é",
        "🦀",
        "b'",
    ];
    prop::collection::vec(prop_oneof![4 => prop::sample::select(&SCRAPS[..]).prop_map(str::to_owned), 1 => ".{0,6}"], 0..60)
        .prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in prop_oneof![".{0,200}", scraps()], surface in prop::sample::select(&SURFACES[..]), status in 0_u16..600) {
        for url in ["", "https://openrouter.ai/api/v1/chat/completions", "https://other.example/"] {
            let verdict = explain(&ask(surface, status, url, &text), &ENGLISH);
            if let Some(verdict) = verdict {
                prop_assert!(!verdict.words.title.is_empty() && !verdict.words.body.is_empty());
                prop_assert!(verdict.words.raw.chars().count() <= 4_000);
            }
        }
    }

    /// What the fuzz targets hold in the long run.
    #[test]
    fn no_door_fails(head in any::<[u8; 8]>(), text in prop_oneof![".{0,60}", scraps()], row in 0_usize..10_000) {
        for text in [text.as_str(), &ROWS[row % ROWS.len()].body] {
            let bytes = [&head, text.as_bytes()].concat();
            for door in [doors::reader, doors::stream, doors::waits, doors::verdict] {
                door(&bytes);
            }
        }
        let [a, b, c, d, e, f, g, h] = head;
        doors::lists(format!(
            r#"{{"data":{{"endpoints":[{{"provider_name":"P{a}","tag":"t{b}/x","context_length":{c}{d},"pricing":{{"prompt":"0.{e}","completion":{f}.{g},"request":-{h}}}}}]}},"limit":{a}{b}{c}{d}{e}{f},"limit_remaining":"-{g}.{h}","free_limit":{a},"free_remaining":{b}}}"#
        ).as_bytes());
    }

    #[test]
    fn a_damaged_failure_is_answered(row in 0_usize..10_000, at in 0.0..1.0, text in scraps(), drop in 0_usize..40) {
        let Row { surface, status, url, body, .. } = &ROWS[row % ROWS.len()];
        let chars: Vec<char> = body.chars().collect();
        let cut = (chars.len() as f64 * at) as usize;
        let damaged: String = chars[..cut].iter().chain(&text.chars().collect::<Vec<_>>()).chain(chars.iter().skip(cut + drop)).collect();
        let _ = explain(&ask(*surface, *status, url, &damaged), &ENGLISH);
    }

    #[test]
    fn redacting_twice_changes_nothing(text in prop_oneof![".{0,200}", scraps(), "(sk-|user_|Bearer |input|[\"':@.a-f0-9\\\\{}]){0,40}"]) {
        let once = redact(&text);
        prop_assert_eq!(&redact(&once), &once);
    }

    #[test]
    fn a_retry_is_never_early(seconds in 0_u64..200_000, reset_in in 0_u64..200_000_000, place in 0_usize..5) {
        let mut question = ask(Surface::Http, 429, "https://openrouter.ai/api/v1/chat/completions", "");
        let at_ms = question.exchange.at_ms;
        let metadata = match place {
            0 => format!(r#""retry_after_seconds":{seconds}"#),
            1 => format!(r#""headers":{{"Retry-After":"{seconds}"}}"#),
            2 => format!(r#""headers":{{"X-RateLimit-Reset":"{}"}}"#, at_ms + reset_in),
            3 => format!(r#""raw":"Please try again in {seconds}.5s.""#),
            _ => format!(r#""retry_after_seconds":{seconds},"headers":{{"X-RateLimit-Reset":"{}"}}"#, at_ms + reset_in),
        };
        question.exchange.body = format!(r#"{{"error":{{"message":"Provider returned error","code":429,"metadata":{{{metadata},"is_byok":false}}}}}}"#);
        let verdict = explain(&question, &ENGLISH).expect("its address says whose it is");
        let ready_at_ms = verdict.plan.ready_at_ms.expect("a wait is stated");
        let stated = match place { 2 => reset_in, 3 => (seconds * 1_000 + 500).min(86_400_000), 4 => reset_in.max(seconds * 1_000), _ => seconds * 1_000 };
        prop_assert!(ready_at_ms >= at_ms + stated, "{ready_at_ms} is before {}", at_ms + stated);
        prop_assert!(!verdict.plan.hold || ready_at_ms - at_ms <= 75_000);
        if let Some(deadline_ms) = verdict.plan.deadline_ms {
            prop_assert!(u64::from(deadline_ms) <= 85_000 && at_ms + u64::from(deadline_ms) > ready_at_ms);
        }
    }

    #[test]
    fn no_secret_is_told(row in 0_usize..10_000, at in 0.0..1.0) {
        const SECRETS: [&str; 7] = [
            "sk-or-v1-c0ffee00c0ffee00CANARY", "Bearer CANARYtoken.abc/def==", "user_2CANARYxyz", "org_CANARY42", "canary.CANARY@mail.example",
            "deadbeefdeadbeefdeadbeefdeadbeef", "{\"flagged_input\":\"the CANARY sentence, \\\"quoted\\\"\"}",
        ];
        let Row { surface, status, url, body, .. } = &ROWS[row % ROWS.len()];
        let chars: Vec<char> = body.chars().collect();
        let cut = (chars.len() as f64 * at) as usize;
        for secret in SECRETS {
            let planted: String = chars[..cut].iter().collect::<String>() + " " + secret + " " + &chars[cut..].iter().collect::<String>();
            if let Some(verdict) = explain(&ask(*surface, *status, url, &planted), &ENGLISH) {
                let told = serde_json::to_string(&verdict).unwrap();
                prop_assert!(!told.contains("CANARY") && !told.contains("deadbeefdeadbeef"), "{secret} in {told}");
            }
        }
    }
}

/// What comes over the wire has a head; text on a page or in a log may have lost it.
#[test]
fn a_cut_never_turns_silence_into_speech() {
    for Row { surface, status, url, body, .. } in ROWS.iter().filter(|row| row.silent) {
        let written = matches!(surface, Surface::Page | Surface::Log);
        for (cut, _) in body.char_indices() {
            let tail = if written { &body[cut..] } else { "" };
            for text in [&body[..cut], tail] {
                let verdict = explain(&ask(*surface, *status, url, text), &ENGLISH);
                assert!(verdict.is_none(), "spoken: {text}");
            }
        }
    }
}

/// How long this thread has computed: whatever else the machine does, it is no longer for it. Where the system doesn't tell, how late it is.
fn computed() -> std::time::Duration {
    static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|told| told.split(' ').next()?.parse().ok());
    spent.map_or_else(|| START.elapsed(), std::time::Duration::from_nanos)
}

/// Text that was made to be slow: eight times as much of it would take sixty-four times as long if any part of the reading were quadratic.
#[test]
fn time_grows_with_the_text_alone() {
    const LENGTH: usize = 262_144;
    for scrap in [
        "{\"a\":",
        "{'a",
        "'a",
        "a'",
        "[{",
        "\"\\",
        "\\\"",
        "{\"error\":{\"message\":\"",
        "{a:b",
        "\"a\":'",
        "openrouter.ai/",
        "try again in ",
        "429 ",
        "429: x",
        "{:a ",
        "{a:'b' ",
        "://a/openrouter",
        "\"402\":",
        "Bearer sk-",
        "9",
        "{\"code\":9",
        "1e9",
    ] {
        let time = |length: usize| {
            let body = scrap.repeat(length / scrap.len());
            let before = computed();
            for surface in [Surface::Http, Surface::Log] {
                let _ = explain(&ask(surface, 429, "https://openrouter.ai/api/v1/chat/completions", &body), &ENGLISH);
            }
            computed() - before
        };
        // A busy machine makes single runs longer, never shorter: what it keeps in its caches is others'.
        let short = (0..3).map(|_| time(LENGTH / 8)).min().unwrap_or_default();
        let most = 32 * short.max(std::time::Duration::from_millis(2));
        assert!((0..8).any(|_| time(LENGTH) <= most), "{scrap}: {short:?} for an eighth, and more than {most:?} for the whole");
    }
}

/// What was cut off may have said whose limit it is; what is left may not say anything else instead.
#[test]
fn a_cut_never_changes_the_owner() {
    let read = |row: &Row, text: &str| explain(&ask(row.surface, row.status, &row.url, text), &ENGLISH).map(|it| it.diagnosis);
    let owner = |row: &Row, text: &str| read(row, text).map(|it| it.limit_owner);
    let mut changed = Vec::new();
    for row in ROWS.iter().filter(|row| !row.silent) {
        // Of two fields that contradict each other the first one stands alone where the second is cut off.
        let Some(whole) = read(row, &row.body).filter(|it| it.against.is_empty()).map(|it| it.limit_owner) else { continue };
        for (cut, _) in row.body.char_indices().skip(1) {
            let text = &row.body[..cut];
            let Some(part) = owner(row, text).filter(|part| *part != whole && *part != LimitOwner::Unknown) else { continue };
            let says = |words: &str| text.contains(words);
            // Sentences, as soon as they are known, and statuses that by themselves say something else than all of the text does.
            let by_itself = match (whole, part) {
                (LimitOwner::OwnProviderKey, LimitOwner::SharedPool) => says(" is te"),
                (LimitOwner::Key, LimitOwner::Account) => says("HTTP 402") || text.ends_with(". ") || text.ends_with('.'),
                (LimitOwner::Provider, LimitOwner::None) => says("HTTP 401") || text.trim() == ":",
                (LimitOwner::Edge, LimitOwner::Provider) => text.len() < "error code".len(),
                (LimitOwner::SharedPool, LimitOwner::Provider) => {
                    text.contains("[429] Provider returned error") && text.trim_end_matches([':', ' ', '{']).ends_with("error")
                }
                _ => false,
            };
            if !by_itself {
                changed.push(format!("{} became {}: {text}", whole.as_str(), part.as_str()));
            }
        }
    }
    assert!(
        changed.is_empty(),
        "{}:\n{}",
        changed.len(),
        changed.iter().step_by(1 + changed.len() / 20).cloned().collect::<Vec<_>>().join("\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_a_stream_is_cut_into_pieces_makes_no_difference(row in 0_usize..10_000, sizes in prop::collection::vec(1_usize..40, 1..200), ends in 0_usize..3) {
        let streams: Vec<&Row> = ROWS.iter().filter(|row| matches!(row.surface, Surface::Sse)).collect();
        let body = streams[row % streams.len()].body.replace("\r\n", "\n").replace('\n', ["\n", "\r\n", "\r"][ends]);
        let mut whole = EventStream::default();
        let mut all = whole.push(body.as_bytes());
        all.extend(whole.finish());
        let (mut pieces, mut rest) = (EventStream::default(), body.as_bytes());
        let mut got = Vec::new();
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            got.extend(pieces.push(piece));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        got.extend(pieces.finish());
        prop_assert_eq!(got, all);
    }
}

/// The same JSON as other programs print it.
fn dresses(body: &Value) -> Vec<(&'static str, String)> {
    let json = body.to_string();
    let python = repr(body, &["None", "True", "False"], true);
    let script = repr(body, &["null", "true", "false"], false);
    let escaped = serde_json::to_string(&json).unwrap();
    let twice = serde_json::to_string(&escaped).unwrap();
    let wrapped: String = json.chars().collect::<Vec<_>>().chunks(78).map(|line| line.iter().collect::<String>() + "\n  ").collect();
    let quoted: String = serde_json::to_string_pretty(body).unwrap().lines().map(|line| format!("> {line}\n")).collect();
    vec![
        ("indented", serde_json::to_string_pretty(body).unwrap()),
        ("a Python repr", python.clone()),
        ("an SDK's message", format!("openai.APIStatusError: Error code: {} - {python}", body["error"]["code"])),
        ("a byte string", format!("HTTP error body: b'{}'", json.replace('\\', "\\\\").replace('\'', "\\'"))),
        ("a JavaScript literal", script.clone()),
        ("a browser's console", format!("Uncaught (in promise) Error: request failed {script}")),
        ("a string", escaped.clone()),
        ("a member of a log's line", format!("{{\"level\":50,\"msg\":\"chat failed\",\"body\":{escaped}}}")),
        ("a string in a string", format!("failed with body={twice}")),
        ("wrapped by a terminal", wrapped),
        ("quoted in a mail", quoted),
        ("in a fence", format!("Got this just now:\n```json\n{json}\n```\nAny idea?")),
        ("in German", format!("Seit heute Morgen bekomme ich immer diesen Fehler: {json} – was kann ich tun?")),
        ("in Chinese", format!("刚才一直报错：{json}，请问怎么解决？")),
        ("a proxy's line", format!("PROXY ERROR {}: {json} (unk)", body["error"]["code"])),
    ]
}

/// A repr with single quotes; keys quoted or bare.
fn repr(value: &Value, words: &[&str; 3], quoted: bool) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"));
    match value {
        Value::Null => words[0].to_owned(),
        Value::Bool(flag) => words[if *flag { 1 } else { 2 }].to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(said) => text(said),
        Value::Array(items) => format!("[{}]", items.iter().map(|item| repr(item, words, quoted)).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let plain = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let key = |key: &str| if quoted || !plain(key) { text(key) } else { key.to_owned() };
            let members = members.iter().map(|(name, member)| format!("{}: {}", key(name), repr(member, words, quoted)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What a verdict states, apart from where it was read.
fn stated(surface: Surface, status: u16, body: &str) -> Option<String> {
    let it = explain(&ask(surface, status, "", body), &ENGLISH)?.diagnosis;
    let (provider, model) = (&it.provider, &it.model);
    Some(format!(
        "{} {} {} {} {provider:?} {model:?} {:?} {:?} {:?} {:?}",
        it.kind.as_str(),
        it.limit_owner.as_str(),
        it.reason.as_str(),
        it.retry_helps.as_str(),
        it.status,
        it.retry_after_s,
        it.reset_at_ms,
        it.is_byok,
    ))
}

#[test]
fn another_dress_does_not_change_the_verdict() {
    let (mut compared, mut differ) = (0, Vec::new());
    for Row { status, body, silent, .. } in ROWS.iter().filter(|row| matches!(row.surface, Surface::Http)) {
        let Ok(json @ Value::Object(_)) = serde_json::from_str::<Value>(body) else { continue };
        let plain = stated(Surface::Log, *status, body);
        if plain.is_none() || *silent {
            continue;
        }
        for (dress, text) in dresses(&json) {
            compared += 1;
            let dressed = stated(Surface::Log, *status, &text);
            // A sentence that others write too tells whose it is in its own envelope alone.
            let unsure =
                || explain(&ask(Surface::Log, *status, "", body), &ENGLISH).is_some_and(|it| it.diagnosis.certainty != Certainty::Certain);
            let may_be_silent = dress == "a member of a log's line" && dressed.is_none() && unsure();
            if dressed != plain && !may_be_silent {
                differ.push(format!("{dress}: {}\n   plain {plain:?}\n dressed {dressed:?}", text.chars().take(300).collect::<String>()));
            }
        }
    }
    assert!(compared > 1_000, "only {compared} were compared");
    assert!(differ.is_empty(), "{} of {compared} differ:\n{}", differ.len(), differ.join("\n"));
}
