//! A [`Question`] as it comes in. What is missing is as in the default; what is of another kind makes it unreadable.

use super::object::{list, maybe, number, part, word, wrong};
use crate::exchange::whole_ms;
use crate::{Exchange, Headers, Question, RequestFacts, SiteMemory, Surface, Vantage};
use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};

/// # Errors
/// Names what is of another kind.
pub(super) fn read(from: &JsValue) -> Result<Question, JsValue> {
    Ok(Question {
        exchange: part(from, "exchange")?.map_or_else(|| Ok(Exchange::default()), |it| exchange(&it))?,
        request: part(from, "request")?.map(|it| request(&it)).transpose()?,
        replayable: flag(from, "replayable")?.unwrap_or_default(),
        attempt: whole(from, "attempt")?.unwrap_or_default(),
        site: part(from, "site")?.map_or_else(|| Ok(SiteMemory::default()), |it| site(&it))?,
        vantage: maybe(from, "vantage", word(Vantage::from_word))?,
    })
}

fn exchange(from: &JsValue) -> Result<Exchange, JsValue> {
    Ok(Exchange {
        surface: maybe(from, "surface", word(Surface::from_word))?.unwrap_or_default(),
        url: text(from, "url")?.unwrap_or_default(),
        method: text(from, "method")?.unwrap_or_default(),
        status: whole(from, "status")?.unwrap_or_default(),
        headers: maybe(from, "headers", headers)?.unwrap_or_default(),
        body: text(from, "body")?.unwrap_or_default(),
        at_ms: whole_ms(number(from, "at_ms")?.unwrap_or_default()),
    })
}

fn request(from: &JsValue) -> Result<RequestFacts, JsValue> {
    Ok(RequestFacts {
        model: text(from, "model")?,
        stream: flag(from, "stream")?.unwrap_or_default(),
        max_tokens: whole(from, "max_tokens")?,
        key: flag(from, "key")?.unwrap_or_default(),
        only: texts(from, "only")?,
        order: texts(from, "order")?,
        allow_fallbacks: flag(from, "allow_fallbacks")?,
        app_retries: whole(from, "app_retries")?,
    })
}

fn site(from: &JsValue) -> Result<SiteMemory, JsValue> {
    Ok(SiteMemory { own_retries: whole(from, "own_retries")?, paused: flag(from, "paused")?.unwrap_or_default() })
}

fn headers(from: &JsValue) -> Option<Headers> {
    let fields = Object::entries(from.dyn_ref::<Object>()?);
    let text = |field: &JsValue, at: u32| Array::from(field).get(at).as_string();
    fields.iter().map(|field| Some((text(&field, 0)?, text(&field, 1)?))).collect()
}

fn text(from: &JsValue, name: &str) -> Result<Option<String>, JsValue> {
    maybe(from, name, JsValue::as_string)
}

fn flag(from: &JsValue, name: &str) -> Result<Option<bool>, JsValue> {
    maybe(from, name, JsValue::as_bool)
}

fn texts(from: &JsValue, name: &str) -> Result<Vec<String>, JsValue> {
    if part(from, name)?.is_none() {
        return Ok(Vec::new());
    }
    list(from, name, |item| item.as_string().ok_or_else(|| wrong(name)))
}

/// A whole number within the bounds of its kind.
fn whole<T: TryFrom<u64>>(from: &JsValue, name: &str) -> Result<Option<T>, JsValue> {
    maybe(from, name, |value| {
        let number = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
        T::try_from(number as u64).ok()
    })
}
