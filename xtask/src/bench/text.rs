//! Ten megabytes of what stands on ordinary pages, the same on every machine.

use serde_json::json;

/// How much, and in pieces of about what size: those of a page's text nodes.
const BYTES: usize = 10_000_000;
const PIECE_BYTES: usize = 2_048;
const SEED: u64 = 0x0429_2026;

/// Common words, and those that failures and pages about other things share.
const WORDS: &str = "the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not \
    what all were we when your can said there use an each which she do how their if will up other about out many then them these so some \
    her would make like him into time has look two more write go see number no way could people my than first water been call who oil its \
    now find long down day did get come made may part over new sound take only little work know place year live me back give most very \
    after thing our just name good sentence man think say great where help through much before line right too mean old any same tell boy \
    follow came want show also around form three small set put end does another well large must big even such because turn here why ask \
    went men read need land different home us move try kind hand picture again change off play spell air away animal house point page \
    letter mother answer found study still learn should world error limit rate request model provider account key credits server busy \
    wait retry later minute quota token message naïve café Zürich résumé — “quoted” it’s";

/// The pieces.
pub fn pieces() -> Vec<String> {
    let mut source = Source { state: SEED, words: WORDS.split_whitespace().collect() };
    let mut pieces = Vec::new();
    let mut bytes = 0;
    while bytes < BYTES {
        let mut piece = String::with_capacity(PIECE_BYTES + 256);
        while piece.len() < PIECE_BYTES {
            match source.below(20) {
                0 => source.json(&mut piece),
                1 => source.code(&mut piece),
                2 | 3 => source.chat(&mut piece),
                _ => source.sentence(&mut piece),
            }
        }
        bytes += piece.len();
        pieces.push(piece);
    }
    pieces
}

struct Source {
    state: u64,
    words: Vec<&'static str>,
}

impl Source {
    /// SplitMix64, by Steele, Lea and Flood (2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn word(&mut self) -> &'static str {
        let at = self.below(self.words.len() as u64) as usize;
        self.words[at]
    }

    fn sentence(&mut self, to: &mut String) {
        for _ in 0..6 + self.below(14) {
            to.push_str(self.word());
            to.push(' ');
        }
        let number = self.below(2_000);
        to.push_str(&if number < 300 { format!("{number}. ") } else { ". ".to_owned() });
    }

    fn json(&mut self, to: &mut String) {
        let (id, price, amount) = (self.below(100_000), self.below(9_999), self.below(40));
        let (name, tag, note) = (self.word(), self.word(), self.word());
        let stock = json!({ "amount": amount, "late": false });
        let item = json!({ "id": id, "name": name, "price": price as f64 / 100.0, "tags": [tag, note], "stock": stock });
        to.push_str(&format!("\n{item}\n"));
    }

    fn code(&mut self, to: &mut String) {
        let (name, from, size) = (self.word(), self.word(), self.below(512));
        to.push_str(&format!(
            "\nconst {name} = (items) => items.filter((item) => item.{from} > {size});\nif ({name}.length === 0) return null;\n"
        ));
    }

    fn chat(&mut self, to: &mut String) {
        let (hour, minute) = (self.below(24), self.below(60));
        to.push_str(&format!("\n[{hour:02}:{minute:02}] {}: ", self.word()));
        self.sentence(to);
        to.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_same_each_time() {
        let (first, second) = (pieces(), pieces());
        assert_eq!(first, second);
        assert!(first.iter().map(String::len).sum::<usize>() >= BYTES);
        assert!(first.iter().all(|piece| piece.len() < 2 * PIECE_BYTES));
    }
}
