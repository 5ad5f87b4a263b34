//! The certificate: made anew at every start, its key never on disk.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PublicKeyData as _, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use sha2::{Digest as _, Sha256};

const DAY: Duration = Duration::from_secs(86_400);

/// A key, its self-signed certificate, and what a browser must be told to accept it.
pub struct Identity {
    /// base64 of the SHA-256 of the key's SubjectPublicKeyInfo: Chromium's `--ignore-certificate-errors-spki-list`
    pub spki: String,
    /// for clients that take a certificate to trust, such as Node's `ca`
    pub pem: String,
    /// HTTP/1.1 only: an abort is then a closed connection, and a cut one takes nothing else with it
    pub config: Arc<ServerConfig>,
}

impl Identity {
    /// For all of `names`, `*.name` included.
    pub fn for_hosts(names: &[String]) -> Result<Identity> {
        let key = KeyPair::generate().context("key")?;
        let mut params = CertificateParams::new(names).context("names for the certificate")?;
        params.distinguished_name.push(DnType::CommonName, "openrouter.ai stand-in on loopback");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Short and around today: some clients refuse what is valid for more than 398 days.
        let today = date_time_ymd(1970, 1, 1) + SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        params.not_before = today - DAY;
        params.not_after = today + 30 * DAY;
        let certificate = params.self_signed(&key).context("certificate")?;

        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Identity {
            spki: STANDARD.encode(Sha256::digest(key.subject_public_key_info())),
            pem: certificate.pem(),
            config: Arc::new(config),
        })
    }
}
