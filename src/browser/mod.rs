//! The bindings, and the screens that the core draws. Thin: no judgement here, and nothing that panics.
//!
//! A mistake of the caller is answered, never thrown from inside: [`explain`] is silent (`null`) on what it cannot read,
//! the card's methods throw `{code, message}`.

mod card;
mod clock;
mod dom;
mod object;
mod question;
mod view;

pub use card::Card;

use crate::Locale;
use js_sys::{Function, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// Smaller than the standard library's, and for one thread, which is all there is.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Judges one failure: `Question` in, `Verdict` or `null` (silence) out; both have the shapes of `extension/protocol.js`.
///
/// `locale_json` is a `messages.json` and `lang` its BCP 47 tag; without them the words are English.
#[wasm_bindgen]
#[must_use]
pub fn explain(question: JsValue, locale_json: Option<String>, lang: Option<String>) -> JsValue {
    let Ok(question) = question::read(&question) else {
        return JsValue::NULL;
    };
    let stated = locale_json.and_then(|json| Locale::from_json(lang.as_deref().unwrap_or("en"), &json).ok());
    let locale = stated.unwrap_or_else(Locale::english);
    // Plain objects and nulls, so that the answer survives the JSON of a message between browser contexts.
    let plain = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
    crate::explain(&question, &locale).and_then(|verdict| verdict.serialize(&plain).ok()).unwrap_or(JsValue::NULL)
}

/// Puts an empty, hidden card into `root`. `act` is called with `'retry'`, `'disarm'` or `'dismiss'`, once for each real click or key.
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
    let answer = Object::new();
    // A plain new object takes every property: there is nothing to report from these two.
    let _ = Reflect::set(&answer, &"code".into(), &code.into());
    let _ = Reflect::set(&answer, &"message".into(), &message.into());
    answer.into()
}
