//! Every language says everything: the same messages with the same placeholders, in words of its own.

use cooldown::{Exchange, Locale, Question, Surface, explain};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;

const FOLDER: &str = "extension/_locales";

/// Messages that are the same word in English and in some language, and names, which are translated in none.
const SAME: [&str; 13] = [
    "answer_no",
    "card_details",
    "card_hours",
    "card_hours_minutes",
    "card_name",
    "card_pill",
    "card_report_site",
    "detail_status",
    "ext_name",
    "history_site",
    "offer_latency",
    "owner_provider",
    "popup_title",
];
/// What `Intl.PluralRules` may ask for.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

fn read(language: &str) -> Map<String, Value> {
    let text = fs::read_to_string(format!("{FOLDER}/{language}/messages.json")).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{language}: {error}"))
}

fn languages() -> BTreeSet<String> {
    let folders = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    folders.filter(|language| language != "en").collect()
}

fn message(entry: &Value) -> &str {
    entry["message"].as_str().unwrap()
}

fn placeholders(message: &str) -> BTreeSet<String> {
    message.split('$').skip(1).step_by(2).map(str::to_ascii_lowercase).collect()
}

/// `card_requests` of `card_requests_few`, where English has such a family.
fn family<'a>(key: &'a str, english: &Map<String, Value>) -> Option<&'a str> {
    let (family, category) = key.rsplit_once('_')?;
    (CATEGORIES.contains(&category) && english.contains_key(&format!("{family}_one")) && english.contains_key(&format!("{family}_other")))
        .then_some(family)
}

#[test]
fn each_language_says_everything_and_nothing_else() {
    let english = read("en");
    for language in languages() {
        let own = read(&language);
        let missing: Vec<_> = english.keys().filter(|key| !own.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
        let unknown: Vec<_> = own.keys().filter(|key| !english.contains_key(*key) && family(key, &english).is_none()).collect();
        assert!(unknown.is_empty(), "{language} has {unknown:?}, which English has not");
    }
}

#[test]
fn the_placeholders_are_those_of_the_english_message() {
    let english = read("en");
    for language in languages() {
        for (key, entry) in &read(&language) {
            let original = english.get(key).or_else(|| english.get(&format!("{}_other", family(key, &english)?))).unwrap();
            let at = format!("{language}, {key}: {}", message(entry));
            assert_eq!(placeholders(message(entry)), placeholders(message(original)), "{at}");
            // Chrome fills by number: each name must stand for the same one.
            let contents = |entry: &Value| {
                let all = entry["placeholders"].as_object().cloned().unwrap_or_default();
                all.into_iter().map(|(name, it)| (name, it["content"].clone())).collect::<Map<_, _>>()
            };
            assert_eq!(contents(entry), contents(original), "{at}");
        }
    }
}

#[test]
fn nothing_was_left_in_english() {
    let english = read("en");
    for language in languages() {
        for (key, entry) in &read(&language) {
            let text = message(entry);
            let is_same = english.get(key).is_some_and(|original| message(original) == text);
            assert!(!is_same || SAME.contains(&key.as_str()), "{language}, {key}: {text}");
            assert!(text.trim() == text && !text.is_empty() && !text.contains(['\n', '\t']), "{language}, {key}: {text:?}");
        }
    }
    for key in SAME {
        let original = english.get(key).unwrap_or_else(|| panic!("{key} is allowed to be the same, and is not there"));
        assert!(languages().iter().any(|language| message(&read(language)[key]) == message(original)), "{key} is translated by now");
    }
}

/// They follow one another on the card: one that does not end runs into the next.
#[test]
fn what_stands_in_a_row_ends() {
    for language in fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        for (key, entry) in &read(&language) {
            let in_a_row = key.contains("_body") || key.contains("_sentence") || key.contains("_hint");
            let text = message(entry);
            assert!(!in_a_row || text.ends_with(['.', '。']), "{language}, {key}: {text}");
        }
    }
}

#[test]
fn the_stores_take_each_name_and_description() {
    for language in languages() {
        let own = read(&language);
        let length = |key: &str| message(&own[key]).chars().count();
        assert!((1..=75).contains(&length("ext_name")), "{language}");
        assert!((1..=132).contains(&length("ext_description")), "{language}: {}", length("ext_description"));
    }
}

#[test]
fn the_loader_knows_each_language() {
    let loader = fs::read_to_string("extension/words.js").unwrap();
    let list = loader.split("LANGUAGES = Object.freeze([").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    let known: BTreeSet<String> = list.split(',').map(|one| one.trim().trim_matches('\'').to_owned()).filter(|one| one != "en").collect();
    assert_eq!(known, languages());
}

/// The seed of all this: its title and body, whole, in each language.
#[test]
fn the_first_question_is_answered_in_each_language() {
    let body = r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations","provider_name":"Cerebras"}}}"#;
    let exchange = Exchange { surface: Surface::Page, body: body.to_owned(), ..Exchange::default() };
    let question = Question { exchange, ..Question::default() };
    let said: String = languages()
        .iter()
        .map(|language| {
            let json = fs::read_to_string(format!("{FOLDER}/{language}/messages.json")).unwrap();
            let verdict = explain(&question, &Locale::from_json(language, &json).unwrap()).unwrap();
            let facts: Vec<_> = verdict.words.facts.iter().map(|fact| format!("  {} {} · {}", fact.label, fact.value, fact.why)).collect();
            format!("{language}\n{}\n{}\n{}\n\n", verdict.words.title, verdict.words.body, facts.join("\n"))
        })
        .collect();
    insta::assert_snapshot!("languages", said);
}

/// It is what people read there while nothing else is loaded, and in English for good.
#[test]
fn the_public_page_stands_in_the_english_messages() {
    let english = read("en");
    for page in ["www/index.html", "www/demo.html"] {
        let html = fs::read_to_string(page).unwrap();
        let texts = html.split("data-i18n=\"").skip(1).map(|rest| {
            let (key, rest) = rest.split_once('"').unwrap();
            (key, rest.split_once('>').unwrap().1.split('<').next().unwrap())
        });
        let labels = html.split("aria-label=\"").skip(1).filter_map(|rest| {
            let (label, rest) = rest.split_once('"').unwrap();
            Some((rest.strip_prefix(" data-i18n-label=\"")?.split('"').next().unwrap(), label))
        });
        let mut count = 0;
        for (key, text) in texts.chain(labels) {
            assert_eq!(message(&english[key]), text.replace("&amp;", "&"), "{page}, {key}");
            count += 1;
        }
        assert!(count > 5, "{page}");
    }
}

/// What stands in quotes in everything that may ask for a message, and the manifest's `__MSG_…__`.
fn quoted() -> BTreeSet<String> {
    let mut folders = vec!["src".into(), "extension".into(), "www".into()];
    let mut words = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("_locales") && !path.ends_with("core") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| ["rs", "js", "html", "json"].iter().any(|one| end == *one)) {
                let text = fs::read_to_string(path).unwrap();
                let is_key = |word: &&str| {
                    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                };
                words.extend(text.split(['"', '\'']).filter(is_key).map(str::to_owned));
                words.extend(text.split("__MSG_").skip(1).filter_map(|rest| rest.split("__").next()).map(str::to_owned));
            }
        }
    }
    words
}

/// Written whole somewhere, or put together from parts that are: a kind, an owner, a reason, a voice.
fn is_asked_for(key: &str, quoted: &BTreeSet<String>) -> bool {
    let key = key.strip_suffix("_plain").unwrap_or(key);
    let is_head = |head: &str| quoted.contains(head) || quoted.contains(&format!("{head}_")) || quoted.contains(&format!("_{head}_"));
    quoted.contains(key) || key.match_indices('_').any(|(at, _)| is_head(&key[..at]) && is_asked_for(&key[at + 1..], quoted))
}

#[test]
fn each_message_is_asked_for() {
    let (english, quoted) = (read("en"), quoted());
    let unused: Vec<_> = english.keys().map(|key| family(key, &english).unwrap_or(key)).filter(|key| !is_asked_for(key, &quoted)).collect();
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
    assert!(!is_asked_for("popup_nonsense", &quoted) && !is_asked_for("card_remedy_nonsense", &quoted));
}
