//! Providers: by which slug requests name them, and which take keys of one's own.

/// Whether a key of one's own can be stored for the provider; one that is not known here may be new.
#[must_use]
pub(crate) fn takes_own_keys(provider: Option<&str>) -> bool {
    !matches!(provider, Some("Stealth" | "Crucible" | "Claude Platform on AWS" | "VoyageAI by MongoDB"))
}

/// Display names whose slug is not their lower case with hyphens. Source: OpenRouter's list of providers, August 2026.
const ODD_SLUGS: [(&str, &str); 10] = [
    ("Google", "google-vertex"),
    ("AionLabs", "aion-labs"),
    ("AtlasCloud", "atlas-cloud"),
    ("InferenceNet", "inference-net"),
    ("OpenInference", "open-inference"),
    ("Mancer 2", "mancer"),
    ("Moonshot AI", "moonshotai"),
    ("Thinking Machines", "thinkingmachines"),
    ("VoyageAI by MongoDB", "voyageai"),
    ("Claude Platform on AWS", "claude-on-aws"),
];

/// The slug by which requests name a provider.
pub(crate) fn slug(name: &str) -> Option<String> {
    if let Some((_, slug)) = ODD_SLUGS.iter().find(|(known, _)| *known == name) {
        return Some((*slug).to_owned());
    }
    let slug = name.to_ascii_lowercase().replace(&[' ', '.'][..], "-");
    slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-').then_some(slug)
}

/// Slugs of the providers that have a page for keys of one's own, one string as the smallest form of a list.
/// Source: OpenRouter's OpenAPI file, August 2026.
const TAKES_OWN_KEYS: &str = "ai21 aion-labs akashml alibaba amazon-bedrock amazon-nova ambient anthropic arcee-ai atlas-cloud avian azure baidu \
    baseten black-forest-labs byteplus cerebras chutes cirrascale clarifai cloudflare cohere coreweave crusoe darkbloom \
    databricks decart deepgram deepinfra deepseek dekallm digitalocean featherless fireworks fish-audio friendli gmicloud \
    google-ai-studio google-vertex groq heygen inception inceptron inferact-vllm inference-net infermatic inflection io-net \
    ionstream krea liquid makora mancer mara meta minimax mistral modal modelrun modular moonshotai morph ncompass nebius \
    nex-agi nextbit novita nvidia open-inference openai parasail perceptron perplexity phala poolside quiver recraft reka \
    relace runway sail-research sakana sakana-ai sambanova seed siliconflow sourceful stepfun streamlake switchpoint tencent \
    tenstorrent thinkingmachines together upstage venice wafer wandb wandb-legacy xai xiaomi z-ai";

/// Slugs of providers that OpenRouter had, and of names that people give to those it has; failures name them.
const HAD: &str = "anyscale cent-ml enfer huggingface hyperbolic kluster lambda lepton lynn nineteen octoai recursal reflection replicate targon together-ai ubicloud";

/// Whether OpenRouter has, or had, a provider of that name.
#[must_use]
pub(crate) fn is_known(name: &str) -> bool {
    let listed = |slug: &str| [TAKES_OWN_KEYS, HAD].iter().any(|all| all.split(' ').any(|known| known == slug));
    !takes_own_keys(Some(name)) || ODD_SLUGS.iter().any(|(known, _)| *known == name) || slug(name).is_some_and(|slug| listed(&slug))
}

/// The slug of the provider's page for keys of one's own, where it is known to have one.
#[must_use]
pub(crate) fn own_key_slug(name: &str) -> Option<String> {
    slug(name).filter(|slug| TAKES_OWN_KEYS.split(' ').any(|known| known == slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_slugs() {
        assert_eq!(slug("Google AI Studio").as_deref(), Some("google-ai-studio"));
        assert_eq!(slug("Google").as_deref(), Some("google-vertex"));
        assert_eq!(slug("Dr. A. Novak's"), None);
        assert_eq!(own_key_slug("Z.AI").as_deref(), Some("z-ai"));
        assert_eq!(own_key_slug("Stealth"), None);
        assert!(is_known("Cerebras") && is_known("Stealth") && is_known("Mancer 2"));
        assert!(!is_known("Stripe") && !is_known("Dr. A. Novak"));
    }
}
