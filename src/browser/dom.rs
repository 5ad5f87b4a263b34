//! The few ways in which the screens touch the document. Text goes in by `textContent` alone, attributes by `setAttribute`:
//! nothing that a server or a page wrote is ever parsed as markup.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Drawings of 16 by 16, as one path each; the sheet strokes them in the text's colour, so that they follow every theme.
#[derive(Clone, Copy)]
pub(super) enum Icon {
    /// A clock: something takes time.
    Wait,
    /// An exclamation mark in a ring: something is the person's to fix.
    Fix,
    /// A tick in a ring: done.
    Done,
    /// A tick.
    Yes,
    /// A cross.
    No,
    /// A wave: it depends.
    Maybe,
    /// A question mark.
    Unknown,
    /// An arrow that leaves a box: opens elsewhere.
    Leave,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Wait => "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M8 4.5V8l2.25 1.5",
            Self::Fix => "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M8 4.75V8.5M8 11.1v.1",
            Self::Done => "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M5.25 8.25l2 2l3.5-4.25",
            Self::Yes => "M3.25 8.5l3.25 3.25L12.75 4.5",
            Self::No => "M4.25 4.25l7.5 7.5M11.75 4.25l-7.5 7.5",
            Self::Maybe => "M2.75 9.25c1.75-3.5 3.5-3.5 5.25-1.25s3.5 2.25 5.25-1.25",
            Self::Unknown => "M5.5 5.75c0-3.25 5-3.25 5 0c0 2-2.5 1.9-2.5 4M8 12.6v.1",
            Self::Leave => "M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3L7.75 8.25",
        }
    }
}

/// A new element with a class, or none.
pub(super) fn make(document: &Document, tag: &str, class: &str) -> Result<Element, JsValue> {
    let element = document.create_element(tag)?;
    if !class.is_empty() {
        element.set_attribute("class", class)?;
    }
    Ok(element)
}

/// A new element at the end of `parent`.
pub(super) fn add(parent: &Element, tag: &str, class: &str) -> Result<Element, JsValue> {
    let document = parent.owner_document().ok_or("an element without a document")?;
    let element = make(&document, tag, class)?;
    parent.append_child(&element)?;
    Ok(element)
}

/// A new element at the end of `parent` that holds `text`.
pub(super) fn add_text(parent: &Element, tag: &str, class: &str, text: &str) -> Result<Element, JsValue> {
    let element = add(parent, tag, class)?;
    element.set_text_content(Some(text));
    Ok(element)
}

/// A drawing at the end of `parent`; it says nothing that the words beside it do not say, so it is hidden from screen readers.
pub(super) fn add_icon(parent: &Element, icon: Icon, class: &str) -> Result<Element, JsValue> {
    let document = parent.owner_document().ok_or("an element without a document")?;
    let svg = document.create_element_ns(Some(SVG), "svg")?;
    for (name, value) in [("class", class), ("viewBox", "0 0 16 16"), ("aria-hidden", "true"), ("focusable", "false")] {
        svg.set_attribute(name, value)?;
    }
    let path = document.create_element_ns(Some(SVG), "path")?;
    path.set_attribute("d", icon.path())?;
    svg.append_child(&path)?;
    parent.append_child(&svg)?;
    Ok(svg)
}

/// Exchanges the drawing of an icon made by [`add_icon`].
pub(super) fn set_icon(svg: &Element, icon: Icon) -> Result<(), JsValue> {
    svg.first_element_child().map_or(Ok(()), |path| path.set_attribute("d", icon.path()))
}

/// Sets the text, and hides the element where there is none. Writes only what changed: a text selection and a screen reader's place survive.
pub(super) fn say(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
    show(element, !text.is_empty());
}

/// Shows or hides an element.
pub(super) fn show(element: &Element, visible: bool) {
    // `hidden` is always accepted by an element; there is no error to pass on.
    let _ = element.toggle_attribute_with_force("hidden", !visible);
}

/// Empties an element.
pub(super) fn clear(element: &Element) {
    element.set_text_content(None);
}

/// The element as a more exact type.
pub(super) fn as_kind<T: JsCast>(element: Element) -> Result<T, JsValue> {
    element.dyn_into::<T>().map_err(|_| JsValue::from("an element of another kind"))
}
