//! Where providers that were added at run time may be reached: the same rules as for every address that somebody else
//! than the configuration chose (OPS-8), and a key in the clear only to hosts that the configuration names.

use std::net::IpAddr;

use quorate_models::AddressRule;
use quorate_outbound::Reachable;

/// The rules, as the models ask for them.
#[derive(Debug)]
pub(crate) struct Outward(pub(crate) Reachable);

impl AddressRule for Outward {
    fn url(&self, url: &str) -> Result<(), String> {
        if self.0.url(url).is_err() {
            return Err("leads into a private network: name the host in outbound.allow_hosts first".to_owned());
        }
        if !url.starts_with("https://") && !self.0.is_named(url) {
            return Err("must begin with https://, unless outbound.allow_hosts names the host".to_owned());
        }
        Ok(())
    }

    fn address(&self, host: &str, address: IpAddr) -> bool {
        self.0.address(host, address)
    }
}

#[cfg(test)]
mod tests {
    use quorate_outbound::OutboundConfig;

    use super::*;

    #[test]
    fn a_key_goes_to_public_hosts_by_https_and_elsewhere_only_where_the_configuration_says_so() {
        let hosts = vec!["127.0.0.1".to_owned(), "llm.corp.example".to_owned()];
        let rule = Outward(Reachable::new(&OutboundConfig { allow_hosts: hosts }).unwrap());
        for (url, right) in [
            ("https://api.openai.com/v1", true),
            ("http://api.openai.com/v1", false),
            ("http://127.0.0.1:11434/v1", true),
            ("http://127.0.0.2:11434/v1", false),
            ("https://127.0.0.2:11434/v1", false),
            ("http://llm.corp.example/v1", true),
            ("https://169.254.169.254/v1", false),
            ("https://[fd00::1]/v1", false),
            ("https://0x7f000002/v1", false),
        ] {
            assert_eq!(rule.url(url).is_ok(), right, "{url}");
        }
        // A name that is not named may still turn out to lead inside: then nothing is connected to.
        assert!(rule.url("https://rebinding.example/v1").is_ok());
        assert!(!rule.address("rebinding.example", "10.0.0.1".parse().unwrap()));
    }
}
