//! Everything a failure states, gathered once, and whether it is OpenRouter's at all.

use super::Evidence;
use super::templates;
use crate::exchange::{Exchange, RequestFacts, Surface};
use crate::provider;
use crate::read::{self, Fault, Text, wait};
use crate::redact::{GONE, redact};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// What a person copies of a gate's page is no longer.
const MOST_OF_A_PAGE: usize = 2_000;
/// Characters in which a sentence of OpenRouter's has said which it is.
const SENTENCE: usize = 120;
/// Statuses of one text behind which a sentence is looked for.
const MOST_SENTENCES: usize = 256;

/// Text beyond this is not looked at; the tap sends less.
const MAX_TEXT: usize = 262_144;

/// Whose address was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// `openrouter.ai` or one of its subdomains.
    Ours,
    /// A machine of the person's own, or in the same network.
    Home,
    /// Another host.
    Other,
    /// None is known.
    Unknown,
}

/// What is known of one failure.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) exchange: &'a Exchange,
    /// The text that was read: without its layout, redacted.
    pub(crate) body: Cow<'a, str>,
    pub(crate) host: Host,
    /// The request to the site's own server says that it is for OpenRouter.
    pub(crate) named: bool,
    /// The error object, where there is one.
    pub(crate) fault: Option<Fault>,
    /// The text ends inside the error object, or another one.
    pub(crate) cut: bool,
    /// The title of an HTML page.
    pub(crate) html: Option<String>,
    /// The error's message and the provider's words; without an error object the whole text.
    pub(crate) said: Text,
    /// The provider's words alone.
    pub(crate) raw: Text,
    /// The whole text.
    pub(crate) whole: Text,
    /// A good answer: its text says nothing about a failure.
    pub(crate) is_data: bool,
    wait: Option<(Evidence, f64)>,
    /// The text that was read, in lower case.
    lower: OnceCell<String>,
}

impl<'a> Facts<'a> {
    /// Reads the exchange.
    pub(crate) fn gather(exchange: &'a Exchange, request: Option<&RequestFacts>) -> Self {
        let prose = matches!(exchange.surface, Surface::Page | Surface::Log);
        let body = head(&exchange.body);
        // The page of a server that tells of its own failure shows what it met.
        let is_page = || exchange.status >= 400 && host(&exchange.url) != Host::Ours && read::html_title(body).is_some();
        let shown = prose || is_page();
        let body = match shown {
            true => read::layout::plain(body),
            // PHP escapes slashes.
            false if body.contains("\\/") => body.replace("\\/", "/").into(),
            false => body.into(),
        };
        // Secrets go before anything is read: what was never read cannot be told. Only a text whose lines are whole
        // shows them whole.
        let body = match body {
            Cow::Borrowed(body) => redact(body),
            Cow::Owned(body) => Cow::Owned(redact(&body).into_owned()),
        };
        let html = if prose {
            let page = read::quoted_page(&body).filter(|title| is_gates(title) || is_page_for_answer(&body, title));
            page.or_else(|| copied_page(&body))
        } else {
            read::html_title(&body)
        };
        let well = !prose && ((1..400).contains(&exchange.status) || exchange.surface == Surface::Body200);
        // A good answer without its head may start inside what the model wrote.
        let headless = well && !read::has_head(&body);
        let unread = html.is_some() && !shown || headless;
        let read::Reading { roots, cut } = if unread { read::Reading::default() } else { read::read(&body) };
        let fault = read::fault::find(&roots, well, prose);
        let fault = fault.filter(|fault| html.is_none() || fault.marks() > 0 || !prose && is_own(&fault.message));
        // A page inside of an error that OpenRouter states is its provider's.
        let html = html.filter(|_| fault.is_none());
        let whole = Text::new(&body);
        let raw = Text::new(fault.as_ref().map_or("", |fault| &fault.raw));
        let said = match &fault {
            // Where a good answer breaks off without a word of its own, the text is the model's.
            Some(fault) if well || !fault.message.is_empty() || fault.code.is_some() => {
                let said = Text::new(&[fault.message.as_str(), " ", &fault.raw].concat());
                // A relay's own word for it ("Task failed"), with the failure in a member beside it.
                let vague = !well && fault.code.is_none() && fault.raw.is_empty() && fault.metadata.is_empty();
                if vague && !is_own(said.plain()) && is_own(whole.plain()) { whole.clone() } else { said }
            }
            _ => whole.clone(),
        };
        let is_data = fault.is_none() && well;
        let cut = cut || fault.as_ref().is_some_and(|fault| fault.cut);
        let mut facts = Self {
            body,
            exchange,
            host: host(&exchange.url),
            named: request.is_some_and(|request| request.named),
            cut,
            fault,
            html,
            said,
            raw,
            whole,
            is_data,
            wait: None,
            lower: OnceCell::new(),
        };
        facts.wait = facts.find_wait();
        facts
    }

    /// The status that stands beside OpenRouter's name in a line of text, or anywhere that a status is called one.
    pub(crate) fn named_status(&self) -> Option<u16> {
        // That of a proxy on the way.
        if self.whole.has("tunnel connection failed") {
            return None;
        }
        status_in(self.whole.lower())
    }

    /// The words by which a client says that the connection broke, and whether it was only slow.
    pub(crate) fn broken(&self) -> Option<(&'static str, bool)> {
        const SLOW: [&str; 16] = [
            "source: timedout",
            "transporterror) timeout",
            "transporterror{reason: :timeout",
            "und_err_headers_timeout",
            "und_err_body_timeout",
            "sockettimeoutexception",
            "seconds elapsing",
            "operation timed out",
            "idle timeout exceeded",
            "aborted due to timeout",
            "read timed out",
            "readtimeout",
            "request timed out",
            "deadline exceeded",
            "while awaiting headers",
            "ms exceeded",
        ];
        const BROKEN: [&str; 46] = [
            "net::err_",
            "cannot connect to host ",
            "network connection lost",
            "cors request did not succeed",
            "certificate verify failed",
            "self-signed certificate",
            "unable to verify the first certificate",
            "unexpected end of json input",
            "nsurlerrordomain",
            "could not resolve host",
            "unknownhostexception",
            "failed host lookup",
            "connection was lost",
            "error sending request",
            "connection closed before",
            "connect timeout",
            "econnrefused",
            "econnreset",
            "enotfound",
            "etimedout",
            "eai_again",
            "epipe",
            "failed to fetch",
            "networkerror when attempting",
            "load failed",
            "connection refused",
            "connection reset",
            "name resolution",
            "getaddrinfo",
            "socket hang up",
            "max retries exceeded",
            "failed to connect to",
            "connectexception",
            "dial tcp",
            "no such host",
            "name or service not known",
            "network is unreachable",
            "connection aborted",
            "connection timed out",
            "err_network",
            "fetch failed",
            "connection error",
            "peer closed connection",
            "prematurely closed connection",
            "server disconnected",
            "remote end closed connection",
        ];
        // Not inside a longer word, such as the name of an exception.
        let stands = |words: &&&str| {
            let before = self.whole.before(words).and_then(|before| before.chars().next_back());
            self.whole.has(words) && !before.is_some_and(char::is_alphabetic)
        };
        let of = |all: &[&'static str], slow| all.iter().find(stands).map(|words| (*words, slow));
        of(&SLOW, true).or_else(|| of(&BROKEN, false))
    }

    /// The status that the failure states, innermost first; else the transport's.
    pub(crate) fn status(&self) -> Option<u16> {
        let transport = Some(self.exchange.status).filter(|status| (400..600).contains(status));
        let code = self.fault.as_ref().and_then(|fault| fault.code);
        let is_text = matches!(self.exchange.surface, Surface::Page | Surface::Log);
        // A server that tells of another's failure in plain text has a status of its own.
        let stated = || if self.fault.is_none() { self.named_status() } else { None };
        // A relay may keep the status in the sentence.
        let inside = || {
            let fault = self.fault.as_ref()?;
            [&fault.message, &fault.told].into_iter().find_map(|words| status_in(&words.to_ascii_lowercase()))
        };
        let titled = || self.html.as_ref().and_then(|title| title_status(title));
        let named = || if is_text { self.named_status().or_else(titled) } else { None };
        code.or_else(inside).or_else(stated).or(transport).or_else(named)
    }

    /// The status to decide by: the stated one, or the one that the error's words stand for.
    pub(crate) fn meaning(&self) -> Option<u16> {
        let fault = self.fault.as_ref();
        let code = fault.and_then(|fault| fault.code);
        let words = fault.and_then(|fault| fault.code_in_words);
        match (code, words) {
            // What OpenRouter's own type names is finer than a server error that some relay made of it.
            (Some(500 | 502), Some(400..=429)) if fault.is_some_and(|fault| fault.error_type.is_some()) => words,
            // A relay answers so to whatever it met, and passes on that a provider failed, but not how.
            (None, None) if self.is_relays_own_status() => None,
            _ => code.or(words).or_else(|| self.status()),
        }
    }

    /// The status is that of a server in between alone, and one that means nothing by itself.
    fn is_relays_own_status(&self) -> bool {
        let bare = self.fault.as_ref().is_none_or(|fault| fault.raw.is_empty() && fault.metadata.is_empty());
        let relayed = self.host != Host::Ours && matches!(self.exchange.status, 400 | 500) && self.named_status().is_none();
        relayed && bare && self.whole.has("provider returned error")
    }

    /// What stands around the error may be another one's.
    pub(crate) fn is_later(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.later)
    }

    /// A flag of the error's metadata.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        let stated = self.fault.as_ref().and_then(|fault| fault.flag(name));
        stated.or_else(|| self.stray(name)?.to_ascii_lowercase().parse().ok())
    }

    /// A member of the metadata that stands in a notation which is not read as objects: a dump of another language, YAML, a
    /// table, a log's `name=value`. Only where no object has such members: of two failures each has its own.
    pub(crate) fn stray(&self, name: &str) -> Option<String> {
        let prose = matches!(self.exchange.surface, Surface::Page | Surface::Log);
        let unread = prose || self.fault.is_none() && !read::has_head(&self.body);
        if !unread || self.is_later() || self.fault.as_ref().is_some_and(Fault::has_own_members) {
            return None;
        }
        // `isByok`, as programs call it that have names of their own for what they read.
        self.member(name).or_else(|| self.member(&name.replace('_', "")))
    }

    /// A member's value, whatever letters of its name are capitals.
    fn member(&self, name: &str) -> Option<String> {
        member_value(&self.body, self.lower(), name)
    }

    /// The text that was read, with its lines, in ASCII lower case.
    pub(crate) fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.body.to_ascii_lowercase())
    }

    /// The provider's name as stated.
    pub(crate) fn provider(&self) -> Option<String> {
        let fault = self.fault.as_ref();
        let named = fault.and_then(|fault| fault.text("provider_name").map(|name| name.trim_end_matches(';').to_owned()));
        named
            .or_else(|| fault.and_then(|fault| fault.provider.clone()))
            .or_else(|| self.stray("provider_name").filter(|name| provider::is_known(name)))
            .or_else(|| self.exchange.header("x-provider-name").map(str::to_owned))
            .or_else(|| name(self.said.between("requires moderation on ", &['.', '"'])?))
            .or_else(|| name(self.said.between(templates::UPSTREAM, &[':'])?))
            .or_else(|| name(self.whole.between("provider returned error (", &[':', ',', ')'])?).filter(|name| provider::is_known(name)))
            .or_else(|| name(self.whole.before(") provider returned error")?.rsplit('(').next()?).filter(|name| provider::is_known(name)))
            .or_else(|| self.labelled_provider())
            .filter(|name| !self.is_torn(name) && !name.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("openrouter")))
    }

    /// The provider's name beside what it said: `[Chutes] …`, as OpenRouter's package for the AI SDK has it, `(provider Chutes)`,
    /// and the label of a person or a program, in a line of its own.
    fn labelled_provider(&self) -> Option<String> {
        const LABELS: [&str; 13] = [
            "provider",
            "anbieter",
            "proveedor",
            "provedor",
            "fournisseur",
            "fornitore",
            "dostawca",
            "Провайдер",
            "провайдер",
            "提供商",
            "供应商",
            "プロバイダー",
            "제공자",
        ];
        // In lower case it is a program's own word for the API that it speaks.
        let named = |name: &&str| name.contains(|char: char| char.is_ascii_uppercase()) && provider::is_known(name);
        let known = |text: &str| Some(text.trim()).filter(named).map(str::to_owned);
        let prose = matches!(self.exchange.surface, Surface::Page | Surface::Log) && !self.is_later();
        known(self.whole.between("(provider ", &[')']).unwrap_or_default())
            .or_else(|| known(self.whole.between("openrouter (", &[')'])?))
            .or_else(|| known(self.said.plain().strip_prefix('[')?.split(']').next()?))
            .or_else(|| known(self.said.before(templates::POOL)?.rsplit_once("] ")?.0.rsplit('[').next()?))
            .or_else(|| LABELS.iter().filter(|_| prose).find_map(|label| known(&self.member(label)?)))
    }

    /// The model's slug as stated.
    pub(crate) fn model(&self) -> Option<String> {
        /// As relays put it before the slug, in the languages of their makers.
        const MODELS: [&str; 9] = ["reached for model ", "模型 ", "模型：", "モデル ", "모델 ", "модели ", "modelo ", "modèle ", "modell "];
        let fault = self.fault.as_ref();
        let said = &self.said;
        let before = |words: &str| slug(&word_before(said, words)?);
        let after = |all: &[&str]| all.iter().find_map(|words| slug_after(said, words));
        let stated = || slug(fault?.text("model_slug")?);
        let requested = || slug(fault?.first_available("requested_models")?);
        model_before(said)
            .or_else(|| after(&["high demand for ", "daily limit reached for "]))
            .or_else(|| new_account_model(said))
            .or_else(|| limited_model(said))
            .or_else(|| {
                // A prefix that some libraries take off is what makes it no valid one.
                let word = word_before(said, templates::NOT_VALID)?;
                let own = slug(&word).map(|slug| (["openrouter/", &slug].concat(), slug));
                Some(own.map_or_else(|| word.clone(), |(own, slug)| if word.contains(&own) { own } else { slug }))
            })
            .or_else(|| {
                [" requires moderation on ", " is only available on agentic", " is not allowed by your"].into_iter().find_map(before)
            })
            .or_else(stated)
            .or_else(requested)
            .or_else(|| after(&[templates::NOT_FOUND, "no endpoints for "]))
            .or_else(|| {
                ["failed to invoke model ", "with model ", "the model openrouter/"].iter().find_map(|words| slug_after(&self.whole, words))
            })
            .or_else(|| after(&["providers serving "]))
            .or_else(|| slug(fault?.model.as_deref()?))
            .or_else(|| slug_after(&self.whole, "model_name: "))
            .or_else(|| after(&["all providers for "]))
            .or_else(|| slug_after(&self.raw, "model ").or_else(|| slug_after(&self.raw, "model: ")).or_else(|| bare_model(&self.raw)))
            .or_else(|| said.find("rate limit reached for ").filter(|_| self.raw.is_empty()).and_then(|_| bare_model(said)))
            .or_else(|| {
                // It was asked for free, where that is told too.
                let slug = after(&["use this slug instead: "])?;
                let free = [&slug, ":free"].concat();
                Some(if self.whole.has(&free.to_ascii_lowercase()) { free } else { slug })
            })
            .or_else(|| after(&MODELS))
            .or_else(|| self.labelled_model())
            .or_else(|| self.model_tried_before())
            .or_else(|| self.model_in_prose())
            .filter(|model| !self.is_torn(model) && !GONE.ends_with(model.as_str()))
    }

    /// The model under a label of its own, beside an error that a program or a person tells of; it is the only one.
    fn labelled_model(&self) -> Option<String> {
        if !matches!(self.exchange.surface, Surface::Page | Surface::Log) || self.is_later() {
            return None;
        }
        let beside = || {
            let leads = ["(model ", "on model ", "provider(openrouter,", ", model="];
            let lead = leads.iter().find_map(|lead| self.whole.between(lead, &[')', ' ', ',']))?.trim_end_matches(':');
            let word = lead.trim_matches(&['\'', '"', '`'][..]);
            slug(word).or_else(|| Some(word.to_owned()).filter(|word| word.len() < lead.len() && is_plain(word)))
        };
        if let Some(model) = beside() {
            return Some(model);
        }
        let model = self.member("model").and_then(|name| slug(&name)).or_else(|| slug(&self.member("modelid")?))?;
        let rest = self.body.rsplit(model.as_str()).next()?;
        let another = member_value(rest, &rest.to_ascii_lowercase(), "model").and_then(|name| slug(&name));
        another.is_none().then_some(model)
    }

    /// The text ends inside an error, and with the name, of which more may have followed.
    fn is_torn(&self, name: &str) -> bool {
        self.cut && self.whole.plain().trim_end_matches(&['-', '.', ':'][..]).ends_with(name)
    }

    /// The model that an earlier attempt of the same request names.
    fn model_tried_before(&self) -> Option<String> {
        let all = self.fault.as_ref()?.metadata.get("previous_errors")?.as_array()?;
        let said = |error: &Value| ["raw", "message"].iter().find_map(|key| model_before(&Text::new(error.get(*key)?.as_str()?)));
        all.iter().find_map(said)
    }

    /// A slug in the text around an error, where it is the only one.
    fn model_in_prose(&self) -> Option<String> {
        if !matches!(self.exchange.surface, Surface::Page | Surface::Log) || self.is_later() {
            return None;
        }
        let head = self.whole.before("{").unwrap_or_else(|| self.whole.plain());
        let words = head.split(&[' ', '`', '\'', '"', '[', ']', '(', ')', '|', ',', '='][..]);
        // A path begins with a mark of its own, and so does a package.
        let mut slugs = words
            .filter(|word| !word.starts_with(&['/', '.', '~', '@'][..]))
            .filter_map(|word| slug(word.trim_end_matches(':')).filter(|slug| is_model_like(slug)));
        let first = slugs.next()?;
        slugs.all(|other| other == first).then_some(first)
    }

    /// Header fields: those of the transport, then the body's copy.
    pub(crate) fn header(&self, name: &str) -> Option<(String, String)> {
        let of_body = || {
            let value = self.fault.as_ref()?.header(name)?;
            Some((self.fault.as_ref()?.field(&["metadata.headers.", name].concat()), value))
        };
        let of_text = || Some((["header ", name].concat(), self.printed_header(name)?));
        self.exchange.header(name).map(|value| (["header ", name].concat(), value.to_owned())).or_else(of_body).or_else(of_text)
    }

    /// A header field that a program printed beside the body: its name, no word in front of it, and a number.
    fn printed_header(&self, name: &str) -> Option<String> {
        let printed = matches!(self.exchange.surface, Surface::Page | Surface::Log) || !read::has_head(&self.body);
        if !printed || self.is_later() {
            return None;
        }
        let value = member_value(self.whole.lower(), self.whole.lower(), name)?;
        let number = value.split(' ').next().filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
        Some(number.to_owned())
    }

    /// The wait that is stated, in seconds, and where.
    pub(crate) fn wait_s(&self) -> Option<&(Evidence, f64)> {
        self.wait.as_ref()
    }

    /// Source: the order in which OpenRouter's fields were seen to be right.
    fn find_wait(&self) -> Option<(Evidence, f64)> {
        let in_s = |ms: u64| ms as f64 / 1_000.0;
        let fault = self.fault.as_ref();
        let available = || {
            let value = fault?.available("retry_after")?;
            Some((evidence(&fault?.field("availability.retry_after"), &value), in_s(wait::seconds(&value)?)))
        };
        // Some servers, and the clients that print what they received, are more exact.
        let exact = || {
            let (field, value) = self.header("retry-after-ms")?;
            Some((evidence(&field, &value), in_s(wait::seconds(&value)?) / 1_000.0))
        };
        let field = || {
            let (field, value) = self.header("retry-after")?;
            // A date is by the server's clock.
            let now_ms = self.exchange.header("date").and_then(wait::date).unwrap_or(self.exchange.at_ms);
            Some((evidence(&field, &value), in_s(wait::retry_after(&value, now_ms)?)))
        };
        let member = || {
            let stated = || fault?.word("retry_after_seconds").or_else(|| fault?.word("retry_after"));
            let value = stated().or_else(|| self.stray("retry_after_seconds"))?;
            let field = fault.map_or_else(|| "text".to_owned(), |fault| fault.field("metadata.retry_after_seconds"));
            Some((evidence(&field, &value), in_s(wait::seconds(&value)?)))
        };
        let words = || {
            let text = if self.raw.is_empty() { &self.said } else { &self.raw };
            let ns = wait::from_text_ns(text).or_else(|| wait::from_text_ns(&self.said))?;
            let shown = [&ns.div_ceil(1_000_000_000).to_string(), " s"].concat();
            Some((evidence(if self.raw.is_empty() { "text" } else { "metadata.raw" }, &shown), ns as f64 / 1e9))
        };
        available().or_else(exact).or_else(field).or_else(member).or_else(words)
    }

    /// The instant at which the limit resets, as stated, and where.
    pub(crate) fn reset_at_ms(&self) -> Option<(Evidence, u64)> {
        let fault = self.fault.as_ref();
        let field = || {
            let (field, value) = self.header("x-ratelimit-reset")?;
            Some((evidence(&field, &value), wait::reset(&value, self.exchange.at_ms)?))
        };
        let member = || {
            let value = fault.and_then(|fault| fault.word("resets_at")).or_else(|| self.stray("resets_at"))?;
            let field = fault.map_or_else(|| "text".to_owned(), |fault| fault.field("metadata.resets_at"));
            Some((evidence(&field, &value), wait::instant(&value)?))
        };
        // The names that relays and logs have for it.
        let renamed = || {
            let value = ["reset_at", "reset"].iter().find_map(|name| self.stray(name))?;
            let epoch = || wait::reset(&value, 0).filter(|_| value.len() > 9);
            Some((evidence("text", &value), wait::instant(&value).or_else(epoch)?))
        };
        let words = || {
            let of_instant = |char: char| char.is_ascii_alphanumeric() || "-:.+".contains(char);
            let rest = self.said.after("resets ")?;
            let value = rest.get(..rest.find(|char| !of_instant(char)).unwrap_or(rest.len()))?;
            Some((evidence("text", value), wait::instant(value)?))
        };
        field().or_else(member).or_else(renamed).or_else(words)
    }

    /// The settings pages of OpenRouter that the text names.
    pub(crate) fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        let mut rest = self.whole.plain();
        while let Some(at) = rest.find("openrouter.ai/") {
            let found = rest.get(at..).unwrap_or_default();
            let end = found.find(|char: char| !is_link(char)).unwrap_or(found.len());
            let link = found.get(..end).unwrap_or_default().trim_end_matches(&['.', ':'][..]);
            // A bracket that belongs to what stands around it.
            let link = if link.ends_with(GONE) { link } else { link.trim_end_matches(']') };
            // A narrow window breaks addresses where they are widest.
            let is_page = |link: &str| is_settings(link.strip_prefix("openrouter.ai/").unwrap_or_default());
            let next = found.get(end..).and_then(|rest| rest.strip_prefix(' ')).unwrap_or_default();
            let broken = [link, next.split(|char: char| !is_link(char)).next().unwrap_or_default().trim_end_matches('.')].concat();
            let link = if !is_page(link) && is_page(&broken) { &broken } else { link };
            let own =
                !rest.get(..at).unwrap_or_default().ends_with(|char: char| char.is_ascii_alphanumeric() || char == '.' || char == '-');
            if own && is_page(link) {
                let link = ["https://", link].concat();
                if !links.contains(&link) {
                    links.push(link);
                }
            }
            rest = found.get(end..).unwrap_or_default();
        }
        links
    }
}

/// A sentence that nobody but OpenRouter writes.
pub(crate) fn is_own(message: &str) -> bool {
    let said = Text::new(message);
    [templates::CAPS, templates::OWN].iter().any(|table| templates::first(table, &said).is_some_and(|template| template.own))
}

/// What is looked at of a text. Where it is cut, the cut does not go through a word, which may be a key.
fn head(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or_default();
    let whole = || head.rfind(|char: char| !char.is_alphanumeric() && !"-_.".contains(char)).and_then(|at| head.get(..at));
    if end == text.len() { head } else { whole().unwrap_or_default() }
}

/// A field and what stood there, ready to be shown: redacted and short.
pub(crate) fn evidence(field: &str, text: &str) -> Evidence {
    // A path is made of the text's own member names, which are as foreign as its values.
    Evidence { field: short(field, 80), text: short(text, 160) }
}

/// At most so many characters, redacted before they are cut: a key that is cut in two would no longer look like one.
pub(crate) fn short(text: &str, most: usize) -> String {
    first_chars(&redact(text), most).to_owned()
}

/// At most so many characters.
pub(crate) fn first_chars(text: &str, most: usize) -> &str {
    // Mostly the bytes are few enough already.
    let end = if text.len() <= most { None } else { text.char_indices().nth(most) };
    end.map_or(text, |(end, _)| text.get(..end).unwrap_or_default())
}

/// A page that a program printed in place of OpenRouter's answer: it says whose answer it was, in the line in which the
/// page begins or by the address that it asked, and the page is one of a gate.
pub(crate) fn is_page_for_answer(text: &str, title: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let page = page_start(&lower).unwrap_or_default();
    let (before, page) = lower.split_at_checked(page).unwrap_or_default();
    let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
    let named = line.contains("openrouter") || lower.contains("openrouter.ai/api/");
    let failed = title_status(title).or_else(|| status_in(line)).is_some();
    named && (failed || page.contains("cloudflare") || title.eq_ignore_ascii_case("just a moment..."))
}

/// Where a page begins in a text in lower case.
pub(crate) fn page_start(lower: &str) -> Option<usize> {
    ["<!doctype", "<html", "<head", "<title"].iter().filter_map(|tag| lower.find(tag)).min()
}

/// The status that a gate's page has in its title.
fn title_status(title: &str) -> Option<u16> {
    let mut words = title.split(|char: char| !char.is_ascii_alphanumeric());
    words.find_map(|word| word.parse::<u16>().ok().filter(|code| word.len() == 3 && (400..600).contains(code)))
}

/// The value of a member, in any notation: `"name":"…"`, `[name] => …`, `name = …`, `name: String("…")`, `name ..... …`.
fn member_value(text: &str, lower: &str, name: &str) -> Option<String> {
    let skip = |text: &str, chars: &str| text.len() - text.trim_start_matches(|char| chars.contains(char)).len();
    lower.match_indices(name).find_map(|(at, _)| {
        if text.get(..at)?.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_' || last == '-') {
            return None;
        }
        let behind = text.get(at + name.len()..)?;
        let rest = behind.get(skip(behind, "\"'\\]`* ")..)?;
        // `{"name":"…","value":"…"}` and `["…","…"]`, as records of traffic and lists of header fields have it.
        let paired = || {
            let marks = &['"', '\'', '\\', ' ', '\n', '\r', '\t', ':'][..];
            let rest = rest.strip_prefix(',')?.trim_start_matches(marks);
            Some(rest.strip_prefix("value").unwrap_or(rest).trim_start_matches(marks))
        };
        // `<name>…</name>`.
        let tagged = || rest.strip_prefix('>').filter(|_| text.get(..at).is_some_and(|head| head.ends_with('<')));
        // In a column of its own, to which dots may lead, or behind a bold name.
        let column = || {
            if let Some(value) = behind.strip_prefix("** ") {
                return Some(value);
            }
            let gap = skip(behind, " .\t");
            behind.get(gap..).filter(|_| gap > 1 && behind.starts_with(&[' ', '\t'][..]))
        };
        let marked = rest.strip_prefix(&[':', '：', '='][..]).or_else(|| rest.strip_prefix("->"));
        let mut value = marked.or_else(paired).or_else(tagged).or_else(column)?;
        value = value.get(skip(value, ">* \n\r\t")..)?;
        // The type that some dumps print: `string(6) "…"`, `Some(String("…"))`.
        let typed = |value: &str| value.find('(').filter(|at| *at > 0 && value.bytes().take(*at).all(|byte| byte.is_ascii_alphabetic()));
        while let Some(inside) = typed(value).and_then(|at| value.get(at + 1..)) {
            value = inside.get(skip(inside, "0123456789")..)?;
            value = value.get(skip(value, ") ")..)?;
        }
        let marks = skip(value, "\"'\\`");
        let value = value.get(marks..)?;
        let value = value.get(..value.find(|char| "\"'\\`,;)[]}|\n<".contains(char)).unwrap_or(value.len()))?;
        // Without quotes it ends where the next member begins.
        let mut end = 0;
        let time = |word: &str| word.starts_with("20") && word.contains('T');
        for word in value.split(' ').take_while(|word| marks > 0 || time(word) || !word.contains(':') && !word.contains('=')) {
            end += word.len() + 1;
        }
        let value = value.get(..end.saturating_sub(1))?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// A page that the gate in front of OpenRouter sends in its place.
fn is_gates(title: &str) -> bool {
    const WORDS: [&str; 6] = ["cloudflare", "denied", "unavailable", "blocked", "attention required", "just a moment"];
    let title = title.to_ascii_lowercase();
    // `openrouter.ai | 502: Bad gateway`
    let is_status = |part: &str| part.split(&[':', ' '][..]).next().is_some_and(|code| code.len() == 3 && code.starts_with('5'));
    let is_failure = || WORDS.iter().any(|word| title.contains(word)) || title.split("| ").skip(1).any(is_status);
    title.contains("openrouter.ai") && is_failure()
}

/// What a person copies of a gate's page: its title, or what it shows, which names the host and the gate.
fn copied_page(text: &str) -> Option<String> {
    const SHOWN: [&str; 4] = ["error code 5", "error 10", "has banned you temporarily", "you have been blocked"];
    let first = text.trim_start().lines().next()?;
    let shows = || {
        let lower = text.to_ascii_lowercase();
        let gate = lower.contains("cloudflare") || lower.contains("ray id");
        gate && lower.contains("openrouter.ai") && SHOWN.iter().any(|words| lower.contains(words))
    };
    let titled = first.contains(" | ") && is_gates(first);
    if titled || text.len() <= MOST_OF_A_PAGE && shows() {
        return Some(first.trim().to_owned());
    }
    // The title alone, in a line of its own.
    let named = |line: &&str| line.starts_with("openrouter.ai | ") || line.contains(" | openrouter.ai | ");
    let title = text.lines().map(str::trim).filter(named).find(|line| is_gates(line))?;
    (text.len() <= MOST_OF_A_PAGE).then(|| title.to_owned())
}

/// Whose address a URL names.
pub(crate) fn host(url: &str) -> Host {
    let Some((scheme, rest)) = url.split_once("://") else { return Host::Unknown };
    let authority = rest.split(&['/', '?', '#', '\\'][..]).next().unwrap_or_default();
    let name = authority.rsplit('@').next().unwrap_or_default();
    if let Some((address, _)) = name.strip_prefix('[').and_then(|name| name.split_once(']')) {
        // Loopback, unique local and link-local addresses.
        let home =
            address == "::1" || ["fc", "fd", "fe8", "fe9", "fea", "feb"].iter().any(|head| address.to_ascii_lowercase().starts_with(head));
        return if home { Host::Home } else { Host::Other };
    }
    let name = name.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let ours = name == "openrouter.ai" || name.ends_with(".openrouter.ai");
    match ours && scheme.eq_ignore_ascii_case("https") {
        true => Host::Ours,
        false if is_at_home(&name) => Host::Home,
        false => Host::Other,
    }
}

/// Addresses of this machine and of private networks, and names that only such a network knows.
fn is_at_home(name: &str) -> bool {
    let numbers: Option<Vec<u8>> = name.split('.').map(|part| part.parse().ok()).collect();
    match numbers.unwrap_or_default()[..] {
        [127 | 10, _, _, _] | [192, 168, _, _] | [169, 254, _, _] | [172, 16..=31, _, _] | [100, 64..=127, _, _] => return true,
        _ => {}
    }
    const ENDS: [&str; 7] = [".localhost", ".local", ".lan", ".internal", ".home.arpa", ".home", ".ts.net"];
    !name.is_empty() && !name.contains('.') || ENDS.iter().any(|end| name.ends_with(end))
}

/// A provider's display name: a few words, no sentence.
fn name(text: &str) -> Option<String> {
    (text.len() <= 40 && !text.is_empty()).then(|| text.to_owned())
}

/// `author/model`, with its variant; quotes and full stops around it are dropped.
fn slug(word: &str) -> Option<String> {
    let word = word.trim_matches(|char: char| !char.is_ascii_alphanumeric());
    let word = match word.split_once('/') {
        Some(("openrouter", rest)) if rest.contains('/') => rest,
        _ => word,
    };
    // A dump may have the name of the member in front.
    let word = word.split_once('/').and_then(|(author, _)| word.get(author.rfind(&[':', '='][..])? + 1..)).unwrap_or(word);
    let (author, model) = word.split_once('/')?;
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'~'))
    };
    (plain(author) && plain(model) && word.len() <= 120).then(|| word.to_owned())
}

/// A path or a media type has a slash too; a model's name has a number or a variant.
fn is_model_like(slug: &str) -> bool {
    let Some((author, model)) = slug.split_once('/') else { return false };
    let media = matches!(author, "application" | "text" | "image" | "audio" | "video" | "v1" | "api" | "src" | "chat");
    let named = model.bytes().any(|byte| byte.is_ascii_digit()) && model.contains(&['-', ':'][..]);
    let named = named && !author.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'.');
    // The line of a file.
    let line = model.rsplit_once(':').is_some_and(|(_, place)| place.bytes().all(|byte| byte.is_ascii_digit()));
    !media && named && !line && !model.ends_with(".py") && !model.ends_with(".js") && !model.ends_with(".rs")
}

/// `new-account-rpm/<author>/<model>`, of which the author may be missing.
fn new_account_model(said: &Text) -> Option<String> {
    let path = said.after("new-account-rpm/")?.split(&[' ', '"', '\'', ','][..]).next()?.trim_end_matches('.');
    slug(path).or_else(|| Some(path.to_owned()).filter(|_| is_plain(path)))
}

/// `limit_rpm/<author>/<model>/<uuid>`.
fn limited_model(said: &Text) -> Option<String> {
    let path = said.after("limit_rpm/").or_else(|| said.after("limit_rpd/"))?;
    let path = path.split(&[' ', '"', '\''][..]).next()?;
    let mut parts = path.split('/');
    slug(&[parts.next()?, "/", parts.next()?.trim_end_matches('.')].concat())
}

/// `Model 'tencent/hy3' does not support …`
fn slug_after(text: &Text, words: &str) -> Option<String> {
    slug(text.after(words)?.trim_start().split(&[' ', ',', ';'][..]).next()?)
}

/// The model of OpenRouter's sentence on its shared access, of which the end may be cut off.
fn model_before(said: &Text) -> Option<String> {
    word_before(said, " is temporarily ").as_deref().and_then(slug).or_else(|| cut_model(said))
}

/// The model of that sentence, where the text ends inside of it.
pub(super) fn cut_model(said: &Text) -> Option<String> {
    let (head, rest) = templates::end(said).rsplit_once(" is ")?;
    let word = head.rsplit(NO_WORD).next().filter(|_| rest.len() > 1 && templates::POOL.starts_with(rest))?;
    slug(word).filter(|slug| slug.ends_with(":free") || is_model_like(slug))
}

/// The word before that sentence, which may have begun outside of the text, is the end of a slug.
pub(super) fn is_of_slug(said: &Text) -> bool {
    let word = templates::end(said).split(" is temp").next().and_then(|head| head.rsplit(NO_WORD).next());
    word.is_some_and(|word| word.contains(&['/', ':', '-'][..]) || word.bytes().any(|byte| byte.is_ascii_digit()) || word.is_empty())
}

/// What stands beside the word that names a model.
const NO_WORD: &[char] = &[' ', '"', '\'', '`', '>', '(', '['];

/// The word before others.
fn word_before(said: &Text, words: &str) -> Option<String> {
    let word = said.before(words)?.trim_end().rsplit(NO_WORD).next()?;
    (!word.is_empty()).then(|| word.to_owned())
}

/// The model of OpenRouter's sentence that nobody serves it.
pub(crate) fn served_model(said: &Text) -> Option<String> {
    said.after(templates::NOT_FOUND)?.split(' ').next().and_then(slug).filter(|slug| slug.ends_with(":free") || is_model_like(slug))
}

/// Providers' own sentences name the model without its author.
fn bare_model(raw: &Text) -> Option<String> {
    let lead = [", model: ", " model: ", "rate limit reached for model ", "rate limit reached for ", "and model "]
        .iter()
        .find_map(|lead| raw.after(lead))?;
    let word = lead.trim_start_matches(&['`', '"'][..]).split(&[' ', ',', '\n', '`', '"'][..]).next()?.trim_end_matches('.');
    is_plain(word).then(|| word.to_owned())
}

/// A model's name without its author.
fn is_plain(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    plain && word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Characters of OpenRouter's addresses, and the brackets of a hash that was redacted.
fn is_link(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '/' | '.' | '-' | '_' | ':' | '~' | '[' | ']')
}

/// A settings page by its path; a path that was cut short names no page.
fn is_settings(path: &str) -> bool {
    const PAGES: [&str; 10] = [
        "settings/integrations",
        "settings/credits",
        "settings/keys",
        "settings/privacy",
        "settings/preferences",
        "settings/routing",
        "credits",
        "keys",
        "settings/provisioning-keys",
        "settings/management-keys",
    ];
    let workspace = path.strip_prefix("workspaces/").and_then(|rest| rest.split_once('/')).map(|(_, page)| page);
    let in_workspace = |page: &str| {
        ["byok", "keys", "guardrails", "routing", "settings"]
            .iter()
            .any(|known| page == *known || page.strip_prefix(known).is_some_and(|rest| rest.starts_with('/')))
    };
    PAGES.contains(&path) || path.starts_with("keys/") || workspace.is_some_and(in_workspace)
}

/// The words of the status line. Source: RFC 9110, 15.
pub(super) const PHRASES: [(u16, &str); 12] = [
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (408, "Request Timeout"),
    (413, "Payload Too Large"),
    (429, "Too Many Requests"),
    (500, "Internal Server Error"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
];

/// The text, in lower case, begins with the first word of the phrase.
fn begins_as(lower: &str, phrase: &str) -> bool {
    let word = phrase.split(' ').next().unwrap_or_default();
    lower.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// A status that a text calls one: behind "HTTP", "status", "error code", "openrouter" and the like, in brackets, or
/// at the head of the text. The last one is the innermost.
fn status_in(lower: &str) -> Option<u16> {
    const LEADS: [&str; 36] = [
        "erro",
        "erreur",
        "fehler",
        "fehlercode",
        "errore",
        "codice",
        "código",
        "hata",
        "kod",
        "kode",
        "błąd",
        "fout",
        "lỗi",
        "шибка",
        "код",
        "错误",
        "错误码",
        "状态码",
        "エラー",
        "コード",
        "오류",
        "코드",
        "خطأ",
        "http",
        "status of",
        "status",
        "code",
        "error",
        "err",
        "openrouter",
        "statuscode",
        "api",
        "returned",
        "rejected",
        "failed",
        "upstream",
    ];
    let mut found = None;
    let (mut at, mut read) = (0, 0);
    let bytes = lower.as_bytes();
    while let Some(skip) = bytes.iter().skip(at).position(u8::is_ascii_digit) {
        let start = at + skip;
        let length = bytes.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
        at = start + length;
        let code = lower.get(start..at).and_then(|digits| digits.parse::<u16>().ok());
        let Some(code) = code.filter(|code| length == 3 && (400..600).contains(code)) else { continue };
        let before = lower.get(..start).unwrap_or_default();
        // `(429)`, `(OpenRouter, 429)`.
        let named = before.trim_end_matches(&[' ', ',', '·', '|', '/', ':'][..]).strip_suffix("openrouter").unwrap_or(before);
        let bracketed = named.ends_with(&['(', '['][..]) && matches!(bytes.get(at), Some(b')' | b']'));
        // Dots may lead to its column.
        let lead = before.trim_end();
        let lead = if lead.ends_with("..") { lead.trim_end_matches('.') } else { before };
        let lead = lead
            .trim_end_matches(&[' ', ':', '*', '`', '\'', '"', '(', ')', '[', ']', '_', '=', '>', '-', '/', '·', '•', '→', '—', '–'][..]);
        // `HTTP/1.1" 429`
        let protocol = lead.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.').ends_with("http/");
        let called = lead.len() < before.len() && (protocol || LEADS.iter().any(|word| lead.ends_with(word)));
        // At the head of the text or of a quotation, or behind the tag of a log.
        let quoted = before.ends_with(&['“', '«', '„', '「'][..]) && lower.get(at..).is_some_and(|rest| rest.starts_with(' '));
        let first = before.trim().is_empty() || before.ends_with("] ") || quoted;
        // In any language: what follows the status is OpenRouter's own sentence.
        let behind = lower.get(at..).unwrap_or_default();
        // The end of an element, in markup.
        let behind = behind.strip_prefix("</").and_then(|tag| tag.split_once('>')).map_or(behind, |(_, rest)| rest);
        let after = behind.trim_start_matches(|char: char| !char.is_ascii_alphanumeric());
        let mark = behind.get(..behind.len() - after.len()).unwrap_or_default();
        let apart = mark.contains(&[':', '：', '"', '“', '«', '「', '\n'][..]) && !mark.starts_with(&[',', ']', '}'][..]);
        let after = first_chars(after, SENTENCE);
        // A model's name comes before what is said of it.
        let of_model = after.split_once(' ').filter(|(word, _)| word.contains('/')).map_or(after, |(_, rest)| rest);
        let of_model = of_model.strip_prefix("is ").unwrap_or(of_model);
        let says = |words: &str| {
            let begins = after.starts_with(words) || of_model.starts_with(words.strip_prefix("is ").unwrap_or(words));
            begins || apart && words.contains(' ') && after.contains(words)
        };
        let mut told = || {
            read += 1;
            let own = templates::OWN.iter().chain(templates::CAPS).filter_map(|own| own.words.first()).chain(templates::MARKS);
            read <= MOST_SENTENCES
                && own
                    .chain(&["rate limit exceeded", "user not found", "upstream idle timeout", templates::UPSTREAM])
                    .any(|words| says(words))
        };
        let whole = !matches!(bytes.get(at), Some(b'.')) || bytes.get(at + 1).is_none_or(|byte| !byte.is_ascii_digit());
        // The name of a member, as in a table of messages, or of a count is no status that anybody met.
        let rest = lower.get(at..).unwrap_or_default();
        let counted = rest.strip_prefix('=').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        let named = counted || before.ends_with(&['.', '_'][..]) && rest.starts_with(&['"', '=', '_'][..]);
        // A list of them, as settings have it.
        let in_list = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        let marks = &[',', '/'][..];
        let listed = rest.strip_prefix(marks).is_some_and(in_list)
            || before.ends_with(marks) && before.trim_end_matches(marks).ends_with(|last: char| last.is_ascii_digit());
        let whole = whole && !named && !listed;
        let phrased =
            rest.starts_with(" from openrouter") || PHRASES.iter().any(|(status, phrase)| *status == code && begins_as(after, phrase));
        if whole && (phrased || bracketed || called || first || told()) {
            found = Some(code);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_goes_through_no_character_and_no_key() {
        let filler = |short_by: usize| format!("{} ", "a".repeat(MAX_TEXT - 1 - short_by));
        assert_eq!(head("short"), "short");
        let whole = filler(0);
        assert_eq!(head(&whole), whole);
        // The limit lies inside the crab.
        let crab = format!("{}b🦀 c", filler(2));
        assert_eq!(head(&crab), &filler(2)[..MAX_TEXT - 3]);
        // The limit lies inside the key.
        let key = format!("{}sk-or-v1-0123456789abcdef", filler(12));
        assert_eq!(head(&key), &filler(12)[..MAX_TEXT - 13]);
    }
    #[test]
    fn machines_at_home_are_told_by_their_address() {
        for name in [
            "localhost:8000",
            "127.0.0.1",
            "192.168.1.7:3000",
            "10.0.0.2",
            "172.16.0.1",
            "172.31.9.9",
            "100.64.0.1",
            "169.254.1.1",
            "nas",
            "st.local",
            "chat.lan.",
            "box.tail1.ts.net",
            "[::1]:8000",
            "[fd12::1]",
            "[FE80::1]",
        ] {
            assert_eq!(host(&format!("http://{name}/api")), Host::Home, "{name}");
        }
        for name in [
            "example.com",
            "172.32.0.1",
            "172.15.0.1",
            "192.169.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "11.0.0.1",
            "10.0.0.1.example.com",
            "127.0.0.example",
            "[2001:db8::1]",
            "",
        ] {
            assert_eq!(host(&format!("https://{name}/api")), Host::Other, "{name}");
        }
        assert_eq!(host("https://openrouter.ai/api/v1/chat/completions"), Host::Ours);
    }

    #[test]
    fn what_is_shown_is_short_in_characters() {
        assert_eq!(first_chars("gué", 4), "gué");
        assert_eq!(first_chars("guéée", 4), "guéé");
        assert_eq!(first_chars("guest", 4), "gues");
    }
}
