//! The storms as one picture: for each, how many were answered by when, and at the price of how many refused calls.

use crate::model::Outcome;
use std::fmt::Write;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 150.0;
const GAP: f64 = 60.0;
const COLOURS: [&str; 6] = ["#1d5fd1", "#b26a00", "#b3261e", "#6b7280", "#2e7d32", "#c5cad3"];

/// One storm: its title, and each policy's name and outcome.
pub struct Panel {
    pub title: String,
    pub lines: Vec<(&'static str, Outcome)>,
}

/// A row a storm: answered over time on the left, refused over answered on the right.
pub fn svg(panels: &[Panel]) -> String {
    let (width, row) = (2.0 * WIDTH + 3.0 * GAP, HEIGHT + GAP);
    let mut out = String::new();
    let height = row * panels.len() as f64 + GAP;
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">"
    );
    let _ = write!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
    for (n, (name, _)) in panels.first().map_or(&[][..], |panel| &panel.lines).iter().enumerate() {
        let x = GAP + n as f64 * 115.0;
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"12\" width=\"10\" height=\"10\" fill=\"{}\"/><text x=\"{}\" y=\"21\">{name}</text>",
            COLOURS[n % 6],
            x + 14.0
        );
    }
    for (n, panel) in panels.iter().enumerate() {
        let top = GAP + n as f64 * row;
        let last = |of: fn(&(u32, u32)) -> u32| panel.lines.iter().filter_map(|(_, it)| it.served.last().map(of)).max().unwrap_or(1).max(1);
        let (last_ms, most) = (f64::from(last(|it| it.0)), f64::from(last(|it| it.1)));
        let messages = panel.lines.first().map_or(1, |(_, it)| it.messages.max(1)) as f64;
        for (column, what) in [
            (0.0, format!("answered, over {:.0} s", last_ms / 1e3)),
            (1.0, format!("calls refused (to {:.1} M), over answered", most / 1e6)),
        ] {
            let left = GAP + column * (WIDTH + GAP);
            let _ = write!(out, "<text x=\"{left}\" y=\"{}\">{}: {what}</text>", top - 6.0, panel.title);
            let _ = write!(out, "<rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#ccc\"/>");
            for (n, (_, outcome)) in panel.lines.iter().enumerate() {
                let step = (outcome.served.len() / 200).max(1);
                let points = outcome.served.iter().enumerate().step_by(step).map(|(n, (at_ms, refused))| {
                    let share = n as f64 / messages;
                    let (x, y) = if column == 0.0 { (f64::from(*at_ms) / last_ms, share) } else { (share, f64::from(*refused) / most) };
                    format!("{:.1},{:.1}", left + x * WIDTH, top + (1.0 - y) * HEIGHT)
                });
                let points = points.collect::<Vec<_>>().join(" ");
                let _ = write!(out, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>", COLOURS[n % 6]);
            }
        }
    }
    out.push_str("</svg>\n");
    out
}
