//! The bindings, and the screens that the core draws. Thin: no judgement here, and nothing that panics.
//!
//! A mistake of the caller is answered, never thrown from inside: [`explain`] is silent (`null`) on what it cannot read,
//! the card's methods throw `{code, message}`.

mod card;
mod clock;
mod dom;
mod json;
mod object;
mod question;
mod view;

pub use card::Card;

use crate::exchange::whole_ms;
use crate::retry::{Asked, Budget, Step};
use crate::{Asks, Locale};
use js_sys::{Function, Object};
use serde::Serializer;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// Smaller than the standard library's, and for one thread, which is all there is.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

thread_local! {
    /// What [`set_words`] was given last. The binary that ships has no words of its own: they would be an eighth of it, and
    /// the extension carries them for the browser anyway.
    static WORDS: RefCell<Rc<Locale>> = RefCell::new(Rc::new(Locale::english()));
}

fn words() -> Rc<Locale> {
    WORDS.with_borrow(Rc::clone)
}

/// From now on, the words of [`explain`] and of new cards: `json` is a `messages.json`, or its keys with their messages
/// alone, and `lang` its BCP 47 tag.
///
/// # Errors
/// `{code: 'words', message}` where it is neither; the words stay as they were.
#[wasm_bindgen]
pub fn set_words(lang: &str, json: &str) -> Result<(), JsValue> {
    let locale = Locale::from_json(lang, json).map_err(|error| refusal("words", &error.to_string().into()))?;
    WORDS.set(Rc::new(locale));
    Ok(())
}

/// Judges one failure: `Question` in, `Verdict` or `null` (silence) out; both have the shapes of `extension/protocol.js`.
#[wasm_bindgen]
#[must_use]
pub fn explain(question: JsValue) -> JsValue {
    let Ok(question) = question::read(question) else {
        return JsValue::NULL;
    };
    let verdict = WORDS.with_borrow(|words| crate::explain(&question, words));
    // A hundred members cross as one text at a third of what they cost one by one.
    verdict.map_or(JsValue::NULL, |verdict| json::object(&verdict))
}

/// When, or whether now, a failure is tried again without a click: the members of [`Asked`] and, as `full_at_ms`, of [`Budget`] in,
/// `[]` (a person is asked), `[at_ms]` (ask again then) or `[at_ms, full_at_ms]` (send; the budget that is left) out.
#[wasm_bindgen]
#[must_use]
pub fn auto_step(asked: &JsValue) -> Vec<f64> {
    let member = |name| object::number(asked, name).ok().flatten();
    let time = |name| member(name).map(whole_ms);
    let count = |name| member(name).unwrap_or_default() as u32;
    let now_ms = time("now_ms").unwrap_or_default();
    let asked = Asked {
        allowed: count("allowed"),
        tried: count("tried"),
        ready_at_ms: time("ready_at_ms"),
        ends_at_ms: time("ends_at_ms").unwrap_or_default(),
        due_at_ms: time("due_at_ms"),
        now_ms,
        random: member("random").unwrap_or_default(),
    };
    match asked.step(Budget { full_at_ms: time("full_at_ms").unwrap_or_default() }) {
        Step::Ask => vec![],
        Step::Wait(at_ms) => vec![at_ms as f64],
        Step::Send(left) => vec![now_ms as f64, left.full_at_ms as f64],
    }
}

/// The model whose public list [`look_up`] needs for this `Question`, `null` for none. `asks` is a word of `Asks`.
#[wasm_bindgen]
#[must_use]
pub fn model_to_list(question: JsValue, asks: &str) -> Option<String> {
    crate::panel::model_to_list(&question::read(question).ok()?, Asks::from_word(asks)?)
}

/// What that list offers: a `Panel` of `extension/protocol.js`, or `null` where it cannot be read.
#[wasm_bindgen]
#[must_use]
pub fn look_up(question: JsValue, asks: &str, listing: &str) -> JsValue {
    let (Ok(question), Some(asks)) = (question::read(question), Asks::from_word(asks)) else {
        return JsValue::NULL;
    };
    let panel = WORDS.with_borrow(|words| crate::panel::from_list(&question, asks, listing, words));
    panel.map_or(JsValue::NULL, |panel| json::panel(&panel))
}

/// What is left, from `Numbers` as JSON: a `Panel`, or `null` where they say nothing.
#[wasm_bindgen]
#[must_use]
pub fn limits(numbers: &str, at_ms: f64) -> JsValue {
    let panel = WORDS.with_borrow(|words| crate::panel::limits(numbers, whole_ms(at_ms), words));
    panel.map_or(JsValue::NULL, |panel| json::panel(&panel))
}

/// Puts an empty, hidden card into `root`. `act` is called with an action of `Act` and, where that is about one of several, its index: once for each real
/// click or key.
///
/// # Errors
/// `{code: 'dom', message}` where the document refuses the elements.
#[wasm_bindgen]
pub fn mount_card(root: &Element, act: Function) -> Result<Card, JsValue> {
    Card::mount(root, act).map_err(|error| refusal("dom", &error))
}

/// `{code, message}`: how an error crosses to JavaScript.
fn refusal(code: &str, error: &JsValue) -> JsValue {
    let message = error.as_string().unwrap_or_else(|| String::from(Object::from(error.clone()).to_string()));
    let plain = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    // Strings alone: there is nothing in it that could be refused.
    plain.collect_map([("code", code), ("message", &message)]).unwrap_or_default()
}
