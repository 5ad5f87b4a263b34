//! A verdict for JavaScript: JSON, written by hand. serde_json's writer of the derived code, compiled for size, took longer than the
//! hundred crossings that one text spares. `tests/wasm_same_answer.rs` holds this one to the derived code.

use crate::read::fault::decimal;
use crate::{Answer, Asks, Detail, Diagnosis, Edit, Evidence, Panel, Patch, Plan, Remedy, Verdict, Words};
use js_sys::JSON;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object that was parsed here.
    type Parsed;

    #[wasm_bindgen(method, getter, structural)]
    fn words(this: &Parsed) -> Parsed;
    #[wasm_bindgen(method, setter, structural)]
    fn set_raw(this: &Parsed, raw: &str);
    #[wasm_bindgen(method, setter, structural)]
    fn set_report(this: &Parsed, report: &str);
}

/// The verdict as an object; null where that cannot be, which no verdict was seen to cause.
pub(super) fn object(verdict: &Verdict) -> JsValue {
    let mut out = Out(String::with_capacity(4_096));
    out.object(|out| {
        out.member(name!("diagnosis"), |out| out.diagnosis(&verdict.diagnosis));
        out.member(name!("words"), |out| out.words(&verdict.words));
        out.member(name!("plan"), |out| out.plan(&verdict.plan));
        out.member(name!("remedies"), |out| out.list(&verdict.remedies, Out::remedy));
    });
    let Ok(parsed) = JSON::parse(&out.0) else { return JsValue::NULL };
    let parsed: Parsed = parsed.unchecked_into();
    // The two long ones are mostly JSON themselves: to escape them and to read that again costs more than to hand them over.
    let words = parsed.words();
    words.set_raw(&verdict.words.raw);
    words.set_report(&verdict.words.report);
    parsed.into()
}

/// The panel as an object; null where that cannot be.
pub(super) fn panel(it: &Panel) -> JsValue {
    let mut out = Out(String::with_capacity(2_048));
    out.object(|out| {
        out.text(name!("title"), Some(&it.title));
        out.member(name!("lines"), |out| out.list(&it.lines, Out::detail));
        let offer = |out: &mut Out| {
            out.list(&it.offers, |out, offer| {
                out.object(|out| {
                    out.text(name!("label"), Some(&offer.label));
                    out.text(name!("price"), Some(&offer.price));
                    out.text(name!("detail"), Some(&offer.detail));
                    out.word(name!("costs"), Some(offer.costs.as_str()));
                    out.patch(offer.patch.as_ref());
                });
            });
        };
        out.member(name!("offers"), offer);
        match &it.always {
            Some(always) => out.member(name!("always"), |out| {
                out.object(|out| {
                    out.text(name!("label"), Some(&always.label));
                    out.text(name!("price"), Some(&always.price));
                    out.text(name!("slug"), Some(&always.slug));
                    out.text(name!("name"), Some(&always.name));
                });
            }),
            None => out.bare(name!("always"), None),
        }
        out.text(name!("note"), Some(&it.note));
        out.number(name!("at_ms"), it.at_ms);
    });
    JSON::parse(&out.0).unwrap_or(JsValue::NULL)
}

/// A member's name as it is written: in one piece, since each piece costs as much as the letters in it.
macro_rules! name {
    ($name:literal) => {
        concat!("\"", $name, "\":")
    };
}
use name;

struct Out(String);

impl Out {
    fn diagnosis(&mut self, it: &Diagnosis) {
        self.object(|out| {
            out.word(name!("kind"), Some(it.kind.as_str()));
            out.word(name!("limit_owner"), Some(it.limit_owner.as_str()));
            out.word(name!("reason"), Some(it.reason.as_str()));
            out.word(name!("certainty"), Some(it.certainty.as_str()));
            out.number(name!("status"), it.status.map(u64::from));
            out.text(name!("provider"), it.provider.as_deref());
            out.text(name!("model"), it.model.as_deref());
            out.bare(name!("retry_after_s"), it.retry_after_s.and_then(decimal).as_deref());
            out.number(name!("reset_at_ms"), it.reset_at_ms);
            out.flag(name!("is_byok"), it.is_byok);
            out.word(name!("retry_helps"), Some(it.retry_helps.as_str()));
            out.member(name!("links"), |out| out.list(&it.links, |out, link| out.quoted(link)));
            out.text(name!("request_id"), it.request_id.as_deref());
            out.member(name!("evidence"), |out| out.list(&it.evidence, Self::sign));
            out.member(name!("against"), |out| out.list(&it.against, Self::sign));
        });
    }

    fn sign(&mut self, it: &Evidence) {
        self.object(|out| {
            out.text(name!("field"), Some(&it.field));
            out.text(name!("text"), Some(&it.text));
        });
    }

    fn words(&mut self, it: &Words) {
        self.object(|out| {
            out.text(name!("lang"), Some(&it.lang));
            out.text(name!("title"), Some(&it.title));
            out.text(name!("body"), Some(&it.body));
            let fact = |out: &mut Self| {
                out.list(&it.facts, |out, fact| {
                    out.object(|out| {
                        out.word(name!("id"), Some(fact.id.as_str()));
                        out.text(name!("label"), Some(&fact.label));
                        out.word(name!("answer"), fact.answer.map(Answer::as_str));
                        out.text(name!("value"), Some(&fact.value));
                        out.text(name!("why"), Some(&fact.why));
                    });
                });
            };
            out.member(name!("facts"), fact);
            out.member(name!("details"), |out| out.list(&it.details, Self::detail));
        });
    }

    fn detail(&mut self, it: &Detail) {
        self.object(|out| {
            out.text(name!("label"), Some(&it.label));
            out.text(name!("value"), Some(&it.value));
        });
    }

    fn patch(&mut self, it: Option<&Patch>) {
        let edit = |out: &mut Self, edit: &Edit| {
            out.object(|out| {
                out.member(name!("path"), |out| out.list(&edit.path, |out, name| out.quoted(name)));
                out.text(name!("json"), edit.json.as_deref());
            });
        };
        match it {
            Some(edits) => self.member(name!("patch"), |out| out.list(edits, edit)),
            None => self.bare(name!("patch"), None),
        }
    }

    fn plan(&mut self, it: &Plan) {
        self.object(|out| {
            out.flag(name!("hold"), Some(it.hold));
            out.number(name!("deadline_ms"), it.deadline_ms.map(u64::from));
            out.number(name!("ready_at_ms"), it.ready_at_ms);
            out.number(name!("show_after_ms"), Some(it.show_after_ms.into()));
            out.number(name!("press_at_ms"), it.press_at_ms);
            out.number(name!("auto_tries"), Some(it.auto_tries.into()));
        });
    }

    fn remedy(&mut self, it: &Remedy) {
        self.object(|out| {
            out.word(name!("type"), Some(it.kind.as_str()));
            out.text(name!("label"), Some(&it.label));
            out.text(name!("url"), it.url.as_deref());
            out.text(name!("hint"), Some(&it.hint));
            out.word(name!("costs"), Some(it.costs.as_str()));
            out.text(name!("value"), it.value.as_deref());
            out.number(name!("at_ms"), it.at_ms);
            out.text(name!("price"), Some(&it.price));
            out.patch(it.patch.as_ref());
            out.word(name!("asks"), it.asks.map(Asks::as_str));
            out.text(name!("also"), it.also.as_deref());
        });
    }

    fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.0.push('{');
        members(self);
        self.close('}');
    }

    fn list<T>(&mut self, items: &[T], item: impl Fn(&mut Self, &T)) {
        self.0.push('[');
        for it in items {
            item(self, it);
            self.0.push(',');
        }
        self.close(']');
    }

    /// In place of the last comma.
    fn close(&mut self, bracket: char) {
        if self.0.ends_with(',') {
            self.0.pop();
        }
        self.0.push(bracket);
    }

    fn member(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        self.0.push_str(name);
        value(self);
        self.0.push(',');
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.member(name, |out| out.quoted(value)),
            None => self.bare(name, None),
        }
    }

    /// A word of a vocabulary, in which nothing has to be escaped.
    fn word(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(word) => self.0.extend([name, "\"", word, "\","]),
            None => self.bare(name, None),
        }
    }

    fn number(&mut self, name: &str, value: Option<u64>) {
        self.bare(name, value.map(|number| number.to_string()).as_deref());
    }

    fn flag(&mut self, name: &str, value: Option<bool>) {
        self.bare(name, value.map(|flag| if flag { "true" } else { "false" }));
    }

    fn bare(&mut self, name: &str, value: Option<&str>) {
        self.0.extend([name, value.unwrap_or("null"), ","]);
    }

    fn quoted(&mut self, text: &str) {
        const HEX: [&str; 16] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];
        self.0.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            self.0.push_str(rest.get(..at).unwrap_or_default());
            match rest.as_bytes().get(at).copied().unwrap_or_default() {
                b'"' => self.0.push_str("\\\""),
                b'\\' => self.0.push_str("\\\\"),
                b'\n' => self.0.push_str("\\n"),
                control => {
                    let digit = |four: u8| HEX.get(usize::from(four)).copied().unwrap_or_default();
                    self.0.extend(["\\u00", digit(control >> 4), digit(control & 15)]);
                }
            }
            rest = rest.get(at + 1..).unwrap_or_default();
        }
        self.0.push_str(rest);
        self.0.push('"');
    }
}
