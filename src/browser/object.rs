//! Objects of `extension/protocol.js`, read by name. A derived reader would do the same and make the binary larger by a twentieth.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// What `read` makes of a property; `None` for null and for what is not there.
///
/// # Errors
/// Names what is of another kind.
pub(super) fn maybe<T>(from: &JsValue, name: &str, read: impl Fn(&JsValue) -> Option<T>) -> Result<Option<T>, JsValue> {
    match part(from, name)? {
        Some(value) => read(&value).map(Some).ok_or_else(|| wrong(name)),
        None => Ok(None),
    }
}

/// The same, of what has to be there.
pub(super) fn needed<T>(from: &JsValue, name: &str, read: impl Fn(&JsValue) -> Option<T>) -> Result<T, JsValue> {
    maybe(from, name, read)?.ok_or_else(|| wrong(name))
}

pub(super) fn text(from: &JsValue, name: &str) -> Result<String, JsValue> {
    needed(from, name, JsValue::as_string)
}

pub(super) fn number(from: &JsValue, name: &str) -> Result<Option<f64>, JsValue> {
    maybe(from, name, JsValue::as_f64)
}

/// A word of a vocabulary.
pub(super) fn word<T>(known: impl Fn(&str) -> Option<T>) -> impl Fn(&JsValue) -> Option<T> {
    move |value| known(&value.as_string()?)
}

pub(super) fn list<T>(from: &JsValue, name: &str, read: impl Fn(&JsValue) -> Result<T, JsValue>) -> Result<Vec<T>, JsValue> {
    let items = needed(from, name, |value| value.dyn_ref::<Array>().cloned())?;
    items.iter().map(|item| read(&item)).collect()
}

/// A property; `None` for null and for what is not there.
pub(super) fn part(from: &JsValue, name: &str) -> Result<Option<JsValue>, JsValue> {
    let value = Reflect::get(from, &name.into()).map_err(|_| wrong(name))?;
    Ok(Some(value).filter(|value| !value.is_null() && !value.is_undefined()))
}

pub(super) fn wrong(name: &str) -> JsValue {
    ["not as in protocol.js: ", name].concat().into()
}
