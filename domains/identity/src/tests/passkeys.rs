use futures::future::join_all;
use quorate_kernel::Principal;
use quorate_testkit::{SoftPasskey, on_both_databases};
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::IdentityError;
use crate::second_factor::NewPasskey;
use crate::second_factor::webauthn::{AssertionJson, Refusal};
use crate::store::passkeys::Passkey;

const PAGE: &str = "https://board.example.com";

fn device() -> SoftPasskey {
    SoftPasskey::new(PAGE).unwrap()
}

fn assertion(credential: Value) -> AssertionJson {
    serde_json::from_value(credential).unwrap()
}

impl Node {
    async fn add(&self, who: &Principal, challenge: &str, credential: Value) -> Result<Passkey, IdentityError> {
        let credential = serde_json::from_value(credential).unwrap();
        let new = NewPasskey { challenge, credential: &credential, name: Some(" Laptop ") };
        self.identity.add_passkey(who, &new, &Origin::default()).await
    }

    async fn begin(&self, who: &Principal) -> (String, Value) {
        let begun = self.identity.begin_passkey(who, Some(PASSWORD), &Origin::default()).await;
        let (secret, options) = begun.unwrap();
        (secret.expose().to_owned(), options)
    }

    /// Adds the device's passkey.
    async fn bind(&self, who: &Principal, device: &mut SoftPasskey) -> Passkey {
        let (challenge, options) = self.begin(who).await;
        self.add(who, &challenge, device.create(&options).unwrap()).await.unwrap()
    }

    async fn ask(&self) -> (String, Value) {
        let (secret, options) = self.identity.begin_passkey_login().await.unwrap();
        (secret.expose().to_owned(), options)
    }

    async fn log_in_with(&self, device: &mut SoftPasskey) -> Result<SignedIn, IdentityError> {
        let (challenge, options) = self.ask().await;
        self.show(&challenge, device.get(&options).unwrap()).await
    }

    async fn show(&self, challenge: &str, credential: Value) -> Result<SignedIn, IdentityError> {
        self.identity.log_in_with_passkey(challenge, &assertion(credential), Origin::default()).await
    }

    async fn answer_with(&self, email: &str, device: &mut SoftPasskey) -> Result<SignedIn, IdentityError> {
        let challenge = self.half_way(email).await.challenge;
        let options = self.identity.second_factor_passkey_options(&challenge).await?;
        let credential = assertion(device.get(&options).unwrap());
        self.identity.answer_with_passkey(&challenge, &credential, Origin::default()).await
    }
}

/// Makes a device tell a lie.
type Lie = fn(&mut SoftPasskey);

/// What an authenticator or a browser in the wrong hands would say, and why it is not believed.
fn lies() -> Vec<(Refusal, Lie)> {
    vec![
        (Refusal::Origin, |device| device.origin = "https://board.example.com.evil.example".into()),
        (Refusal::Origin, |device| device.origin = "https://board.example.com:8443".into()),
        (Refusal::Origin, |device| device.origin = "http://board.example.com".into()),
        (Refusal::RelyingParty, |device| device.rp_id = Some("example.com".into())),
        (Refusal::CrossOrigin, |device| device.cross_origin = true),
        (Refusal::Challenge, |device| device.challenge = Some("AAAA".into())),
        (Refusal::UserVerification, |device| device.verified = false),
        (Refusal::UserPresence, |device| device.present = false),
    ]
}

on_both_databases! {
    async fn a_passkey_logs_in_alone_and_as_the_second_factor(database: TestDatabase) {
        let node = Node::start(&database).await;
        let who = node.register("ada@example.com").await;
        let (ada, mut device) = (node.principal(&who).await, device());
        (device.counter, device.synced) = (7, true);
        let passkey = node.bind(&ada, &mut device).await;
        assert_eq!((passkey.name.as_str(), passkey.sign_count, passkey.backed_up), ("Laptop", 7, true));
        assert_eq!(node.identity.passkeys(ada.user_id).await.unwrap(), std::slice::from_ref(&passkey));
        assert_eq!(node.half_way("ada@example.com").await.methods, ["passkey"]);
        node.wait(60);
        let alone = node.log_in_with(&mut device).await.unwrap();
        assert_eq!(alone.user.id, who.user.id);
        // As the second factor it need not verify its user, who has shown the password.
        device.verified = false;
        let second = node.answer_with("ada@example.com", &mut device).await.unwrap();
        assert_eq!(node.principal(&second).await.user_id, ada.user_id);
        let used = node.identity.passkeys(ada.user_id).await.unwrap().remove(0);
        assert_eq!((used.sign_count, used.last_used_at), (9, Some(node.clock_now())));
        let mut tx = node.identity.store.system_read("a test looks at what is stored").await.unwrap();
        let strong: i64 = tx.sql("SELECT COUNT(*) FROM identity_login_sessions WHERE second_factor = 1").scalar().await.unwrap();
        assert_eq!(strong, 2);
    }

    async fn registration_believes_no_lie(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        for (why, tell) in lies() {
            let (challenge, options) = node.begin(&ada).await;
            let mut device = device();
            tell(&mut device);
            let refused = node.add(&ada, &challenge, device.create(&options).unwrap()).await;
            let Err(IdentityError::Fields(fields)) = refused else { panic!("{why}") };
            assert_eq!((fields[0].field.as_str(), &fields[0].message), ("credential", &why.to_string()));
        }
        assert!(node.identity.passkeys(ada.user_id).await.unwrap().is_empty());
    }

    async fn a_registration_is_its_owners_once_and_in_time(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let eve = node.principal(&node.register("eve@example.com").await).await;
        for password in [None, Some("wrong")] {
            let begun = node.identity.begin_passkey(&ada, password, &Origin::default()).await;
            assert!(matches!(begun, Err(IdentityError::InvalidCredentials)));
        }
        let (challenge, options) = node.begin(&ada).await;
        let mut laptop = device();
        let credential = laptop.create(&options).unwrap();
        assert!(matches!(node.add(&eve, &challenge, credential.clone()).await, Err(IdentityError::InvalidLink)));
        assert!(node.add(&ada, &challenge, credential.clone()).await.is_ok());
        assert!(matches!(node.add(&ada, &challenge, credential).await, Err(IdentityError::InvalidLink)), "replayed");
        let (challenge, options) = node.begin(&ada).await;
        assert!(laptop.create(&options).is_err(), "the options exclude what is registered");
        // Another account cannot claim the same credential, with whatever key.
        let (theirs, options) = node.begin(&eve).await;
        let mut copy = device();
        copy.credential_id = laptop.credential_id.clone();
        let claimed = node.add(&eve, &theirs, copy.create(&options).unwrap()).await;
        assert!(matches!(claimed, Err(IdentityError::Conflict(_))));
        let mut late = device();
        let credential = late.create(&node.begin(&ada).await.1).unwrap();
        node.wait(300);
        assert!(matches!(node.add(&ada, &challenge, credential).await, Err(IdentityError::InvalidLink)));
    }

    async fn log_in_believes_no_lie(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut honest = device();
        node.bind(&ada, &mut honest).await;
        let handle = honest.user_handle.clone();
        for (why, tell) in lies() {
            tell(&mut honest);
            let refused = node.log_in_with(&mut honest).await;
            assert!(matches!(refused, Err(IdentityError::InvalidCredentials)), "{why}");
            (honest.origin, honest.rp_id, honest.challenge) = (PAGE.into(), None, None);
            (honest.cross_origin, honest.verified, honest.present) = (false, true, true);
        }
        for other in [None, Some("AAAA".to_owned())] {
            honest.user_handle = other;
            assert!(matches!(node.log_in_with(&mut honest).await, Err(IdentityError::InvalidCredentials)));
        }
        honest.user_handle = handle;
        // The right credential id, signed by another key.
        let mut thief = device();
        (thief.credential_id, thief.user_handle) = (honest.credential_id.clone(), honest.user_handle.clone());
        assert!(matches!(node.log_in_with(&mut thief).await, Err(IdentityError::InvalidCredentials)));
        assert!(matches!(node.log_in_with(&mut device()).await, Err(IdentityError::InvalidCredentials)), "unknown");
        assert!(node.log_in_with(&mut honest).await.is_ok());
    }

    async fn an_assertion_is_good_once(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut device = device();
        node.bind(&ada, &mut device).await;
        let (challenge, options) = node.ask().await;
        let credential = device.get(&options).unwrap();
        let many = (0..20).map(|_| {
            let (identity, challenge) = (node.identity.clone(), challenge.clone());
            let credential = assertion(credential.clone());
            tokio::spawn(async move {
                identity.log_in_with_passkey(&challenge, &credential, Origin::default()).await.map(drop)
            })
        });
        let answers: Vec<_> = join_all(many).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(matches!(node.show(&challenge, credential.clone()).await, Err(IdentityError::InvalidLink)));
        let (fresh, _) = node.ask().await;
        assert!(matches!(node.show(&fresh, credential).await, Err(IdentityError::InvalidCredentials)));
        let (late, options) = node.ask().await;
        let credential = device.get(&options).unwrap();
        node.wait(300);
        assert!(matches!(node.show(&late, credential).await, Err(IdentityError::InvalidLink)));
    }

    async fn anothers_passkey_is_no_second_factor_and_no_other_challenge_is_answered(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let eve = node.principal(&node.register("eve@example.com").await).await;
        let (mut adas, mut eves) = (device(), device());
        node.bind(&ada, &mut adas).await;
        node.bind(&eve, &mut eves).await;
        let challenge = node.half_way("ada@example.com").await.challenge;
        let mut options = node.identity.second_factor_passkey_options(&challenge).await.unwrap();
        assert!(eves.get(&options).is_err(), "the options name Ada's only");
        options["publicKey"]["allowCredentials"] = serde_json::json!([]);
        for handle in [eves.user_handle.clone(), adas.user_handle.clone(), None] {
            eves.user_handle = handle;
            let credential = assertion(eves.get(&options).unwrap());
            let refused = node.identity.answer_with_passkey(&challenge, &credential, Origin::default()).await;
            assert!(matches!(refused, Err(IdentityError::InvalidCode)));
        }
        // A signature for a log-in alone, and the half-way challenge, do not stand in for each other.
        let credential = adas.get(&options).unwrap();
        assert!(matches!(node.show(&challenge, credential.clone()).await, Err(IdentityError::InvalidLink)));
        let (alone, _) = node.ask().await;
        assert!(matches!(node.show(&alone, credential.clone()).await, Err(IdentityError::InvalidCredentials)));
        let right = node.identity.answer_with_passkey(&challenge, &assertion(credential), Origin::default()).await;
        assert_eq!(right.unwrap().user.id, ada.user_id);
    }

    async fn five_wrong_passkeys_void_a_challenge(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut device = device();
        node.bind(&ada, &mut device).await;
        let challenge = node.half_way("ada@example.com").await.challenge;
        let options = node.identity.second_factor_passkey_options(&challenge).await.unwrap();
        let right = assertion(device.get(&options).unwrap());
        device.challenge = Some("AAAA".into());
        let wrong = assertion(device.get(&options).unwrap());
        for _ in 0..5 {
            let refused = node.identity.answer_with_passkey(&challenge, &wrong, Origin::default()).await;
            assert!(matches!(refused, Err(IdentityError::InvalidCode)));
        }
        let void = node.identity.answer_with_passkey(&challenge, &right, Origin::default()).await;
        assert!(matches!(void, Err(IdentityError::InvalidLink)));
    }

    async fn a_counter_that_goes_back_is_refused(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut device = device();
        device.counter = 10;
        node.bind(&ada, &mut device).await;
        assert!(node.log_in_with(&mut device).await.is_ok());
        for copied in [11, 10, 0] {
            device.counter = copied;
            assert!(matches!(node.log_in_with(&mut device).await, Err(IdentityError::InvalidCredentials)), "{copied}");
        }
        device.counter = 12;
        assert!(node.log_in_with(&mut device).await.is_ok());
    }

    async fn a_passkey_is_renamed_and_removed_by_its_owner(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let eve = node.principal(&node.register("eve@example.com").await).await;
        let (mut laptop, mut phone, origin) = (device(), device(), Origin::default());
        let first = node.bind(&ada, &mut laptop).await;
        let second = node.bind(&ada, &mut phone).await;
        let theirs = node.identity.rename_passkey(&eve, first.id, "Mine", &origin).await;
        assert!(matches!(theirs, Err(IdentityError::NotFound(_))));
        let theirs = node.identity.remove_passkey(&eve, first.id, Some(PASSWORD), &origin).await;
        assert!(matches!(theirs, Err(IdentityError::NotFound(_))));
        for wrong in ["", "  ", "two\nlines"] {
            let refused = node.identity.rename_passkey(&ada, first.id, wrong, &origin).await;
            assert!(matches!(refused, Err(IdentityError::Fields(_))), "{wrong:?}");
        }
        assert_eq!(node.identity.rename_passkey(&ada, first.id, " Desk ", &origin).await.unwrap().name, "Desk");
        node.identity.remove_passkey(&ada, first.id, None, &origin).await.unwrap();
        assert!(matches!(node.log_in_with(&mut laptop).await, Err(IdentityError::InvalidCredentials)), "removed");
        assert!(node.log_in_with(&mut phone).await.is_ok());
        // The last one takes the second factor with it.
        for password in [None, Some("wrong")] {
            let refused = node.identity.remove_passkey(&ada, second.id, password, &origin).await;
            assert!(matches!(refused, Err(IdentityError::InvalidCredentials)));
        }
        node.identity.remove_passkey(&ada, second.id, Some(PASSWORD), &origin).await.unwrap();
        assert!(node.identity.log_in("ada@example.com", PASSWORD, origin).await.is_ok());
        assert_eq!(node.mails("second_factor_changed").await, 4, "two added, two removed");
    }

    async fn the_last_passkeys_do_not_go_together_without_the_password(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut ids = Vec::new();
        for _ in 0..8 {
            ids.push(node.bind(&ada, &mut device()).await.id);
        }
        let many = ids.into_iter().map(|id| {
            let (identity, ada) = (node.identity.clone(), ada.clone());
            tokio::spawn(async move { identity.remove_passkey(&ada, id, None, &Origin::default()).await })
        });
        let removed = join_all(many).await.into_iter().filter(|done| done.as_ref().unwrap().is_ok()).count();
        assert_eq!((removed, node.identity.passkeys(ada.user_id).await.unwrap().len()), (7, 1));
    }

    async fn the_only_way_in_stays(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut device = device();
        let passkey = node.bind(&ada, &mut device).await;
        let mut tx = node.identity.store.system("a test makes an account without a password").await.unwrap();
        tx.sql("UPDATE identity_users SET password_hash = NULL").execute().await.unwrap();
        tx.commit().await.unwrap();
        let refused = node.identity.remove_passkey(&ada, passkey.id, None, &Origin::default()).await;
        assert!(matches!(refused, Err(IdentityError::Conflict(_))));
        assert!(node.log_in_with(&mut device).await.is_ok());
    }

    async fn without_a_password_only_a_fresh_log_in_proves_anything(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.principal(&node.register("ada@example.com").await).await;
        let mut tx = node.identity.store.system("a test makes an account without a password").await.unwrap();
        tx.sql("UPDATE identity_users SET password_hash = NULL").execute().await.unwrap();
        tx.commit().await.unwrap();
        // The token of another issuer has no log-in of ours behind it.
        let outside = Principal { login_session_id: Uuid::nil(), ..ada.clone() };
        let begun = node.identity.begin_passkey(&outside, None, &Origin::default()).await;
        assert!(matches!(begun, Err(IdentityError::Forbidden(_))));
        assert!(node.identity.begin_passkey(&ada, None, &Origin::default()).await.is_ok());
        node.wait(601);
        let begun = node.identity.begin_passkey(&ada, None, &Origin::default()).await;
        assert!(matches!(begun, Err(IdentityError::Forbidden(_))), "a session that was stolen later");
    }

    async fn a_server_without_a_name_has_no_passkeys_and_skips_none(database: TestDatabase) {
        let named = Node::start(&database).await;
        let ada = named.principal(&named.register("ada@example.com").await).await;
        named.bind(&ada, &mut device()).await;
        assert!(named.identity.passkeys_available());
        let site = Site { public_url: "http://127.0.0.1:8080".into() };
        let deps = Deps { clock: named.clock.clone(), site, ..deps(&database).await };
        let moved = Node { identity: Identity::start(deps).await.unwrap(), clock: Arc::clone(&named.clock) };
        assert!(!moved.identity.passkeys_available());
        assert!(matches!(moved.identity.begin_passkey_login().await, Err(IdentityError::Conflict(_))));
        let begun = moved.identity.begin_passkey(&ada, Some(PASSWORD), &Origin::default()).await;
        assert!(matches!(begun, Err(IdentityError::Conflict(_))));
        let asked = moved.half_way("ada@example.com").await;
        assert_eq!(asked.methods, ["passkey"], "a factor that cannot be shown here is not skipped");
    }
}
