//! The card: one failure in plain words, what it means for the person, and the one thing to press.
//!
//! The card keeps no state of its own that matters: each [`Card::show`] brings the bridge's whole [`View`], so a frame that was lost
//! or moved is drawn again from one message. It never takes the focus, since the person is typing; it acts on real clicks and keys alone.

use super::clock::{self, Until};
use super::dom::{Icon, add, add_icon, add_text, as_kind, clear, say, set_icon, show};
use super::view::{Panel, Phase, Remedy, Remind, View};
use crate::{Answer, Asks, Locale, RemedyType, RetryHelps};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use js_sys::{Date, Function};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlDocument, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

/// Clicks this soon after the card appeared, or after a button came to mean something else, were aimed at what was there before.
///
/// 250 ms is the time of a double click and of a click already under way, which is what has to be caught. Half a second, as some advise
/// against clickjacking, would swallow the honest "no, stop" right after arming; and the worst that a stolen click can do here is
/// one repeat of the page's own request.
const DEAF_MS: f64 = 250.0;

/// A status line that is filled after the first paint is read out; one that arrives filled is not.
const AFTER_PAINT_MS: u32 = 100;

/// How long "Copied" stands on the button.
const COPIED_MS: u32 = 2_000;

/// Left of a wait when it is announced for the second time.
const SOON_MS: f64 = 10_000.0;

/// Beside the main button a person takes in two things more.
const MOST_LINKS: usize = 2;

/// On a button, what pressing it does, as `Act` of `extension/protocol.js` names it; and about which of several.
const ACT: &str = "data-act";
const INDEX: &str = "data-index";

/// What pressing the main button does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    /// There is none, or it is on its way.
    Nothing,
    /// Sends, or arms where the wait still runs: the bridge knows the time.
    Retry,
    /// Stops what was armed.
    Disarm,
    /// Presses the app's own control.
    Control,
}

/// A card on a page: made by `mount_card`, fed by [`Card::show`], taken off by `free()`.
#[wasm_bindgen]
pub struct Card {
    screen: Rc<Screen>,
    _listeners: Vec<EventListener>,
}

#[wasm_bindgen]
impl Card {
    /// Draws a `View` (see `extension/protocol.js`).
    ///
    /// # Errors
    /// `{code: 'view', message}` where it is not one: the card stays as it was. `{code: 'dom', message}` where the document refuses an element.
    pub fn show(&self, view: JsValue) -> Result<(), JsValue> {
        let view = View::read(&view).map_err(|error| super::refusal("view", &error))?;
        Screen::show(&self.screen, view).map_err(|error| super::refusal("dom", &error))
    }

    pub(super) fn mount(root: &Element, act: Function) -> Result<Self, JsValue> {
        let document = root.owner_document().ok_or("an element without a document")?;
        let locale = super::words();
        let parts = Parts::build(root, &locale)?;
        let screen = Rc::new(Screen {
            document: document.clone(),
            locale,
            parts,
            act,
            view: RefCell::new(None),
            press: Cell::new(Press::Nothing),
            acted: Cell::new(false),
            opener: RefCell::new(None),
            deaf_until: Cell::new(0.0),
            left: Cell::new(f64::NAN),
            since: Cell::new(0.0),
            tick: RefCell::new(None),
            announcement: RefCell::new(None),
            copied: RefCell::new(None),
        });
        // Weak, or the listeners would keep alive the screen that owns nothing of theirs, long after `free()`.
        let card = &screen.parts.card;
        let (clicked, typed, seen) = (Rc::downgrade(&screen), Rc::downgrade(&screen), Rc::downgrade(&screen));
        let listeners = vec![
            EventListener::new_with_options(card, "click", EventListenerOptions::enable_prevent_default(), move |event| {
                if let Some(screen) = clicked.upgrade() {
                    screen.click(event);
                }
            }),
            EventListener::new(card, "keydown", move |event| {
                if let Some(screen) = typed.upgrade() {
                    screen.key(event);
                }
            }),
            EventListener::new(&document, "visibilitychange", move |_| {
                if let Some(screen) = seen.upgrade() {
                    Screen::refresh(&screen);
                }
            }),
        ];
        Ok(Self { screen, _listeners: listeners })
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        self.screen.parts.card.remove();
    }
}

/// The elements that live as long as the card. They are made once and changed in place, so that neither the focus, nor a selection, nor a
/// screen reader's place is lost when the bridge shows a new state.
struct Parts {
    card: HtmlElement,
    glyph: Element,
    title: Element,
    close: HtmlElement,
    body: Element,
    when: Element,
    note: Element,
    actions: Element,
    retry: HtmlElement,
    retry_label: Element,
    remind: HtmlElement,
    auto: Element,
    auto_text: Element,
    stop: HtmlElement,
    links: Element,
    tip: Element,
    hints: Element,
    asks: Element,
    panel: Element,
    rule: Element,
    rule_text: Element,
    facts: Element,
    foot: Element,
    rows: Element,
    evidence_head: Element,
    evidence: Element,
    against_head: Element,
    against: Element,
    raw_head: Element,
    raw: Element,
    copy: HtmlElement,
    report: HtmlTextAreaElement,
    count: Element,
    status: Element,
}

impl Parts {
    fn build(root: &Element, locale: &Locale) -> Result<Self, JsValue> {
        let words = |key| locale.message(key, &[]);
        let part = |parent: &Element, tag: &str, class: &str, attributes: &[(&str, &str)]| -> Result<Element, JsValue> {
            let element = add(parent, tag, class)?;
            for (name, value) in attributes {
                element.set_attribute(name, value)?;
            }
            Ok(element)
        };

        // A click anywhere on the card gives it the focus, and only where the focus is does Escape mean this card.
        let region = [("id", "card"), ("role", "region"), ("aria-labelledby", "name title"), ("tabindex", "-1"), ("hidden", "")];
        let card = part(root, "section", "card", &region)?;
        let sheet = add(&card, "div", "sheet")?;

        let head = add(&sheet, "header", "head")?;
        let glyph = add_icon(&head, Icon::Wait, "glyph")?;
        let title = part(&head, "h2", "title", &[("id", "title")])?;
        let close = part(&head, "button", "close", &[("id", "close"), ("type", "button")])?;
        add_icon(&close, Icon::No, "")?;

        let body = part(&sheet, "p", "body", &[("id", "body")])?;
        let when = part(&sheet, "p", "when", &[("id", "when")])?;
        let note = part(&sheet, "p", "note", &[("id", "note")])?;
        let auto = part(&sheet, "div", "auto", &[("id", "auto"), ("hidden", "")])?;
        let auto_text = add(&auto, "span", "")?;
        let stop = part(&auto, "button", "button", &[("id", "stop"), ("type", "button")])?;
        stop.set_text_content(Some(&words("card_auto_stop")));
        let actions = add(&sheet, "div", "actions")?;
        let retry = part(&actions, "button", "retry", &[("id", "retry"), ("type", "button"), ("aria-describedby", "tip")])?;
        part(&retry, "span", "fill", &[("aria-hidden", "true")])?;
        let retry_label = add(&retry, "span", "label")?;
        let remind = part(&actions, "button", "button main", &[("id", "remind"), ("type", "button")])?;
        remind.set_text_content(Some(&words("card_remind")));
        let links = add(&actions, "div", "links")?;
        let tip = part(&sheet, "p", "tip", &[("id", "tip")])?;
        let hints = add(&sheet, "div", "hints")?;
        let asks = add(&sheet, "div", "asks")?;
        let panel = part(&sheet, "div", "panel", &[("id", "panel"), ("aria-live", "polite")])?;
        let rule = part(&sheet, "p", "rule", &[("id", "rule"), ("hidden", "")])?;
        let rule_text = add(&rule, "span", "")?;
        let undo = part(&rule, "button", "ask", &[("type", "button"), (ACT, "undo")])?;
        undo.set_text_content(Some(&words("card_undo")));
        let facts = part(&sheet, "dl", "facts", &[("id", "facts")])?;

        let foot = add(&sheet, "div", "foot")?;
        let details = part(&foot, "details", "details", &[("id", "details")])?;
        add_text(&details, "summary", "", &words("card_details"))?;
        let rows = add(&details, "dl", "rows")?;
        let evidence_head = add_text(&details, "h3", "", &words("card_evidence"))?;
        let evidence = add(&details, "ul", "evidence")?;
        let against_head = add_text(&details, "h3", "", &words("card_against"))?;
        let against = add(&details, "ul", "evidence")?;
        let raw_head = add_text(&details, "h3", "", &words("card_raw"))?;
        // A box that scrolls must be reachable by keyboard; what the server wrote is left to right in every language.
        let raw_label = words("card_raw");
        let raw = part(&details, "pre", "raw", &[("tabindex", "0"), ("dir", "ltr"), ("role", "group"), ("aria-label", &raw_label)])?;
        let report_label = words("card_report");
        let readonly = [("readonly", ""), ("dir", "ltr"), ("rows", "6"), ("aria-label", &report_label), ("hidden", "")];
        let report = part(&details, "textarea", "report", &readonly)?;
        let copy = part(&details, "button", "copy", &[("type", "button")])?;
        copy.set_text_content(Some(&words("card_show_report")));
        let meta = add(&foot, "p", "meta")?;
        let count = add(&meta, "span", "count")?;
        let name = part(&meta, "span", "name", &[("id", "name")])?;
        name.set_text_content(Some(&words("card_name")));

        let status = part(&card, "p", "status", &[("id", "status"), ("role", "status"), ("aria-live", "polite")])?;
        Ok(Self {
            card: as_kind(card)?,
            glyph,
            title,
            close: as_kind(close)?,
            body,
            when,
            note,
            actions,
            retry: as_kind(retry)?,
            retry_label,
            remind: as_kind(remind)?,
            auto,
            auto_text,
            stop: as_kind(stop)?,
            links,
            tip,
            hints,
            asks,
            panel,
            rule,
            rule_text,
            facts,
            foot,
            rows,
            evidence_head,
            evidence,
            against_head,
            against,
            raw_head,
            raw,
            copy: as_kind(copy)?,
            report: as_kind(report)?,
            count,
            status,
        })
    }
}

/// The card behind its handle. No cell is borrowed while `act` runs: it may call [`Card::show`] in the same turn.
struct Screen {
    document: Document,
    locale: Rc<Locale>,
    parts: Parts,
    act: Function,
    view: RefCell<Option<View>>,
    press: Cell<Press>,
    /// The main button was pressed, and nothing new was shown since: one action a click.
    acted: Cell<bool>,
    /// What was pressed last to look something up.
    opener: RefCell<Option<HtmlElement>>,
    deaf_until: Cell<f64>,
    /// What was left of the wait when it was last drawn; NaN where none runs.
    left: Cell<f64>,
    /// What the clock that no one sets showed when the other one, by which waits are stated, would have shown nothing.
    since: Cell<f64>,
    tick: RefCell<Option<Timeout>>,
    announcement: RefCell<Option<Timeout>>,
    copied: RefCell<Option<Timeout>>,
}

impl Screen {
    fn show(this: &Rc<Self>, view: View) -> Result<(), JsValue> {
        let before = this.view.replace(None);
        let had_focus = this.has_focus();
        let same_verdict = before.as_ref().is_some_and(|before| before.verdict == view.verdict && before.site == view.site);
        if !same_verdict {
            this.draw_verdict(&view)?;
            this.since.set(now() - Date::now());
            this.left.set(f64::NAN);
        }
        let sends = |view: &View| matches!(view.phase, Phase::Held | Phase::Armed | Phase::Failed);
        if !same_verdict || before.as_ref().is_none_or(|before| sends(before) != sends(&view)) {
            this.draw_remedies(&view, sends(&view))?;
            this.deafen();
        }
        if before.as_ref().is_none_or(|before| before.panel != view.panel) {
            this.draw_panel(&view)?;
            this.deafen();
        }
        this.draw_phase(&view)?;
        if !same_verdict {
            this.deafen();
        }
        this.acted.set(false);
        let spoken = this.spoken(before.as_ref(), &view);
        this.view.replace(Some(view));
        Self::refresh(this);
        // What had the focus is gone; a keyboard user stays inside the card: after a look at a list, where it was asked for.
        for next in [this.opener.borrow().as_ref(), Some(&this.parts.close)].into_iter().flatten() {
            if had_focus && !this.has_focus() {
                let _ = next.focus();
            }
        }
        if let Some(text) = spoken {
            Self::announce(this, text);
        }
        Ok(())
    }

    /// All that follows from the verdict alone.
    fn draw_verdict(&self, view: &View) -> Result<(), JsValue> {
        let (parts, verdict) = (&self.parts, &view.verdict);
        parts.card.set_lang(&verdict.lang);
        parts.card.set_dir(direction(&verdict.lang));
        say(&parts.body, &verdict.body);

        clear(&parts.facts);
        for fact in &verdict.facts {
            let row = add(&parts.facts, "div", "fact")?;
            add_text(&row, "dt", "", &fact.label)?;
            let value = add(&row, "dd", "answer")?;
            if let Some(answer) = fact.answer {
                let icon = match answer {
                    Answer::Yes => Icon::Yes,
                    Answer::No => Icon::No,
                    Answer::Maybe => Icon::Maybe,
                    Answer::Unknown => Icon::Unknown,
                };
                row.set_attribute("data-answer", answer.as_str())?;
                add_icon(&value, icon, "mark")?;
            }
            add_text(&value, "span", "value", &fact.value)?;
            if !fact.why.is_empty() {
                add_text(&row, "dd", "why", &fact.why)?;
            }
        }
        show(&parts.facts, !verdict.facts.is_empty());

        clear(&parts.rows);
        for [label, value] in &verdict.details {
            let row = add(&parts.rows, "div", "")?;
            add_text(&row, "dt", "", label)?;
            // Slugs and ids keep their own direction in a right-to-left card.
            let place = add(&row, "dd", "")?;
            add_text(&place, "bdi", "", value)?;
        }
        show(&parts.rows, !verdict.details.is_empty());
        self.draw_signs(&parts.evidence_head, &parts.evidence, &verdict.evidence)?;
        self.draw_signs(&parts.against_head, &parts.against, &verdict.against)?;
        say(&parts.raw, &verdict.raw);
        show(&parts.raw_head, !verdict.raw.is_empty());
        parts.report.set_value(&self.report(view));
        show(&parts.report, false);
        self.copied.replace(None);
        parts.copy.set_text_content(Some(&self.locale.message("card_show_report", &[])));
        Ok(())
    }

    /// Fields of the failure and what stood there, under their heading.
    fn draw_signs(&self, head: &Element, list: &Element, signs: &[[String; 2]]) -> Result<(), JsValue> {
        clear(list);
        for [field, text] in signs {
            let item = add(list, "li", "")?;
            add_text(&item, "code", "", field)?.set_attribute("dir", "ltr")?;
            item.append_child(&self.document.create_text_node(" "))?;
            add_text(&item, "q", "", text)?;
        }
        show(list, !signs.is_empty());
        show(head, !signs.is_empty());
        Ok(())
    }

    /// What helps beside the same request again: buttons that send a changed one, while an answer is kept, and pages as real links, which
    /// can be copied, opened in a new window, and say where they lead. What can only be looked up stands below them, quietly.
    fn draw_remedies(&self, view: &View, sends: bool) -> Result<(), JsValue> {
        let (parts, remedies) = (&self.parts, &view.verdict.remedies);
        for part in [&parts.links, &parts.hints, &parts.asks] {
            clear(part);
        }
        let changes = |remedy: &Remedy| sends && (remedy.sends || remedy.asks == Some(Asks::Price));
        let is_page = |remedy: &Remedy| remedy.url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let retry = remedies.iter().position(|remedy| remedy.kind == RemedyType::Retry);
        // What the same once more may cost is said before it is pressed.
        parts.retry.remove_attribute("aria-describedby")?;
        if let Some(remedy) = retry.and_then(|at| remedies.get(at)).filter(|remedy| sends && !remedy.hint.is_empty()) {
            add_text(&parts.hints, "p", "hint", &remedy.hint)?.set_attribute("id", "hint-retry")?;
            parts.retry.set_attribute("aria-describedby", "hint-retry")?;
        }
        // What changes the model or costs money is never the thing to press; another way to the same is, where the same way failed often.
        let goes_first = |at: usize, remedy: &Remedy| {
            use RemedyType as T;
            let same = matches!(remedy.kind, T::OtherProvider | T::Unpin | T::ShorterAnswer | T::Compress);
            changes(remedy) && same && retry.is_none_or(|retry| at < retry)
        };
        let main = remedies.iter().enumerate().find(|(at, remedy)| goes_first(*at, remedy)).map(|(at, _)| at);
        let first_page = || remedies.iter().position(is_page).filter(|_| retry.is_none() && view.control.is_none());
        let main = main.or_else(first_page);
        let all = || remedies.iter().enumerate();
        let buttons = all().filter(|(_, remedy)| changes(remedy)).take(MOST_LINKS);
        let room = if all().any(|(_, remedy)| changes(remedy)) { 1 } else { MOST_LINKS };
        let links = all().filter(|(_, remedy)| is_page(remedy) && !changes(remedy)).take(room);
        for (at, remedy) in buttons.chain(links) {
            let class = if main == Some(at) { "remedy main" } else { "remedy" };
            let button = if changes(remedy) {
                let button = self.add_button(&parts.links, class, "remedy", at)?;
                add_text(&button, "span", "label", &remedy.label)?;
                add_text(&button, "span", "price", &remedy.price)?;
                button
            } else {
                let link = add(&parts.links, "a", class)?;
                self.draw_page(&link, remedy.url.as_deref().unwrap_or_default(), &remedy.label)?;
                link
            };
            // Their names and prices say it.
            if matches!(remedy.kind, RemedyType::OtherProvider | RemedyType::OtherModel) {
                button.set_attribute("title", &remedy.hint)?;
            } else if !remedy.hint.is_empty() {
                let id = format!("hint-{at}");
                let hint = add_text(&parts.hints, "p", "hint", &remedy.hint)?;
                hint.set_attribute("id", &id)?;
                button.set_attribute("aria-describedby", &id)?;
                if let Some(also) = &remedy.also {
                    // Who opens Details wants to know it all.
                    let more = format!(" {} ", self.locale.message("remedy_own_key_more", &[]));
                    let more = add_text(&hint, "span", "more", &more)?;
                    self.draw_page(&add(&more, "a", "")?, also, &self.locale.message("remedy_own_key_also", &[]))?;
                }
            }
        }
        let asked = |remedy: &Remedy| match remedy.asks {
            Some(Asks::Providers) => sends,
            Some(Asks::Limits) => true,
            _ => false,
        };
        let more = all().filter(|(_, remedy)| changes(remedy)).skip(MOST_LINKS);
        for (at, remedy) in more.chain(all().filter(|(_, remedy)| asked(remedy))) {
            let button = self.add_button(&parts.asks, "ask", "remedy", at)?;
            button.set_attribute("title", &remedy.hint)?;
            add_text(&button, "span", "label", &remedy.label)?;
            add_text(&button, "span", "price", &remedy.price)?;
        }
        parts.actions.toggle_attribute_with_force("data-other", main.is_some() && retry.is_some())?;
        show(&parts.links, parts.links.has_child_nodes());
        Ok(())
    }

    /// A button that the card's own click handler understands.
    fn add_button(&self, parent: &Element, class: &str, act: &str, index: usize) -> Result<Element, JsValue> {
        let button = add(parent, "button", class)?;
        for (name, value) in [("type", "button"), (ACT, act), (INDEX, &index.to_string())] {
            button.set_attribute(name, value)?;
        }
        Ok(button)
    }

    fn draw_page(&self, link: &Element, url: &str, label: &str) -> Result<(), JsValue> {
        for (name, value) in [("href", url), ("target", "_blank"), ("rel", "noopener noreferrer")] {
            link.set_attribute(name, value)?;
        }
        add_text(link, "span", "", label)?;
        add_icon(link, Icon::Leave, "mark")?;
        add_text(link, "span", "unseen", &format!(" {}", self.locale.message("card_new_tab", &[])))?;
        Ok(())
    }

    /// What was looked up, or that it is on its way.
    fn draw_panel(&self, view: &View) -> Result<(), JsValue> {
        let panel = &self.parts.panel;
        clear(panel);
        show(panel, view.panel.is_some());
        let Some(what) = &view.panel else { return Ok(()) };
        let head = add(panel, "div", "panel-head")?;
        let words = |key| self.locale.message(key, &[]);
        let (tag, class, title) = match what {
            Panel::Loading => ("p", "hint", words("card_looking_up")),
            Panel::Failed => ("p", "hint", words("card_look_up_failed")),
            Panel::Shown { title, .. } => ("h3", "", title.clone()),
        };
        add_text(&head, tag, class, &title)?;
        self.add_button(&head, "ask", "back", 0)?.set_text_content(Some(&words("card_panel_back")));
        let Panel::Shown { lines, offers, always, note, at_ms, .. } = what else { return Ok(()) };
        if !lines.is_empty() {
            let rows = add(panel, "dl", "lines")?;
            for [label, value] in lines {
                let row = add(&rows, "div", "")?;
                add_text(&row, "dt", "", label)?;
                add_text(&row, "dd", "value", value)?;
            }
        }
        for (at, offer) in offers.iter().enumerate() {
            let row = if offer.sends { self.add_button(panel, "offer", "offer", at)? } else { add(panel, "div", "offer failed")? };
            add_text(&row, "span", "label", &offer.label)?;
            add_text(&row, "span", "price", &offer.price)?;
            if !offer.detail.is_empty() {
                add_text(&row, "span", "detail", &offer.detail)?;
            }
        }
        if let Some([label, price]) = always {
            let button = self.add_button(panel, "offer", "always", 0)?;
            add_text(&button, "span", "label", label)?;
            add_text(&button, "span", "price", price)?;
        }
        let read = at_ms.map(|at_ms| self.locale.message("card_read_at", &[("time", &clock::time(&self.locale, at_ms))]));
        for text in [Some(note.clone()), read].into_iter().flatten().filter(|text| !text.is_empty()) {
            add_text(panel, "p", "hint", &text)?;
        }
        Ok(())
    }

    /// All that follows from the phase and the counters.
    fn draw_phase(&self, view: &View) -> Result<(), JsValue> {
        let (parts, phase) = (&self.parts, view.phase);
        let answered = phase == Phase::Answered;
        let (tone, glyph) = match view.verdict.retry_helps {
            _ if answered => ("done", Icon::Done),
            _ if phase == Phase::Nothing => ("wait", Icon::Unknown),
            RetryHelps::Never => ("fix", Icon::Fix),
            RetryHelps::Now | RetryHelps::Later => ("wait", Icon::Wait),
        };
        parts.card.set_attribute("data-phase", phase.as_str())?;
        parts.card.set_attribute("data-tone", tone)?;
        set_icon(&parts.glyph, glyph)?;
        say(&parts.title, &if answered { self.answered(view) } else { view.verdict.title.clone() });
        let close = if matches!(phase, Phase::Held | Phase::Armed | Phase::Retrying | Phase::Failed) && has_retry(view) && !view.reload {
            "card_close_held"
        } else {
            "card_close"
        };
        let close = self.locale.message(close, &[]);
        parts.close.set_attribute("aria-label", &close)?;
        parts.close.set_title(&close);
        say(&parts.note, &self.note(view));
        for part in [&parts.body, &parts.actions, &parts.hints, &parts.asks] {
            show(part, !answered);
        }
        for part in [&parts.facts, &parts.foot] {
            show(part, !answered && phase != Phase::Nothing);
        }
        show(&parts.panel, !answered && view.panel.is_some());
        let until = view.rule.as_ref().map(|rule| {
            let until = clock::time(&self.locale, rule.until_ms);
            self.locale.message("card_rule", &[("provider", &rule.name), ("time", &until)])
        });
        show(&parts.rule, until.is_some());
        parts.rule_text.set_text_content(until.as_deref());
        let several = if view.requests > 1 { clock::plural(&self.locale, "card_requests", view.requests) } else { String::new() };
        say(&parts.count, &several);

        let press = match phase {
            Phase::Held | Phase::Failed if has_retry(view) => Press::Retry,
            Phase::Explained if view.reload && has_retry(view) => Press::Retry,
            Phase::Armed => Press::Disarm,
            Phase::Released | Phase::Explained if view.control.is_some() => Press::Control,
            _ => Press::Nothing,
        };
        if self.press.replace(press) != press {
            self.deafen();
        }
        show(&parts.retry, press != Press::Nothing || phase == Phase::Retrying);
        // Not `disabled`: that would throw a keyboard user out of the button that was just pressed.
        parts.retry.set_attribute("aria-disabled", if phase == Phase::Retrying { "true" } else { "false" })?;
        show(&parts.remind, view.remind == Some(Remind::Offer));
        let pressable = [&parts.retry, &parts.remind].iter().any(|button| !is_hidden(button));
        show(&parts.actions, !answered && (pressable || !is_hidden(&parts.links)));
        show(&parts.card, true);
        Ok(())
    }

    /// The texts that time changes, and the next moment at which they will: no timer while nobody looks or nothing is counted.
    fn refresh(this: &Rc<Self>) {
        this.tick.replace(None);
        // The later one of two clocks: the one stands still while a laptop sleeps, the other may be set back.
        let now = Date::now().max(now() - this.since.get());
        let mut next = None;
        let mut passed = None;
        if let Some(view) = this.view.borrow().as_ref() {
            let left = view.verdict.press_at_ms.or(view.verdict.ready_at_ms).map_or(0.0, |at| (at - now).max(0.0));
            let counted = this.draw_button(view, left);
            this.draw_tip(view, counted);
            let running = this.draw_when(view, view.verdict.ready_at_ms, now);
            let by_itself = this.draw_auto(view, now);
            let counting = [(left > 0.0 && counted).then_some(left), running, by_itself];
            // For a card that is folded up.
            let wait = counting.into_iter().flatten().reduce(f64::min).map(|left| clock::wait(&this.locale, left));
            let _ = this.parts.card.set_attribute("data-wait", wait.as_deref().unwrap_or_default());
            let soonest = counting.into_iter().flatten().map(clock::next_change_ms).reduce(f64::min);
            // A millisecond later, or the rounding of the timer brings the same second again.
            next = soonest.map(|ms| ms.max(1.0) as u32 + 1);
            passed = this.passed(view, left);
        }
        if let Some(text) = passed {
            Self::announce(this, text);
        }
        if let Some(next) = next.filter(|_| !this.document.hidden()) {
            let me = Rc::downgrade(this);
            let tick = Timeout::new(next, move || {
                if let Some(screen) = me.upgrade() {
                    Self::refresh(&screen);
                }
            });
            this.tick.replace(Some(tick));
        }
    }

    /// The main button's words; whether they count down.
    fn draw_button(&self, view: &View, left: f64) -> bool {
        let parts = &self.parts;
        let wait = || clock::wait(&self.locale, left);
        let counts = left > 0.0 && self.press.get() != Press::Nothing;
        let label = match (view.phase, self.press.get()) {
            (Phase::Retrying, _) => self.locale.message("card_retrying", &[]),
            (_, Press::Disarm) => self.locale.message("card_armed_in", &[("wait", &wait())]),
            (_, Press::Retry) if counts => self.locale.message("card_retry_in", &[("wait", &wait())]),
            (_, Press::Retry) => retry_label(view),
            (_, Press::Control) => self.locale.message("card_control", &[("label", view.control.as_deref().unwrap_or_default())]),
            (_, Press::Nothing) => String::new(),
        };
        if parts.retry_label.text_content().as_deref() != Some(&label) {
            parts.retry_label.set_text_content(Some(&label));
        }
        // The share of the wait that is over; without a stated length there is no share to draw.
        let total = view.verdict.retry_after_s.unwrap_or(0.0) * 1000.0;
        let done = if counts && total > 0.0 { (1.0 - left / total).clamp(0.0, 1.0) } else { 0.0 };
        let _ = parts.retry.style().set_property("--done", &format!("{}%", (done * 100.0).round() as u32));
        let _ = parts.retry.toggle_attribute_with_force("data-waiting", counts);
        counts
    }

    /// The line on a try without a click; what is left until then.
    fn draw_auto(&self, view: &View, now: f64) -> Option<f64> {
        let left = view.auto_at_ms.filter(|_| self.press.get() == Press::Retry).map(|at| (at - now).max(0.0));
        show(&self.parts.auto, left.is_some());
        let text = self.locale.message("card_auto_in", &[("wait", &clock::wait(&self.locale, left.unwrap_or_default()))]);
        if left.is_some() && self.parts.auto_text.text_content().as_deref() != Some(&text) {
            self.parts.auto_text.set_text_content(Some(&text));
        }
        left.filter(|left| *left > 0.0)
    }

    /// The line on time; what is left of the time it names, if it is still to come. Where the button counts, it would say the same twice.
    fn draw_when(&self, view: &View, ready_at: Option<f64>, now: f64) -> Option<f64> {
        let reset_at = view.verdict.reset_at_ms;
        let silent = self.press.get() != Press::Nothing || matches!(view.phase, Phase::Answered | Phase::Retrying);
        let (text, at) = match (ready_at, reset_at) {
            _ if silent => (String::new(), None),
            (Some(at), _) if at > now => (clock::sentence(&self.locale, Until::Ready, at, now), Some(at)),
            (_, Some(at)) if at > now => (clock::sentence(&self.locale, Until::Reset, at, now), Some(at)),
            (None, None) => (String::new(), None),
            _ => (self.locale.message("card_wait_over", &[]), None),
        };
        say(&self.parts.when, &text);
        at.map(|at| at - now)
    }

    /// The line under the button: what pressing does, and why the app stands still meanwhile.
    fn draw_tip(&self, view: &View, counts: bool) {
        let key = match (view.phase, self.press.get()) {
            (Phase::Retrying, _) => "card_tip_retrying",
            (_, Press::Disarm) => "card_tip_armed",
            (_, Press::Retry) if counts => "card_tip_early",
            (_, Press::Retry) if view.reload => "card_tip_reload",
            (_, Press::Retry) | (Phase::Held | Phase::Failed, Press::Nothing) => "card_tip_held",
            (_, Press::Control) => "card_tip_control",
            (_, Press::Nothing) => reminder(view).unwrap_or_default(), // no key has no words
        };
        say(&self.parts.tip, &self.locale.message(key, &[]));
    }

    /// What the state's change is worth saying aloud.
    fn spoken(&self, before: Option<&View>, view: &View) -> Option<String> {
        let (title, body) = (&view.verdict.title, &view.verdict.body);
        let shown = || Some(format!("{title}. {body}"));
        if let Some(key) = reminder(view).filter(|key| before.is_some_and(|before| reminder(before) != Some(key))) {
            return Some(self.locale.message(key, &[]));
        }
        match (before.map(|before| before.phase), view.phase) {
            (Some(old), new) if old == new && before.is_some_and(|before| before.verdict.title == *title) => None,
            (_, Phase::Answered) => Some(self.answered(view)),
            (Some(_), Phase::Retrying) => Some(self.locale.message("card_retrying", &[])),
            (Some(_), Phase::Failed) => Some(format!("{} {title}.", self.note(view))),
            (Some(Phase::Armed), Phase::Held | Phase::Explained) => None,
            (Some(_), Phase::Armed) => Some(self.locale.message("card_tip_armed", &[])),
            (Some(_), Phase::Released) => Some(self.note(view)),
            _ => shown(),
        }
    }

    /// What the countdown is worth saying aloud: ten seconds to go, and its end; never each second.
    fn passed(&self, view: &View, left: f64) -> Option<String> {
        let before = self.left.replace(left);
        if self.press.get() == Press::Nothing {
            return None;
        }
        if before > SOON_MS && left <= SOON_MS && left > 0.0 {
            let key = if view.phase == Phase::Armed { "card_armed_in" } else { "card_retry_in" };
            return Some(self.locale.message(key, &[("wait", &clock::wait(&self.locale, left))]));
        }
        (before > 0.0 && left <= 0.0 && self.press.get() == Press::Retry).then(|| self.locale.message("card_can_retry", &[]))
    }

    fn announce(this: &Rc<Self>, text: String) {
        this.parts.status.set_text_content(None);
        let me = Rc::downgrade(this);
        let later = Timeout::new(AFTER_PAINT_MS, move || {
            if let Some(screen) = me.upgrade() {
                screen.parts.status.set_text_content(Some(&text));
            }
        });
        this.announcement.replace(Some(later));
    }

    /// The sentence between the words and the button: what became of the request.
    fn note(&self, view: &View) -> String {
        match view.phase {
            Phase::Failed => self.locale.message("card_failed", &[("count", &self.locale.number(view.attempt.into()))]),
            Phase::Released if view.verdict.retry_helps == RetryHelps::Never => self.locale.message("card_released", &[]),
            Phase::Released => self.locale.message("card_released_wait", &[]),
            Phase::Explained if !view.reload && view.control.is_none() && view.verdict.retry_helps != RetryHelps::Never => {
                self.locale.message("card_explained_wait", &[])
            }
            _ => String::new(),
        }
    }

    fn answered(&self, view: &View) -> String {
        let count = self.locale.number(view.attempt.into());
        match view.by.as_deref() {
            _ if view.attempt <= 1 => self.locale.message("card_answered", &[]),
            Some(by) => self.locale.message("card_answered_by", &[("count", &count), ("provider", by)]),
            None => self.locale.message("card_answered_on", &[("count", &count)]),
        }
    }

    fn report(&self, view: &View) -> String {
        let report = &view.verdict.report;
        if view.site.is_empty() {
            return report.clone();
        }
        format!("{}\n{}", report.trim_end(), self.locale.message("card_report_site", &[("host", &view.site)]))
    }

    fn click(self: &Rc<Self>, event: &Event) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let Ok(Some(button)) = target.closest("button, a") else {
            return;
        };
        if !event.is_trusted() || now() < self.deaf_until.get() {
            event.prevent_default();
            return;
        }
        let is = |part: &HtmlElement| button.is_same_node(Some(part));
        if is(&self.parts.close) {
            self.tell("dismiss");
        } else if is(&self.parts.stop) {
            self.tell("stop");
        } else if is(&self.parts.remind) {
            self.tell("remind");
        } else if is(&self.parts.copy) {
            Self::copy(self);
        } else if is(&self.parts.retry) && !self.acted.get() {
            let action = match self.press.get() {
                Press::Nothing => return,
                Press::Retry => "retry",
                Press::Disarm => "disarm",
                Press::Control => "control",
            };
            self.acted.set(true);
            self.tell(action);
        } else if let Some(action) = button.get_attribute(ACT).filter(|_| !self.acted.get()) {
            self.acted.set(true);
            if action == "remedy" {
                self.opener.replace(button.clone().dyn_into().ok());
            }
            let index = button.get_attribute(INDEX).and_then(|index| index.parse::<u32>().ok());
            // As in `tell`.
            let _ = self.act.call2(&JsValue::UNDEFINED, &action.into(), &index.into());
        }
    }

    fn key(&self, event: &Event) {
        let is_escape = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape");
        if is_escape && event.is_trusted() {
            // The first press stops what would happen by itself, the next one leads back from a list, the last one closes.
            let (auto, panel) = (!is_hidden(&self.parts.auto), !is_hidden(&self.parts.panel));
            self.tell(if auto {
                "stop"
            } else if panel {
                "back"
            } else {
                "dismiss"
            });
        }
    }

    fn tell(&self, action: &str) {
        // What the caller's function throws is the caller's; the card has nothing to add.
        let _ = self.act.call1(&JsValue::UNDEFINED, &action.into());
    }

    /// Shows the report; pressed again, copies what is shown. `execCommand` because a frame has no right to the asynchronous clipboard.
    fn copy(this: &Rc<Self>) {
        let parts = &this.parts;
        if is_hidden(&parts.report) {
            show(&parts.report, true);
            parts.copy.set_text_content(Some(&this.locale.message("card_copy", &[])));
            // It is pushed down by what it shows.
            return parts.copy.scroll_into_view_with_bool(false);
        }
        let _ = parts.report.focus();
        parts.report.select();
        let page = this.document.dyn_ref::<HtmlDocument>();
        let copied = page.is_some_and(|page| page.exec_command("copy").unwrap_or(false));
        if !copied {
            // The text stays selected, the key does the rest.
            return parts.copy.set_text_content(Some(&this.locale.message("card_copy_by_hand", &[])));
        }
        let _ = parts.copy.focus();
        parts.copy.set_text_content(Some(&this.locale.message("card_copied", &[])));
        Self::announce(this, this.locale.message("card_copied", &[]));
        let me = Rc::downgrade(this);
        let back = Timeout::new(COPIED_MS, move || {
            if let Some(screen) = me.upgrade() {
                screen.parts.copy.set_text_content(Some(&screen.locale.message("card_copy", &[])));
            }
        });
        this.copied.replace(Some(back));
    }

    fn deafen(&self) {
        self.deaf_until.set(now() + DEAF_MS);
    }

    fn has_focus(&self) -> bool {
        let active = self.document.active_element();
        active.is_some_and(|active| self.parts.card.contains(Some(&active)) && !matches!(active.closest("[hidden]"), Ok(Some(_))))
    }
}

/// How a reminder that is set will come.
fn reminder(view: &View) -> Option<&'static str> {
    match view.remind? {
        Remind::Offer => None,
        Remind::Set => Some("card_reminder_set"),
        Remind::Marked => Some("card_reminder_marked"),
    }
}

fn has_retry(view: &View) -> bool {
    view.verdict.remedies.iter().any(|remedy| remedy.kind == RemedyType::Retry)
}

fn retry_label(view: &View) -> String {
    let retry = view.verdict.remedies.iter().find(|remedy| remedy.kind == RemedyType::Retry);
    let label =
        |remedy: &Remedy| if remedy.price.is_empty() { remedy.label.clone() } else { format!("{} · {}", remedy.label, remedy.price) };
    retry.map(label).unwrap_or_default()
}

fn is_hidden(element: &Element) -> bool {
    element.has_attribute("hidden")
}

/// Milliseconds on a clock that no one sets back.
fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or_else(Date::now, |performance| performance.now())
}

fn direction(lang: &str) -> &'static str {
    let language = lang.split(['-', '_']).next().unwrap_or_default();
    if matches!(language, "ar" | "dv" | "fa" | "he" | "ps" | "sd" | "ug" | "ur" | "yi") { "rtl" } else { "ltr" }
}
