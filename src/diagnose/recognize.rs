//! Whether a failure is OpenRouter's at all, and by which sign. Silence is the rule: text about failures, source code
//! that handles them, lists of them and other vendors' failures have no sign, or stand where nobody met one.

use super::facts::{self, Facts, Host, evidence};
use super::templates::{self, MARKS, NO_ENDPOINTS, NOT_VALID, Template, UPSTREAM, WEAK_MARKS};
use super::{Certainty, Evidence, Kind};
use crate::exchange::Surface;
use crate::provider;
use crate::read::{self, Fault, Text};
use std::cell::LazyCell;

/// Between OpenRouter's name and a status that belong together.
const NEAR: usize = 120;
const NEAR_IN_LOG: usize = 400;
/// A gate's page that names OpenRouter outside of its title is no longer.
const MOST_OF_A_MESSAGE: usize = 2_000;
/// A log that somebody pastes may be longer; what is, and has the shape of a document, is one.
const MOST_OF_A_REPORT: usize = 20_000;
/// Characters of a quotation, and of what its sentence goes on to say of it.
const MOST_OF_A_QUOTATION: usize = 240;
/// Characters of an address in which a name is looked for.
const MOST_OF_AN_ADDRESS: usize = 200;
/// Places of a name, and of a sign, that are compared.
const MOST_SIGNS: usize = 64;

/// Words of languages that many write without a letter of their own; two of them make no English text.
const FOREIGN: [&str; 43] = [
    "kok", "padahal", "terus", "ik", "mijn", "het", "een", "maar", "niet", "ich", "mir", "bei", "nur", "und", "nicht", "mit", "seit", "mi",
    "che", "dal", "el", "que", "por", "pero", "una", "je", "le", "avec", "depuis", "eu", "meu", "jag", "och", "aku", "saya", "yang", "ini",
    "nie", "mam", "warum", "kommt", "ist", "das",
];

/// Words that people write between OpenRouter's name and the status that it gave.
const MOST_BETWEEN: usize = 6;
const MOST_BETWEEN_MET: usize = 16;

/// Bytes of a sentence by which it is OpenRouter's.
const ITS_OWN: usize = 24;

/// Kinds of failures of which a page speaks that lists them.
const MANY_KINDS: usize = 3;

impl Facts<'_> {
    /// The sign by which this is OpenRouter's failure, and how sure that makes it; `None` is silence.
    pub(crate) fn recognize(&self) -> Option<(Evidence, Certainty)> {
        let sign = |field: &str, text: &str, certainty| Some((evidence(field, text), certainty));
        let failed = self.exchange.status == 0 || self.exchange.status >= 400;
        let from_wire = matches!(self.exchange.surface, Surface::Http | Surface::Sse | Surface::Body200);
        if self.host == Host::Ours && from_wire && (self.fault.is_some() || failed) {
            return sign("url", "openrouter.ai", Certainty::Certain);
        }
        if let Some(title) = &self.html {
            let named = title.to_ascii_lowercase().contains("openrouter.ai")
                || !from_wire && facts::is_page_for_answer(&self.body, title)
                || self.body.len() <= MOST_OF_A_MESSAGE && self.whole.has("openrouter.ai");
            return if named && failed && !self.is_page_in_code() { sign("html", title, Certainty::Likely) } else { None };
        }
        // What comes over the wire from elsewhere and does not begin as an answer is a document, until it shows otherwise.
        let written = !from_wire || !read::has_head(&self.body);
        if written && (self.is_about_failures() || self.is_healed()) || is_document(&self.exchange.body) {
            return None;
        }
        if let Some(fault) = &self.fault {
            if written && is_in_code(&self.body, &fault.message) {
                return None;
            }
            if let Some((field, text)) = self.mark(fault) {
                return sign(&field, &text, Certainty::Certain);
            }
        } else if self.is_data || self.exchange.surface == Surface::Sse || is_code_or_list(&self.exchange.body) || written && self.is_talk()
        {
            return None;
        }
        if let Some(words) = self.own_words() {
            return sign("text", words, Certainty::Certain);
        }
        if let Some(fault) = &self.fault {
            if self.named && from_wire && self.is_passed_on(fault) {
                return sign("request", "openrouter", Certainty::Likely);
            }
            let weak = self.said.first_of(WEAK_MARKS);
            if let Some(words) = weak.filter(|_| fault.exact && self.host == Host::Unknown) {
                return sign(&fault.field("message"), words, Certainty::Likely);
            }
        }
        if self.is_named_beside() { sign("text", "openrouter", Certainty::Likely) } else { None }
    }

    /// The site's own server answers a request for OpenRouter with an error. It has failures of its own too, such as of its sign-in:
    /// OpenRouter's are those in its very envelope, those of a limit or of a server behind, and what comes with a good status.
    fn is_passed_on(&self, fault: &Fault) -> bool {
        fault.exact || (200..300).contains(&self.exchange.status) || matches!(self.meaning(), Some(402 | 408 | 429 | 500..=599))
    }

    /// A name is a sign only beside a failure: an error object, a status, or a connection that broke.
    fn is_named_beside(&self) -> bool {
        const WITHOUT: [&str; 19] = [
            "without",
            "not using",
            "not via",
            "not through",
            "not",
            "no",
            "instead of",
            "sem",
            "sin",
            "sans",
            "ohne",
            "nicht über",
            "pas via",
            "без",
            "не через",
            "不用",
            "没用",
            "不走",
            "不是走",
        ];
        let whole = self.whole.lower();
        // In the address of another host it names a package or a repository.
        let foreign = |at: usize| {
            let before = whole.get(..at).unwrap_or_default().char_indices().rev().take(MOST_OF_AN_ADDRESS);
            let word = before.take_while(|(_, char)| !char.is_whitespace() && !"\"'<([`".contains(*char)).last();
            let head = word.and_then(|(start, _)| whole.get(start..at)).unwrap_or_default();
            head.split_once("://").is_some_and(|(_, path)| path.contains('/'))
        };
        let names = || whole.match_indices("openrouter").map(|(at, _)| at).filter(|at| !foreign(*at)).take(MOST_SIGNS);
        let Some(at) = names().next() else { return false };
        // The client could not read an answer that went well, or the site's own server turns people away.
        if self.whole.first_of(&["limiting requests, excess", "type validation failed", "no object generated"]).is_some() {
            return false;
        }
        if self.whole.first_of(&["postmortem", "post-mortem"]).is_some() || lists_or_counts(&self.body) {
            return false;
        }
        // Somebody else's failed, beside which it works.
        if whole.split("openrouter").skip(1).any(|rest| rest.starts_with(" is working fine") && !rest.contains(" but ")) {
            return false;
        }
        // A good answer came of it.
        if whole.rfind("\"finish_reason\":\"stop\"") > whole.rfind("openrouter") {
            return false;
        }
        let before = whole.get(..at).unwrap_or_default().trim_end();
        if WITHOUT.iter().any(|word| before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|last: char| last.is_ascii_alphabetic())))
        {
            return false;
        }
        if self.fault.is_some() {
            // GraphQL tells of its own failures in the same list.
            let listed = self.fault.as_ref().is_some_and(|fault| fault.path.contains("errors[") && fault.code.is_none());
            return !is_code_or_list(&self.exchange.body)
                && !self.is_of_another()
                && self.is_before("{")
                && (!listed || self.named_status().is_some());
        }
        // What is said of a case, and not by who met it: "NetworkError when attempting to fetch", as Firefox says, "when I ask".
        let supposed = |part: &str| {
            let part = part.to_ascii_lowercase();
            let met = |at: usize| {
                part.get(at + 6..).is_some_and(|rest| ["i ", "using", "attempting", "trying"].iter().any(|word| rest.starts_with(word)))
            };
            part.contains("openrouter") && (part.contains(" if ") || part.match_indices(" when ").any(|(at, _)| !met(at)))
        };
        if self.body.split("\n\n").flat_map(|part| part.split("\n- ")).any(supposed) {
            return false;
        }
        // The name of a thing that a program does, in a list of its changes.
        let feature = |line: &str| {
            let term = line.trim_start_matches(&['-', ' '][..]).strip_prefix("**").and_then(|rest| rest.split_once("** "));
            let term = term.filter(|(_, rest)| rest.starts_with(&['—', '→'][..]));
            term.is_some_and(|(term, _)| term.to_ascii_lowercase().contains("openrouter"))
        };
        if self.body.lines().any(feature) {
            return false;
        }
        // In a log one line may name the server and the next one its status; what people write is one sentence.
        let in_log = self.exchange.surface == Surface::Log;
        let near = |name: usize, sign: usize| {
            let between = whole.get(name.min(sign)..name.max(sign)).unwrap_or_default();
            // A log that goes on to another server.
            let elsewhere = between.rsplit_once("://").is_some_and(|(head, rest)| !rest.is_empty() && !head.ends_with("file"));
            // What stands in brackets behind a sentence belongs to it.
            let in_brackets = |rest: Option<&str>| rest.is_some_and(|rest| rest.starts_with('(') && !rest.contains(')'));
            let parted = [". ", "? ", "! "].iter().any(|end| between.match_indices(end).any(|(at, _)| !in_brackets(between.get(at + 2..))));
            // "Check your OpenRouter key", says a program of what it met.
            let advised = || whole.get(..name).is_some_and(|before| before.ends_with("your "));
            // Words of its own beside a status join the two.
            let own = || self.whole.first_of(&["user not found", "insufficient credits"]).is_some();
            // So does the address that was called.
            let called = || whole.get(name..).is_some_and(|rest| rest.starts_with("openrouter.ai/api/"));
            between.len() <= if in_log { NEAR_IN_LOG } else { NEAR } && !elsewhere && (in_log || !parted || advised() || own() || called())
        };
        // What people write between the two is short: who answered, and that it did. A guess is none.
        let told = |name: usize, sign: usize| {
            const FAILED: [&str; 6] = ["failed", "fails", "rejected", "could not", "couldn't", "answered"];
            const GUESSES: [&str; 5] = ["应该", "可能", "should", "might", "probably"];
            let between = whole.get(if name < sign { name + "openrouter".len()..sign } else { sign..name }).unwrap_or_default();
            let words = between.split(' ').filter(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic()));
            let count = words.filter(|word| !word.contains('/')).count();
            // A program says at length that it could do no more.
            let met = || FAILED.iter().any(|word| between.contains(word));
            let is_short = count <= MOST_BETWEEN || count <= MOST_BETWEEN_MET && met();
            in_log || between.contains('(') || is_short && !GUESSES.iter().any(|guess| between.contains(guess))
        };
        let beside = |words: &str, told: &dyn Fn(usize, usize) -> bool| {
            let signs: Vec<usize> = whole.match_indices(words).map(|(at, _)| at).take(MOST_SIGNS).collect();
            names().any(|name| signs.iter().any(|sign| near(name, *sign) && told(name, *sign)))
        };
        let any = |_, _| true;
        self.broken().is_some_and(|(words, _)| beside(words, &any))
            || ["user not found", "model is not available in your region"].iter().any(|own| self.whole.has(own) && beside(own, &any))
            || self.named_status().is_some_and(|status| beside(&status.to_string(), &told) && self.is_before(&status.to_string()))
    }

    /// The last line of a log says that a later try went well.
    fn is_healed(&self) -> bool {
        const WELL: [&str; 4] = [" succeeded in ", " succeeded (", " 200 ok", " succeeded."];
        let mut lines = self.lower().lines().rev().filter(|line| !line.trim().is_empty());
        let last = lines.next().unwrap_or_default().trim_end();
        let is_try = ["attempt", "retry", "try "].iter().any(|word| last.contains(word));
        lines.next().is_some() && is_try && (last.ends_with(" succeeded") || WELL.iter().any(|words| last.contains(words)))
    }

    /// A log names the server before what it answered, of which this is a sign; behind it, by its address, as a label, or in a trace.
    fn is_before(&self, sign: &str) -> bool {
        let lines = self.lower().lines().collect::<Vec<_>>();
        let labelled = |line: &str| {
            let mut names = line.match_indices("openrouter").filter_map(|(at, name)| line.as_bytes().get(at + name.len()));
            line.contains("://") || line.contains("provider") || names.any(u8::is_ascii_alphanumeric)
        };
        let answered = lines.iter().rposition(|line| line.contains(sign)).unwrap_or_default();
        let behind = |(at, line): (usize, &&str)| line.contains("openrouter") && (at <= answered || labelled(line));
        // A page may show one too: its lines begin with the time.
        let is_time = |word: &str| word.contains(&[':', '-'][..]) && word.bytes().filter(u8::is_ascii_digit).count() > 3;
        let is_timed =
            || lines.get(answered).is_some_and(|line| line.trim_start_matches('[').split(&[' ', ']'][..]).next().is_some_and(is_time));
        self.exchange.surface != Surface::Log && !is_timed() || lines.iter().enumerate().any(behind)
    }

    /// The page stands in source code, up to its beginning.
    fn is_page_in_code(&self) -> bool {
        facts::page_start(self.lower()).and_then(|at| self.body.get(..at)).is_some_and(is_code)
    }

    /// Who the error is of stands right before it, and it is not OpenRouter: `AnthropicException - {…}`, `cerebras: 429 {…}`.
    fn is_of_another(&self) -> bool {
        const ALSO: [&str; 5] = ["gemini", "vertexai", "vertex_ai", "azure", "bedrock"];
        let mut lines = self.lower().split('{').next().unwrap_or_default().rsplit('\n');
        let line = lines.next().unwrap_or_default();
        let before = line.trim_end_matches(|char: char| !char.is_ascii_alphabetic());
        let word = before.rsplit(' ').next().unwrap_or_default();
        let name = word.strip_suffix("exception").unwrap_or(word);
        let name = name.trim_start_matches('[');
        let called = name.len() < word.len() || line.get(before.len()..).is_some_and(|rest| rest.starts_with(&[':', ']'][..]));
        // Whose provider it is may stand above it, if it is none to fall back on.
        let named =
            line.contains("openrouter") || lines.next().is_some_and(|above| above.contains("openrouter") && !above.contains("fall"));
        called && !named && name != "openai" && (ALSO.contains(&name) || provider::is_known(name))
    }

    /// Prose about failures: it leads up to OpenRouter's words as to an example, or quotes them in the middle of a
    /// sentence of its own. What an app adds behind them, such as what they usually mean, is no such sign.
    fn is_talk(&self) -> bool {
        const EXPLAINS: [&str; 13] = [
            "if you see",
            "if you get",
            "if you receive",
            "if you encounter",
            "if you hit",
            "when you receive",
            "when you see",
            "when you get",
            "how to ",
            "what does ",
            "tired of",
            "tl;dr",
            "ends with the words",
        ];
        // Programs say such things of what they met as well, in a paragraph of its own.
        const EXPLAINS_BESIDE: [&str; 3] = [" means ", "usually", "typically"];
        let whole = self.whole.lower();
        let all = || templates::CAPS.iter().chain(templates::OWN).filter_map(|template| template.words.first()).chain(MARKS);
        let first = all().filter_map(|words| self.whole.find(words)).min().unwrap_or(whole.len());
        let head = whole.get(..first).unwrap_or_default();
        let explains = self.whole.first_of(&EXPLAINS).is_some() && EXPLAINS.iter().any(|words| head.contains(words));
        let beside = |part: &str| {
            let part = Text::new(part);
            let head = all().filter_map(|words| part.find(words)).min().and_then(|at| part.lower().get(..at)).unwrap_or_default();
            EXPLAINS_BESIDE.iter().any(|words| head.contains(words))
        };
        let explains = explains || self.whole.first_of(&EXPLAINS_BESIDE).is_some() && self.body.split("\n\n").any(beside);
        // The answer of a chat that meets no failure of OpenRouter's.
        let answer = ["chatgpt", "gemini", "copilot", "perplexity"].iter().any(|name| {
            let told = whole.strip_prefix(name).unwrap_or_default();
            [" said:", " says:", " answered:"].iter().any(|verb| told.starts_with(verb))
        });
        // A question that is answered behind it, to whoever asks.
        let answered = whole.starts_with("why ")
            && whole
                .rsplit_once('?')
                .is_some_and(|(_, rest)| has_words(rest, &["you", "your"], 1) && !has_words(rest, &["i", "my", "me"], 1));
        let explains = explains || answer || answered;
        // People who ask in their own language quote the sentence that they met.
        let foreign = |char: char| !char.is_ascii() && (char.is_alphabetic() || matches!(char, '„' | '«'));
        let asked = || self.exchange.body.chars().any(foreign) || has_words(whole, &FOREIGN, 2);
        let person = LazyCell::new(|| has_words(whole, &["i", "my", "me"], 1) || self.whole.has("?"));
        let quoted = |words: &str| self.whole.has(words) && is_mentioned(whole, words, || *person);
        let sources = || templates::LIMIT_SOURCES.iter().map(|(known, ..)| known);
        explains || all().chain(sources()).any(|words| quoted(words) && (MARKS.contains(words) || !asked()))
    }

    /// A text that is about failures, with or without an example of one: it has blanks where a failure has names, leaves
    /// out what a failure has, introduces its quotation as an example, or lists what can happen.
    fn is_about_failures(&self) -> bool {
        const ELISIONS: [&str; 7] = [
            "what this error means",
            "\"metadata\":{...}",
            "\"metadata\": {...}",
            "\"metadata\":{…}",
            "\"metadata\": {…}",
            "{ ... }",
            "{...}",
        ];
        const ANNOUNCED: [&str; 5] = ["you may see", "you might see", "you'll see", "you will see", "you would see"];
        const EXAMPLES: [&str; 14] = [
            " like: ",
            "example error",
            "something like",
            "such as",
            "for example ",
            "for example,",
            "for example:",
            "e.g.",
            "por ejemplo",
            "zum beispiel",
            "par exemple",
            "placeholder:",
            "if you see {",
            "if you get {",
        ];
        let whole = self.whole.lower();
        // The title of a change, as pull requests have it.
        let title = whole.trim_end().rsplit_once(" (#").and_then(|(_, number)| number.strip_suffix(')'));
        let is_title = title.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        let is_title =
            is_title || ["fix", "feat", "chore", "docs", "refactor", "test"].iter().any(|kind| whole.starts_with(&[kind, "("].concat()));
        let is_commit = is_title
            || ["commit ", "git commit -"].iter().any(|head| whole.starts_with(head))
            || whole.contains("signed-off-by:")
            || whole.contains("co-authored-by:");
        let words = || templates::CAPS.iter().chain(templates::OWN);
        let said: Vec<&Template> = words().filter(|template| template.words.iter().all(|words| self.whole.has(words))).collect();
        let places: Vec<usize> = said.iter().filter_map(|template| self.whole.find(template.words.first()?)).collect();
        let marks = MARKS.iter().filter_map(|words| self.whole.find(words));
        let introduced = marks.chain(places.iter().copied()).min().is_some_and(|at| {
            let lead = |most: usize| {
                let before = whole.get(..at).unwrap_or_default();
                before.char_indices().rev().nth(most).and_then(|(at, _)| before.get(at..)).unwrap_or(before)
            };
            EXAMPLES.iter().any(|words| lead(60).contains(words)) || ANNOUNCED.iter().any(|words| lead(240).contains(words))
        });
        let mut kinds: Vec<Kind> = Vec::new();
        // The messages of a program, as its settings, rules and translations have them: several, each the value of a name of its own.
        let mut entries = 0;
        for template in said {
            // The sentence on the data policy has the words of one on endpoints.
            let part = template.kind == Kind::NoEndpoints && kinds.contains(&Kind::DataPolicy);
            if !part && !kinds.contains(&template.kind) {
                kinds.push(template.kind);
                entries += self.entries(template.words.first());
            }
        }
        for words in MARKS {
            entries += self.entries(Some(words));
        }
        let is_table = self.fault.is_none() && entries > 1;
        let blank = places.iter().any(|at| has_blank(whole, *at));
        let says = |line: &str| {
            let line = Text::new(line);
            words().any(|own| line.has(own.words.first().copied().unwrap_or_default())) || line.first_of(MARKS).is_some()
        };
        // A thing to do, or a term and what it means.
        let noted = |line: &str| {
            let line = line.trim_start();
            let task = line.starts_with("- [ ] ") || line.starts_with("- [x] ");
            // A test that passed.
            let task = task || line.starts_with(&['✓', '✔', '√'][..]);
            // A row of a table that is about it; who met it has named something else first.
            let cells = line.strip_prefix("| ").and_then(|rest| rest.split_once(" | "));
            let row = cells.is_some_and(|(cell, rest)| (rest.contains(" | ") || cell.starts_with('"')) && says(cell));
            // What was mended, in a list of changes.
            let task = task || row || line.contains("Fix:**");
            // A heading that quotes it.
            let task =
                task || line.strip_prefix('#').is_some_and(|rest| rest.trim_start_matches(&['#', ' '][..]).starts_with(&['"', '`'][..]));
            let term = line
                .split_once("`** ")
                .or_else(|| line.split_once("**` "))
                .filter(|(term, _)| term.trim_start_matches("- ").starts_with(&['*', '`'][..]));
            let term = term.filter(|(_, rest)| rest.starts_with(&['—', '–', '-', ':'][..])).map(|(term, _)| term);
            term.or(task.then_some(line)).is_some_and(says)
        };
        // Node prints so what it does not unfold.
        let printed = |at: usize| whole.get(..at).is_some_and(|head| head.ends_with("headers "));
        // What stands beside the settings of a program.
        let setting = |line: &&str| {
            let name = line.split_once('=').map_or("", |(name, _)| name);
            name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let is_settings =
            self.body.lines().filter(setting).nth(1).is_some() && self.body.lines().any(|line| line.starts_with('#') && says(line));
        // A guide: several failures, each with what helps; or each quoted on a line of its own.
        let guides = |line: &&str| {
            let line = line.trim_start_matches(&['*', '-', '#', ' '][..]);
            let is_advice = ["Solution:", "Fix:", "Cause:"].iter().any(|word| line.starts_with(word));
            is_advice || line.starts_with('“') && self.fault.is_none() && says(line)
        };
        // What stands behind a setting, as a comment on it.
        let comment = |line: &str| {
            let parts = line.split_once(" # ").or_else(|| line.split_once(" // "));
            let name = |setting: &str| {
                setting.split(&[':', '='][..]).next().is_some_and(|name| name.len() < setting.len() && is_name(name.trim()))
            };
            parts.is_some_and(|(setting, comment)| name(setting) && !says(setting) && says(comment))
        };
        // A heading, and below it what helps.
        let titled = |line: &str| line.starts_with('#') && says(line);
        let helps = |line: &str| ["Fix ", "To fix ", "Solution", "How to fix"].iter().any(|head| line.starts_with(head));
        let asks = || has_words(self.lower(), &["i", "my", "me"], 1) || self.body.lines().any(|line| line.ends_with('?'));
        let is_guide = self.body.lines().any(titled) && self.body.lines().any(helps) && !asks();
        is_commit
            || is_guide
            || self.fault.is_none() && self.body.lines().any(comment)
            || is_answered(self.lower(), says)
            || introduced
            || self.body.lines().any(noted)
            || self.exchange.body.lines().filter(guides).nth(1).is_some()
            || blank
            || is_table
            || kinds.len() >= MANY_KINDS
            || self.whole.first_of(&["this incident has been resolved", "should now be resolved", "what it means and how"]).is_some()
            || is_settings
            || ELISIONS.iter().any(|words| whole.match_indices(words).any(|(at, _)| !printed(at)))
    }

    /// 1 where the words are the value of a name, and of none under which programs keep what they met; 2 where the name is
    /// made of the same words, as one of a message is.
    fn entries(&self, words: Option<&&str>) -> usize {
        let at = words.and_then(|words| self.whole.find(words)).unwrap_or_default();
        let before = self.whole.lower().get(..at).unwrap_or_default();
        // The sentence may have begun before the words that tell it; with a status it was met.
        let Some((name, _)) =
            before.rsplit_once(&['"', '\''][..]).filter(|(_, head)| head.len() < 24 && !head.bytes().any(|byte| byte.is_ascii_digit()))
        else {
            return 0;
        };
        let is_value = name.trim_end().ends_with(&[':', ',', '['][..]) || name.ends_with("= ");
        let is_member = name.trim_end().strip_suffix(':').is_some_and(|name| name.ends_with(&['"', '\''][..]));
        // Of a list the name stands before it.
        let list = name.rsplit_once('[').filter(|(_, items)| !items.contains(&[']', '{', '}'][..])).map(|(name, _)| name);
        let name = list.unwrap_or(name).trim_end_matches(|char: char| !char.is_ascii_alphanumeric());
        let name = name.rsplit(|char: char| !char.is_ascii_alphanumeric()).next().unwrap_or_default();
        let same = |word: &str| word.len() > 3 && name.contains(word);
        let of_message =
            words.is_some_and(|words| !MARKS.contains(words) && words.split(|char: char| !char.is_ascii_alphanumeric()).any(same));
        let of_message = of_message && is_member && !["error", "exception"].iter().any(|class| name.ends_with(class));
        if !is_value || MET.contains(&name) { 0 } else { 1 + usize::from(of_message) }
    }

    /// The member of the error object that only OpenRouter sends.
    fn mark(&self, fault: &Fault) -> Option<(String, String)> {
        if fault.marks() == 0 {
            // In a dump its id may stand beside it.
            let id =
                || self.whole.first_of(&["user_id='user_", "user_id='[redacted]", "user_id=\"user_", "user_id=\"[redacted]"]).is_some();
            let dumped = matches!(self.exchange.surface, Surface::Page | Surface::Log) && fault.code.is_some() && id();
            if dumped {
                return Some(("user_id".to_owned(), String::new()));
            }
            // By itself the member is anybody's; with a provider's name it is not.
            let name = fault.text("provider_name").filter(|name| provider::is_known(name))?;
            return Some((fault.field("metadata.provider_name"), name.to_owned()));
        }
        for member in ["limit_source", "provider_name", "is_byok", "failed_routing_step", "error_type"] {
            if let Some(text) = fault.word(member) {
                return Some((fault.field(&["metadata.", member].concat()), text));
            }
        }
        if let Some(code) = fault.available("code") {
            return Some((fault.field("availability.code"), code));
        }
        if let Some(error_type) = &fault.error_type {
            return Some((fault.field("error_type"), error_type.clone()));
        }
        if fault.in_choice {
            return Some((fault.path.clone(), fault.message.clone()));
        }
        if let Some(id) = &fault.request_id {
            return Some(("request_id".to_owned(), id.clone()));
        }
        let member = fault.metadata.keys().next().cloned().unwrap_or_else(|| "user_id".to_owned());
        Some((member, String::new()))
    }

    /// Words that nobody but OpenRouter writes.
    fn own_words(&self) -> Option<&'static str> {
        const OTHERS: [&str; 8] = ["the", "identity", "oauth", "oauth2", "sso", "login", "auth", "payment"];
        let of = |said: &Text| {
            // Other programs have endpoints, and identifiers of models, too.
            let of_model = said.after(templates::NOT_FOUND).is_some_and(|rest| rest.starts_with("model "));
            let served = of_model || facts::served_model(said).is_some();
            let found = said.find(NOT_VALID).and_then(|at| said.lower().get(at + NOT_VALID.len()..));
            let named = !found.is_some_and(|rest| rest.starts_with("entifier"));
            let own = |template: &&Template| {
                template.own && (served || template.words != [NO_ENDPOINTS]) && (named || template.words != [NOT_VALID])
            };
            let all = templates::CAPS.iter().chain(templates::OWN).filter(own);
            let found = all.into_iter().find(|template| template.words.iter().all(|words| said.has(words)));
            let upstream = || said.between(UPSTREAM, &[':']).filter(|name| provider::is_known(name)).map(|_| UPSTREAM);
            let found = found.and_then(|template| template.words.first().copied());
            let cut = || templates::cut_off(said, ITS_OWN).map(|(_, left)| left);
            // Others' providers, of sign-ins and payments, return errors as well.
            let others = |words: &str| {
                let before = said.lower().split(words).next().unwrap_or_default().trim_end();
                !self.whole.has("openrouter") && OTHERS.contains(&before.rsplit(' ').next().unwrap_or_default())
            };
            found.or_else(cut).or_else(|| said.first_of(MARKS).filter(|words| !others(words))).or_else(upstream)
        };
        // The client's own words around an error object may name OpenRouter too, a log may keep its fields.
        let source = || self.stray("limit_source").and_then(|stated| templates::LIMIT_SOURCES.iter().find(|(known, ..)| *known == stated));
        of(&self.said)
            .or_else(|| self.fault.as_ref().and_then(|_| self.whole.first_of(MARKS)))
            .or_else(|| source().map(|(known, ..)| *known))
    }
}

/// A schema, the notes on a release, or a long text with headings or source code: no message of a failure.
fn is_document(text: &str) -> bool {
    // A heading that is a version's number, or one of those under which changes are listed.
    let of_release = |line: &str| {
        let heading = line.strip_prefix('#').map(|rest| rest.trim_start_matches(&['#', ' ', '['][..]));
        let number = |rest: &str| {
            let (version, date) = rest.split_once(&[' ', ']'][..]).unwrap_or((rest, ""));
            let numbers = version.trim_start_matches('v').split('.').filter(|part| part.parse::<u16>().is_ok()).count();
            let date = date.trim_start_matches(|char: char| !char.is_alphanumeric());
            numbers > 1 && (date.is_empty() || date.starts_with("20"))
        };
        heading.is_some_and(|rest| number(rest) || ["Added", "Changed", "Fixed", "Unreleased"].contains(&rest.trim_end_matches(']')))
    };
    let noted = || {
        let head = text.trim_start().get(..13).unwrap_or_default().to_ascii_lowercase();
        ["release notes", "changelog"].iter().any(|words| head.starts_with(words)) || text.lines().take(MOST_SIGNS).any(of_release)
    };
    let headings = || text.lines().filter(|line| line.starts_with('#')).take(3).count() == 3;
    let minified = || text.contains("=>") || text.contains("function(");
    text.contains("\"$ref\"")
        || text.contains("$ref: '#/")
        || text.contains("type: object\n") && text.contains("properties:\n")
        // The mark of a field in the reference of a package.
        || [":heavy_check_mark: |", ":heavy\\_check\\_mark: |", ":heavy_minus_sign: |"].iter().any(|mark| text.contains(mark))
        // Its table, as a page loses it.
        || text.contains("FieldTypeRequiredDescription")
        || noted()
        || text.len() > MOST_OF_A_REPORT && (headings() || minified() || is_code(text))
}

/// A blank in or beside the sentence that begins there: `<model>`, `{{model}}`, `${model}`, `%s`, `N seconds`.
fn has_blank(text: &str, at: usize) -> bool {
    const BLANKS: [&str; 9] = ["${", "%s", "<model", "<slug", "<provider", "{model}", "{provider}", "after n seconds", "than n "];
    let start = text.get(..at).unwrap_or_default().char_indices().rev().nth(40).map_or(0, |(at, _)| at);
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(160).map_or(rest.len(), |(at, _)| at);
    let around = rest.get(..end).unwrap_or_default();
    let named = |(at, _)| around.get(at + 2..).is_some_and(|name: &str| !name.trim_start().starts_with(&['"', '\'', '{'][..]));
    BLANKS.iter().any(|blank| around.contains(blank)) || around.match_indices("{{").any(named)
}

/// Words in quotation marks right behind a word: `the app shows "…"`. Where they were met, an end of a sentence, a
/// colon, a number or nothing stands there, or what meets them.
fn is_mentioned(lower: &str, words: &str, person: impl Fn() -> bool) -> bool {
    lower.match_indices(words).any(|(at, _)| {
        let before = lower.get(..at).unwrap_or_default();
        let lead = before.trim_end_matches(&['"', '\'', '`', '“', '‘', '«', '„'][..]);
        let lead = if lead.len() < before.len() { lead.trim_end() } else { "" };
        let met = ["error", "got", "getting", "received", "returned", "with"].iter().any(|word| lead.ends_with(word));
        // Who tells of themselves, or asks, was told so; a manual tells what a program says.
        let met = met
            || [" message", " says", " said", " saying", " indicating", " stating", " reading", " get", " gives", " gave", " me"]
                .iter()
                .any(|word| lead.ends_with(word))
                && person();
        // What a sentence goes on to say of its quotation.
        let means = || {
            const MEANS: [&str; 15] = [
                "means",
                "just means",
                "simply means",
                "only means",
                "no longer",
                "bedeutet",
                "signifie",
                "veut dire",
                "significa",
                "quer dizer",
                "означает",
                "значит",
                "とは",
                "的意思是",
                "意味着",
            ];
            let marks = |char: char| "\"'`”’»“.」』".contains(char);
            let rest = facts::first_chars(lower.get(at + words.len()..).unwrap_or_default(), MOST_OF_A_QUOTATION);
            let quoted = rest.find(&['"', '`', '”', '»', '’'][..]).and_then(|end| rest.get(end..)).filter(|_| lead.len() < before.len());
            let quoted = quoted.map_or("", |rest| rest.trim_start_matches(marks).trim_start());
            let told = quoted.split(&['.', ',', ';', ':', '—', '('][..]).next().unwrap_or_default();
            let rest = rest.trim_start_matches(marks).trim_start();
            MEANS.iter().any(|verb| rest.starts_with(verb))
                || ["is shown", "is returned", "appears", "indicates"].iter().any(|verb| told.starts_with(verb)) && !person()
                || ["usually means", "typically means", "is openrouter's"].iter().any(|verb| told.contains(verb))
        };
        // `"…" (502)` was met.
        let stated = || {
            let rest = lower.get(at + words.len()..).unwrap_or_default().trim_start_matches(|char| "\"'`”’»“. ".contains(char));
            let rest =
                rest.strip_prefix('(').map(|rest| rest.strip_prefix("openrouter").unwrap_or(rest).trim_start_matches(&[',', ' '][..]));
            let code = rest.and_then(|rest| rest.get(..4));
            code.is_some_and(|code| code.starts_with(&['4', '5'][..]) && code.ends_with(')'))
        };
        lead.chars().next_back().is_some_and(char::is_alphabetic) && !met && !stated() || means()
    })
}

/// A question and its answer, as lists of them have it.
fn is_answered(lower: &str, says: impl Fn(&str) -> bool) -> bool {
    const ASKED: [&str; 9] = ["q: ", "question: ", "frage: ", "pregunta: ", "pergunta: ", "domanda: ", "Вопрос: ", "问：", "問："];
    const ANSWERED: [&str; 8] = ["a: ", "answer: ", "antwort: ", "respuesta: ", "resposta: ", "risposta: ", "Ответ: ", "答："];
    let begins = |line: &str, heads: &[&str]| heads.iter().any(|head| line.starts_with(head));
    let lines = || lower.lines().map(|line| line.trim_start_matches(&['*', '#', '-', ' '][..]));
    // What was asked is what the failure means, and not what it came of.
    lines().any(|line| begins(line, &ASKED) && says(line)) && lines().any(|line| begins(line, &ANSWERED))
}

/// So many of the words, each counted once.
fn has_words(lower: &str, all: &[&str], least: usize) -> bool {
    let mut found: Vec<&str> = Vec::new();
    for word in lower.split(|char: char| !char.is_ascii_alphanumeric()) {
        if all.contains(&word) && !found.contains(&word) {
            found.push(word);
        }
    }
    found.len() >= least
}

/// The error stands in source code: in the same paragraph as it, up to its words.
fn is_in_code(text: &str, message: &str) -> bool {
    let words = message.lines().next().unwrap_or_default();
    // Of a message that is escaped in the text, the longest part between its marks.
    let words = words.split(&['"', '\'', '\\'][..]).max_by_key(|part| part.len()).unwrap_or_default();
    let Some(at) = text.find(words).filter(|_| !words.is_empty()) else { return is_code(text) };
    let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |line| at + line);
    let head = text.get(..end).unwrap_or_default();
    let start = ["\n\n", "```"].iter().filter_map(|mark| head.rfind(mark)).max().unwrap_or(0);
    is_code(head.get(start..).unwrap_or_default())
}

fn is_code(text: &str) -> bool {
    const CODE: [&str; 45] = [
        "@Test",
        "[Fact",
        "```diff",
        "msgid ",
        "exports[",
        "#!",
        "//",
        "/*",
        "def ",
        "return ",
        "<string ",
        "const ",
        "let ",
        "var ",
        "import ",
        "function ",
        "if(",
        "if (",
        "export ",
        "class ",
        "#include",
        "elif ",
        "} else",
        "fn ",
        "pub fn ",
        "func ",
        "fun ",
        "(r\"",
        "async ",
        "switch (",
        "case ",
        "try {",
        "assert",
        "expect(",
        "it(",
        "throw ",
        "match ",
        "#[",
        "test(",
        "rescue ",
        "except ",
        "catch (",
        "} catch",
        "elsif ",
        "unless ",
    ];
    // The trace of a crash quotes the code that it ran through.
    let trace = text.contains("Traceback (most recent call last)") || text.contains("File \"") && text.contains("\", line ");
    // As Apple's programs print an object: no code assigns to a name in quotation marks.
    let dump = text.lines().map(str::trim).any(|line| line.starts_with('"') && line.contains("\" = ") && line.ends_with(';'));
    let lines = || text.lines().map(str::trim);
    let shows = |line: &str| {
        let branch = line.starts_with("if ") && line.ends_with(&[':', '{'][..]);
        let decorator = line.strip_prefix('@').and_then(|rest| rest.split_once('(')).is_some_and(|(name, _)| !name.contains(' '));
        // A row that somebody put into a table of failures.
        let record = line.starts_with('(') || line.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("insert into"));
        // Of a call that looks for words.
        let search = [".includes(", ".contains(", ".test(", ".match("].iter().any(|call| line.contains(call));
        // A change to it; what is new may be a record.
        let change = line.starts_with("@@ -") && !line.starts_with("@@ -0,0");
        // Texts as Rust and Go write them, in a list of cases.
        let case = line.contains("r#\"") || line.starts_with("{\"") && line.ends_with("},") && line.contains("`{");
        let value = line.starts_with("val ") && line.contains(" = ");
        let branch = branch || case || value || line.contains("() => ") || line.starts_with("is ") && line.contains(" -> ");
        branch
            || is_assignment(line)
            || is_statement(line)
            || decorator
            || change
            || search
            || line.ends_with(';') && !record && !dump
            || CODE.iter().any(|head| line.starts_with(head))
    };
    // One call may stand in a log; with the end of another beside it, or a second one, it does not.
    let ends = |line: &str| line == ")" || line.starts_with(&[')', ']', '}'][..]) && line.ends_with("))");
    let calls = lines().filter(|line| is_call(line)).take(2).count();
    !trace && (calls == 2 || calls == 1 && lines().any(ends) || lines().any(shows))
}

/// What a call gives is kept under a name, or a method is called with a text.
fn is_call(line: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    let call = line.split_once(" = ").filter(|(name, _)| is_name(name)).and_then(|(_, value)| value.split_once('('));
    let kept = call.is_some_and(|(name, _)| is_name(name));
    let method = || line.split_once('(').is_some_and(|(name, rest)| name.contains('.') && is_name(name) && rest.contains(&['"', '`'][..]));
    kept || line.ends_with(')') && method()
}

/// A call that goes on in the next line, one of a chain, an object that is made, a text made of values.
fn is_statement(line: &str) -> bool {
    let word = |rest: &str| {
        let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && !"_.".contains(char));
        end.filter(|end| *end > 0 && rest.get(*end..).is_some_and(|rest| rest.starts_with('('))).is_some()
    };
    let made = ["new ", "."].iter().any(|head| line.strip_prefix(head).is_some_and(word));
    // What a program prints of an object begins with the name of its kind.
    let is_kind = line.starts_with(|first: char| first.is_ascii_uppercase()) || line.ends_with("= Err(");
    let open = line.ends_with('(') && !is_kind && (line.contains(" = ") || word(line));
    let text = || line.split_once("${").is_some_and(|(_, value)| word(value));
    made || open || [".into()", ".to_string()", "vec!["].iter().any(|call| line.contains(call)) || text()
}

/// Names under which programs keep what they met.
const MET: [&str; 17] = [
    "message", "msg", "error", "errors", "err", "detail", "details", "reason", "text", "raw", "body", "cause", "response", "stderr",
    "output", "log", "data",
];

/// One word, as names in programs and settings are.
fn is_name(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A constant, or a member that is given an object in several lines: no log writes so.
fn is_assignment(line: &str) -> bool {
    let Some((name, value)) = line.split_once(" = ") else { return false };
    if name.rsplit('.').next().is_some_and(|last| MET.iter().any(|met| last.eq_ignore_ascii_case(met))) {
        return false;
    }
    let is_constant = name.len() > 3 && is_name(name) && !name.bytes().any(|byte| byte.is_ascii_lowercase());
    let of_member = name.contains('.') && name.split('.').all(is_name) && (matches!(value, "{" | "(" | "[") || value.starts_with("[("));
    is_constant && value.starts_with(&['(', '[', '{', '"', '\''][..]) || of_member
}

/// The codes on which a program tries again, as its settings have them, or their shares of all calls, as monitors have them.
fn lists_or_counts(text: &str) -> bool {
    let is_status = |part: &str| part.trim().parse::<u16>().is_ok_and(|code| (400..600).contains(&code));
    let lists = |part: &str| {
        let list = part.split(']').next().unwrap_or_default();
        list.split(',').count() >= MANY_KINDS && list.split(',').all(is_status)
    };
    let is_share = |rest: &str| {
        let share = rest
            .split_once('%')
            .filter(|(number, _)| number.contains('.') && number.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()));
        share.is_some_and(|(_, rest)| !rest.starts_with(" of"))
    };
    let counts = |line: &str| {
        let mut told = line.match_indices(": ").map(|(at, _)| line.split_at(at));
        told.any(|(head, rest)| head.get(head.len().saturating_sub(3)..).is_some_and(is_status) && rest.get(2..).is_some_and(is_share))
    };
    text.split('[').skip(1).any(lists) || text.lines().any(counts)
}

/// Source code and lists of error codes quote failures that nobody met.
fn is_code_or_list(text: &str) -> bool {
    // A line that lists a code, and whether it does so in bold or in a table, as only documents do.
    let listed = |line: &str| {
        let line = line.trim_start();
        // A counter of metrics counts what was met at other times.
        if line.contains("_total{") {
            return Some(true);
        }
        let head = line.trim_start_matches(&['*', '-', '•', '|', '`', ' ', '#'][..]);
        let digits = head.bytes().take_while(u8::is_ascii_digit).count();
        let after = head.get(digits..).unwrap_or_default();
        let is_listed =
            head.len() < line.len() || [" – ", " — ", " - ", " -> ", " => ", ": \"", ": '"].iter().any(|mark| after.starts_with(mark));
        let code = is_listed && digits == 3 && head.starts_with(&['4', '5'][..]);
        let heading = || line.starts_with('#') && [" – ", " — ", " - ", ": "].iter().any(|mark| after.starts_with(mark));
        code.then(|| heading() || ["**", "` |", " |", "`**"].iter().any(|mark| after.starts_with(mark)))
    };
    // `429: …` in several lines, rows of a table or terms of a list, each about a code of its own.
    let told = |line: &str| {
        let row = line.starts_with('|').then(|| line.split(&['(', ' '][..]).find_map(|word| word.split(')').next()?.parse::<u16>().ok()));
        // The term that stands out at the head of a line.
        let term =
            || line.trim_start_matches(&['-', '*', ' '][..]).split_once("**").filter(|_| line.contains("- **") || line.starts_with("* **"));
        let of_term = || term()?.0.split(|char: char| !char.is_ascii_digit()).find_map(|word| word.parse::<u16>().ok());
        let code = row.unwrap_or_else(|| line.get(..4)?.strip_suffix(':')?.parse::<u16>().ok()).or_else(of_term);
        code.filter(|code| (400..600).contains(code))
    };
    let mut all: Vec<u16> = Vec::new();
    for code in text.lines().filter_map(told) {
        if !all.contains(&code) {
            all.push(code);
        }
    }
    if all.len() >= MANY_KINDS {
        return true;
    }
    // Rows of a table that begin with what programs say.
    let row = |line: &&str| {
        line.trim_start()
            .strip_prefix('|')
            .and_then(|rest| rest.split('|').next())
            .is_some_and(|cell| cell.contains('`') && cell.to_ascii_lowercase().contains("error"))
    };
    if text.lines().filter(row).take(2).count() == 2 {
        return true;
    }
    let (mut codes, mut set) = (0, false);
    for in_document in text.lines().filter_map(listed) {
        codes += 1;
        set |= in_document;
    }
    // A table of messages by their codes.
    let entry = |(at, _)| {
        let code = text.get(..at).and_then(|head| head.get(head.len().checked_sub(4)?..));
        code.and_then(|code| code.strip_prefix('"')).is_some_and(|code| code.starts_with(&['4', '5'][..]) && code.parse::<u16>().is_ok())
    };
    is_code(text) || set || codes >= 2 || text.match_indices("\":").any(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_their_shape() {
        // So many bytes of prose behind the head.
        let long = |head: &str, bytes: usize| format!("{head}\n{}", "a word ".repeat(bytes).get(..bytes - head.len() - 1).unwrap());
        let more = MOST_OF_A_REPORT + 1;
        assert!(is_document("{\"$ref\":\"#/components/schemas/Error\"}"));
        for head in ["# One\n## Two\n## Three\n## Four", "items.map(item=>item.id)", "(function(){})()", "return 429"] {
            assert!(is_document(&long(head, more)), "{head}");
            assert!(!is_document(&long(head, MOST_OF_A_REPORT)), "{head}");
        }
        for head in ["# One\n## Two", "What happened"] {
            assert!(!is_document(&long(head, more)), "{head}");
        }
    }
}
