//! A [`Question`] as it comes in. What is missing is as in the default; what is of another kind makes it unreadable.

use super::object::wrong;
use crate::exchange::whole_ms;
use crate::{Exchange, Headers, Question, RequestFacts, SiteMemory, Surface, Vantage};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

/// One getter a member: a name that crosses the border with each question, as `Reflect::get` wants it, costs more than its value.
#[wasm_bindgen]
extern "C" {
    /// An object of `extension/protocol.js`.
    type Asked;

    #[wasm_bindgen(method, getter, structural)]
    fn exchange(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn request(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn replayable(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn attempt(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn failures(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn paid(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn tries(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn random(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn site(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn vantage(this: &Asked) -> JsValue;

    #[wasm_bindgen(method, getter, structural)]
    fn surface(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn url(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn method(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn status(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn headers(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn body(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn at_ms(this: &Asked) -> JsValue;

    #[wasm_bindgen(method, getter, structural)]
    fn model(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn stream(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn max_tokens(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn key(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn relay(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn named(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn only(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn order(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn allow_fallbacks(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn app_retries(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn ignore(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn members(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn size(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn works_before(this: &Asked) -> JsValue;

    #[wasm_bindgen(method, getter, structural)]
    fn own_retries(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn only_explain(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn patience_ms(this: &Asked) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn auto(this: &Asked) -> JsValue;
}

/// # Errors
/// Names what is of another kind.
pub(super) fn read(from: JsValue) -> Result<Question, JsValue> {
    let from = object(from).ok_or_else(|| wrong("question"))?;
    Ok(Question {
        exchange: maybe(from.exchange(), "exchange", object)?.map_or_else(|| Ok(Exchange::default()), |it| exchange(&it))?,
        request: maybe(from.request(), "request", object)?.map(|it| request(&it)).transpose()?,
        replayable: flag(&from.replayable(), "replayable")?.unwrap_or_default(),
        attempt: whole(&from.attempt(), "attempt")?.unwrap_or_default(),
        failures: whole(&from.failures(), "failures")?.unwrap_or_default(),
        paid: flag(&from.paid(), "paid")?.unwrap_or_default(),
        tries: whole(&from.tries(), "tries")?.unwrap_or_default(),
        random: maybe(from.random(), "random", |value| value.as_f64())?.unwrap_or_default(),
        site: maybe(from.site(), "site", object)?.map_or_else(|| Ok(SiteMemory::default()), |it| site(&it))?,
        vantage: maybe(from.vantage(), "vantage", |value| Vantage::from_word(&value.as_string()?))?,
    })
}

fn exchange(from: &Asked) -> Result<Exchange, JsValue> {
    Ok(Exchange {
        surface: maybe(from.surface(), "surface", |value| Surface::from_word(&value.as_string()?))?.unwrap_or_default(),
        url: text(from.url(), "url")?.unwrap_or_default(),
        method: text(from.method(), "method")?.unwrap_or_default(),
        status: whole(&from.status(), "status")?.unwrap_or_default(),
        headers: maybe(from.headers(), "headers", headers)?.unwrap_or_default(),
        body: text(from.body(), "body")?.unwrap_or_default(),
        at_ms: whole_ms(maybe(from.at_ms(), "at_ms", |value| value.as_f64())?.unwrap_or_default()),
    })
}

fn request(from: &Asked) -> Result<RequestFacts, JsValue> {
    Ok(RequestFacts {
        model: text(from.model(), "model")?,
        stream: flag(&from.stream(), "stream")?.unwrap_or_default(),
        max_tokens: whole(&from.max_tokens(), "max_tokens")?,
        key: flag(&from.key(), "key")?.unwrap_or_default(),
        relay: flag(&from.relay(), "relay")?.unwrap_or_default(),
        named: flag(&from.named(), "named")?.unwrap_or_default(),
        only: texts(from.only(), "only")?.unwrap_or_default(),
        order: texts(from.order(), "order")?.unwrap_or_default(),
        ignore: texts(from.ignore(), "ignore")?.unwrap_or_default(),
        allow_fallbacks: flag(&from.allow_fallbacks(), "allow_fallbacks")?,
        app_retries: whole(&from.app_retries(), "app_retries")?,
        members: texts(from.members(), "members")?,
        size: whole(&from.size(), "size")?,
        works_before: flag(&from.works_before(), "works_before")?.unwrap_or_default(),
    })
}

fn site(from: &Asked) -> Result<SiteMemory, JsValue> {
    Ok(SiteMemory {
        own_retries: whole(&from.own_retries(), "own_retries")?,
        only_explain: flag(&from.only_explain(), "only_explain")?.unwrap_or_default(),
        patience_ms: whole(&from.patience_ms(), "patience_ms")?,
        auto: flag(&from.auto(), "auto")?.unwrap_or_default(),
    })
}

fn headers(from: JsValue) -> Option<Headers> {
    let fields = Object::entries(from.dyn_ref::<Object>()?);
    let text = |field: &JsValue, at: u32| Array::from(field).get(at).as_string();
    fields.iter().map(|field| Some((text(&field, 0)?, text(&field, 1)?))).collect()
}

/// What `read` makes of a member; `None` for null and for what is not there.
fn maybe<T>(value: JsValue, name: &str, read: impl FnOnce(JsValue) -> Option<T>) -> Result<Option<T>, JsValue> {
    if value.is_null() || value.is_undefined() { Ok(None) } else { read(value).map(Some).ok_or_else(|| wrong(name)) }
}

fn object(value: JsValue) -> Option<Asked> {
    value.is_object().then(|| value.unchecked_into())
}

fn text(value: JsValue, name: &str) -> Result<Option<String>, JsValue> {
    maybe(value, name, |value| value.as_string())
}

fn flag(value: &JsValue, name: &str) -> Result<Option<bool>, JsValue> {
    let stated = value.as_bool();
    if stated.is_some() || value.is_null() || value.is_undefined() { Ok(stated) } else { Err(wrong(name)) }
}

fn texts(value: JsValue, name: &str) -> Result<Option<Vec<String>>, JsValue> {
    maybe(value, name, |value| value.dyn_ref::<Array>()?.iter().map(|item| item.as_string()).collect())
}

/// A whole number within the bounds of its kind.
fn whole<T: TryFrom<u64>>(value: &JsValue, name: &str) -> Result<Option<T>, JsValue> {
    maybe(value.clone(), name, |value| {
        let number = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?;
        T::try_from(number as u64).ok()
    })
}
