//! One manifest a browser, from the common part in `extension/manifest.json`.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::setup::Browser;

/// Who the manifest is for.
#[derive(Clone, Copy)]
pub enum Grants<'a> {
    /// As it ships: openrouter.ai alone, everything else by the person's leave.
    Shipped,
    /// As it ships, on a machine whose person has allowed one more site, such as `https://demo.example/*`.
    Allowed(&'a str),
    /// For tests: on everywhere, open shadow roots.
    Everywhere,
}

/// Marks a test build; see [`TEST_MARK`].
pub const TEST_MARK_PATH: &str = "content/build.js";

/// The script that only test builds have. The bridge looks for it and then makes open shadow roots, which a driver can look into.
pub const TEST_MARK: &str = "\
// Only in test builds, written by `cargo xtask build --test`.
Object.defineProperty(globalThis, 'cooldownBuild', { value: Object.freeze({ test: true }) });
";

/// What stands beside a page, where a person opens it.
const BESIDE: &str = "history.html?beside";

/// What an organisation may set, for the browser that asks.
pub const MANAGED: &str = "managed.json";

/// The manifest of `browser`, as JSON text.
pub fn text(common: &str, browser: Browser, grants: Grants<'_>) -> Result<String> {
    let common = serde_json::from_str(common).context("extension/manifest.json is not JSON")?;
    Ok(format!("{:#}\n", value(common, browser, grants)?))
}

fn value(mut manifest: Value, browser: Browser, grants: Grants<'_>) -> Result<Value> {
    let top = manifest.as_object_mut().context("extension/manifest.json is not an object")?;
    // One version for the crate and the extension.
    top.insert("version".into(), json!(env!("CARGO_PKG_VERSION")));
    match browser {
        Browser::Chromium => {
            // 130: the first that honours use_dynamic_url, which keeps pages from probing for the card.
            top.insert("minimum_chrome_version".into(), json!("130"));
            top.insert("background".into(), json!({ "service_worker": "background.js", "type": "module" }));
            top.insert("storage".into(), json!({ "managed_schema": MANAGED }));
            top.insert("side_panel".into(), json!({ "default_path": BESIDE }));
            // Required, for it warns of nothing and opens nothing by itself; granted later, the panel of a window that is open
            // already is not made, and `sidePanel.open` takes the browser down with it (Chromium 156).
            list(&mut manifest, "/permissions")?.push(json!("sidePanel"));
        }
        Browser::Firefox => {
            top.insert("background".into(), json!({ "scripts": ["background.js"], "type": "module" }));
            // Firefox would open it at once, in front of everybody.
            top.insert(
                "sidebar_action".into(),
                json!({ "default_panel": BESIDE, "default_title": "__MSG_history_heading__", "default_icon": "icons/32.png", "open_at_install": false }),
            );
            // Here the answers of workers can be read too, and not only their status.
            list(&mut manifest, "/optional_permissions")?.extend([json!("webRequestBlocking"), json!("webRequestFilterResponse")]);
            let top = manifest.as_object_mut().context("extension/manifest.json is not an object")?;
            top.insert(
                "browser_specific_settings".into(),
                json!({
                    "gecko": {
                        "id": "cooldown@cooldown.example",
                        // 140: the first that knows data_collection_permissions.
                        "strict_min_version": "140.0",
                        "data_collection_permissions": { "required": ["none"] },
                    },
                    // On Android it is 142.
                    "gecko_android": { "strict_min_version": "142.0" },
                }),
            );
        }
    }
    match grants {
        Grants::Shipped => {}
        Grants::Allowed(site) => list(&mut manifest, "/host_permissions")?.push(json!(site)),
        Grants::Everywhere => {
            *list(&mut manifest, "/host_permissions")? = vec![json!("<all_urls>")];
            let optional = list(&mut manifest, "/optional_permissions")?;
            let wire: Vec<Value> =
                optional.extract_if(.., |name| name.as_str().is_some_and(|name| name.starts_with("webRequest"))).collect();
            list(&mut manifest, "/permissions")?.extend(wire);
            for script in list(&mut manifest, "/content_scripts")? {
                script["matches"] = json!(["<all_urls>"]);
                if script["world"] != "MAIN" {
                    list(script, "/js")?.insert(0, json!(TEST_MARK_PATH));
                }
            }
        }
    }
    Ok(manifest)
}

fn list<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Vec<Value>> {
    value.pointer_mut(pointer).and_then(Value::as_array_mut).with_context(|| format!("{pointer} is no list in extension/manifest.json"))
}

/// Widening what the extension may do is a visible act: it changes a list here.
#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    const BROWSERS: [Browser; 2] = [Browser::Chromium, Browser::Firefox];

    fn made(browser: Browser, grants: Grants<'_>) -> Value {
        let common = fs::read_to_string(crate::root().join("extension/manifest.json")).unwrap();
        serde_json::from_str(&text(&common, browser, grants).unwrap()).unwrap()
    }

    #[test]
    fn shipped_permissions_are_these_and_no_others() {
        for browser in BROWSERS {
            let manifest = made(browser, Grants::Shipped);
            let mut required = vec!["storage", "activeTab", "scripting", "contextMenus", "alarms"];
            if browser == Browser::Chromium {
                required.push("sidePanel");
            }
            assert_eq!(manifest["permissions"], json!(required));
            assert_eq!(manifest["host_permissions"], json!(["https://openrouter.ai/*"]));
            let mut optional = vec!["notifications", "webRequest"];
            if browser == Browser::Firefox {
                optional.extend(["webRequestBlocking", "webRequestFilterResponse"]);
            }
            assert_eq!(manifest["optional_permissions"], json!(optional));
            assert_eq!(manifest["optional_host_permissions"], json!(["https://*/*", "http://*/*", "file:///*"]));
        }
    }

    #[test]
    fn shipped_pages_load_nothing_from_elsewhere_and_ask_for_the_list_of_models_alone() {
        for browser in BROWSERS {
            let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self' \
                          https://openrouter.ai/api/v1/models/; base-uri 'none'; form-action 'none'; object-src 'none'; \
                          require-trusted-types-for 'script'; trusted-types 'none'";
            assert_eq!(made(browser, Grants::Shipped)["content_security_policy"], json!({ "extension_pages": policy }));
        }
    }

    #[test]
    fn shipped_scripts_run_on_openrouter_alone_tap_first() {
        let everything = json!({
            "matches": ["https://openrouter.ai/*"], "run_at": "document_start",
            "all_frames": true, "match_about_blank": true, "match_origin_as_fallback": true,
        });
        for browser in BROWSERS {
            let mut tap = everything.clone();
            tap["js"] = json!(["page/tap.js"]);
            tap["world"] = json!("MAIN");
            let mut bridge = everything.clone();
            bridge["js"] = json!([
                "protocol.js",
                "compat.js",
                "apps.js",
                "content/overlay.js",
                "content/stage.js",
                "content/control.js",
                "content/bridge.js",
                "content/text.js",
                "content/error-page.js",
            ]);
            assert_eq!(made(browser, Grants::Shipped)["content_scripts"], json!([tap, bridge]));
        }
    }

    #[test]
    fn pages_reach_the_card_and_nothing_else_of_ours() {
        for browser in BROWSERS {
            let card =
                json!([{ "resources": ["card.html"], "matches": ["https://*/*", "http://*/*", "file:///*"], "use_dynamic_url": true }]);
            let manifest = made(browser, Grants::Shipped);
            assert_eq!(manifest["web_accessible_resources"], card);
            assert!(manifest.get("externally_connectable").is_none());
        }
    }

    #[test]
    fn beside_a_page_stands_the_history_where_a_person_opens_it() {
        assert_eq!(made(Browser::Chromium, Grants::Shipped)["side_panel"], json!({ "default_path": BESIDE }));
        let firefox = made(Browser::Firefox, Grants::Shipped);
        assert_eq!(
            (&firefox["sidebar_action"]["default_panel"], &firefox["sidebar_action"]["open_at_install"]),
            (&json!(BESIDE), &json!(false))
        );
        assert!(crate::root().join("extension").join(BESIDE.split('?').next().unwrap()).is_file());
    }

    #[test]
    fn the_stores_are_told_why_for_each_permission() {
        let told = fs::read_to_string(crate::root().join("xtask/store/permissions.md")).unwrap();
        for browser in BROWSERS {
            let manifest = made(browser, Grants::Shipped);
            for of in ["permissions", "host_permissions", "optional_permissions", "optional_host_permissions"] {
                for name in manifest[of].as_array().unwrap().iter().filter_map(Value::as_str) {
                    assert!(told.contains(&format!("`{name}`")), "{name}");
                }
            }
        }
    }

    #[test]
    fn keys_are_these_and_no_others() {
        let common = [
            "action",
            "commands",
            "content_scripts",
            "content_security_policy",
            "default_locale",
            "description",
            "host_permissions",
            "icons",
            "manifest_version",
            "name",
            "optional_host_permissions",
            "optional_permissions",
            "options_ui",
            "permissions",
            "short_name",
            "version",
            "web_accessible_resources",
            "background",
        ];
        let own = [
            (Browser::Chromium, vec!["minimum_chrome_version", "storage", "side_panel"]),
            (Browser::Firefox, vec!["browser_specific_settings", "sidebar_action"]),
        ];
        for (browser, own) in own {
            let expected: BTreeSet<&str> = common.into_iter().chain(own).collect();
            let manifest = made(browser, Grants::Shipped);
            assert_eq!(manifest.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
        }
    }

    #[test]
    fn every_file_it_names_is_there() {
        let extension = crate::root().join("extension");
        let manifest = made(Browser::Chromium, Grants::Shipped);
        let mut files: Vec<&str> = vec!["background.js", manifest["storage"]["managed_schema"].as_str().unwrap()];
        files.extend(
            manifest["icons"].as_object().unwrap().values().chain([&manifest["action"]["default_popup"]]).filter_map(Value::as_str),
        );
        files.extend(manifest["action"]["default_icon"].as_object().unwrap().values().filter_map(Value::as_str));
        for script in manifest["content_scripts"].as_array().unwrap() {
            files.extend(script["js"].as_array().unwrap().iter().filter_map(Value::as_str));
        }
        files.extend(manifest["web_accessible_resources"][0]["resources"].as_array().unwrap().iter().filter_map(Value::as_str));
        let missing: Vec<_> = files.into_iter().filter(|file| !extension.join(file).is_file()).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn name_and_description_fit_the_stores() {
        let messages = fs::read_to_string(crate::root().join("extension/_locales/en/messages.json")).unwrap();
        let messages: Value = serde_json::from_str(&messages).unwrap();
        let length = |key: &str| messages[key]["message"].as_str().unwrap().chars().count();
        assert!((1..=75).contains(&length("ext_name")));
        assert!((1..=132).contains(&length("ext_description")));
    }

    #[test]
    fn an_allowed_site_changes_one_line() {
        let mut allowed = made(Browser::Firefox, Grants::Allowed("https://demo.example/*"));
        assert_eq!(allowed["host_permissions"], json!(["https://openrouter.ai/*", "https://demo.example/*"]));
        list(&mut allowed, "/host_permissions").unwrap().pop();
        assert_eq!(allowed, made(Browser::Firefox, Grants::Shipped));
    }

    #[test]
    fn only_test_builds_are_on_everywhere() {
        let manifest = made(Browser::Chromium, Grants::Everywhere);
        assert_eq!(manifest["host_permissions"], json!(["<all_urls>"]));
        let [tap, bridge] = manifest["content_scripts"].as_array().unwrap().as_slice() else { panic!("two scripts") };
        assert_eq!((&tap["matches"], &bridge["matches"]), (&json!(["<all_urls>"]), &json!(["<all_urls>"])));
        assert_eq!(bridge["js"][0], TEST_MARK_PATH);
        assert_eq!(tap["js"], json!(["page/tap.js"]));
        let shipped = made(Browser::Chromium, Grants::Shipped).to_string();
        assert!(!shipped.contains(TEST_MARK_PATH) && !shipped.contains("all_urls"));
    }
}
