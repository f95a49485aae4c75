use futures::future::join_all;
use quorate_kernel::{Authenticator as _, Principal};
use quorate_testkit::{AuthenticatorApp, on_both_databases};

use super::*;
use crate::mail_token::MailPurpose;
use crate::store::totp;
use crate::{IdentityError, SecondFactorChallenge};

/// Somebody with an authenticator app.
pub(super) struct Guarded {
    pub(super) principal: Principal,
    pub(super) app: AuthenticatorApp,
    pub(super) recovery_codes: Vec<String>,
}

impl Node {
    pub(super) async fn principal(&self, who: &SignedIn) -> Principal {
        self.identity.authenticate(&who.access_token).await.unwrap()
    }

    /// Sets an app up, in the step of time before the one it leaves behind.
    pub(super) async fn guard(&self, who: &SignedIn) -> Guarded {
        let principal = self.principal(who).await;
        let setup = self.identity.set_up_app(&principal, Some(PASSWORD), &Origin::default()).await.unwrap();
        let app = AuthenticatorApp::scan(&setup.uri).unwrap();
        let code = app.code(self.clock_now());
        let recovery_codes = self.identity.confirm_app(&principal, &code, &Origin::default()).await.unwrap();
        self.wait(30);
        Guarded { principal, app, recovery_codes }
    }

    /// The first half of a log-in.
    pub(super) async fn half_way(&self, email: &str) -> SecondFactorChallenge {
        match self.identity.log_in(email, PASSWORD, Origin::default()).await {
            Err(IdentityError::SecondFactorRequired(asked)) => asked,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("the second factor was not asked for"),
        }
    }

    pub(super) async fn answer(&self, challenge: &str, code: &str) -> Result<SignedIn, IdentityError> {
        self.identity.answer_with_code(challenge, code, Origin::default()).await
    }

    /// How many mails of this kind were written.
    pub(super) async fn mails(&self, template: &'static str) -> i64 {
        let mut tx = self.identity.store.system_read("a test counts mails").await.unwrap();
        tx.sql("SELECT COUNT(*) FROM outbound_mails WHERE template = $1").bind(template).scalar().await.unwrap()
    }

    async fn run(&self, sql: &'static str) {
        let mut tx = self.identity.store.system("a test makes what cannot be asked for").await.unwrap();
        tx.sql(sql).execute().await.unwrap();
        tx.commit().await.unwrap();
    }
}

on_both_databases! {
    async fn an_app_counts_once_its_first_code_has_confirmed_it(database: TestDatabase) {
        let node = Node::start(&database).await;
        let who = node.register("ada@example.com").await;
        let (principal, origin) = (node.principal(&who).await, Origin::default());
        let set_up = async |password| node.identity.set_up_app(&principal, password, &origin).await;
        for wrong in [None, Some(""), Some("wrong")] {
            assert!(matches!(set_up(wrong).await, Err(IdentityError::InvalidCredentials)));
        }
        let given_up = AuthenticatorApp::scan(&set_up(Some(PASSWORD)).await.unwrap().uri).unwrap();
        let setup = set_up(Some(PASSWORD)).await.unwrap();
        assert!(setup.uri.starts_with("otpauth://totp/Quorate%20%28board.example.com%29:ada%40example.com?"));
        assert!(setup.uri.contains(&format!("secret={}&", setup.secret)) && setup.qr_svg.contains("<svg"));
        let app = AuthenticatorApp::scan(&setup.uri).unwrap();
        let confirm = async |code: String| node.identity.confirm_app(&principal, &code, &origin).await;
        assert!(matches!(confirm(app.wrong_code(node.clock_now())).await, Err(IdentityError::InvalidCode)));
        assert!(matches!(confirm(given_up.code(node.clock_now())).await, Err(IdentityError::InvalidCode)));
        assert!(node.identity.second_factors(who.user.id).await.unwrap().is_empty());
        assert!(node.identity.log_in("ada@example.com", PASSWORD, Origin::default()).await.is_ok());
        let codes = confirm(app.code(node.clock_now())).await.unwrap();
        assert_eq!(codes.len(), 10);
        assert!(matches!(confirm(app.code(node.clock_now())).await, Err(IdentityError::Conflict(_))), "once");
        assert!(matches!(set_up(Some(PASSWORD)).await, Err(IdentityError::Conflict(_))), "one app");
        let summary = node.identity.second_factor_summary(who.user.id).await.unwrap();
        assert_eq!((summary.totp, summary.recovery_codes_left, summary.passkeys), (true, 10, 0));
        let asked = node.half_way("ada@example.com").await;
        assert_eq!((asked.methods.as_slice(), asked.expires_in), (["totp", "recovery_code"].as_slice(), 300));
        let again = node.answer(&asked.challenge, &app.code(node.clock_now())).await;
        assert!(matches!(again, Err(IdentityError::InvalidCode)), "the code that confirmed is used");
        node.wait(30);
        let spaced = app.code(node.clock_now());
        let signed_in = node.answer(&asked.challenge, &format!(" {} {} ", &spaced[..3], &spaced[3..])).await.unwrap();
        assert_eq!(node.principal(&signed_in).await.user_id, who.user.id);
    }

    async fn a_set_up_that_is_not_confirmed_in_ten_minutes_is_over(database: TestDatabase) {
        let node = Node::start(&database).await;
        let principal = node.principal(&node.register("ada@example.com").await).await;
        let setup = node.identity.set_up_app(&principal, Some(PASSWORD), &Origin::default()).await.unwrap();
        node.wait(600);
        let code = AuthenticatorApp::scan(&setup.uri).unwrap().code(node.clock_now());
        let late = node.identity.confirm_app(&principal, &code, &Origin::default()).await;
        assert!(matches!(late, Err(IdentityError::Conflict(_))));
    }

    async fn a_code_is_good_once(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let (first, second) = (node.half_way("ada@example.com").await, node.half_way("ada@example.com").await);
        let code = ada.app.code(node.clock_now());
        let before = ada.app.code(node.clock_now() - chrono::TimeDelta::seconds(30));
        assert!(node.answer(&first.challenge, &code).await.is_ok());
        assert!(matches!(node.answer(&first.challenge, &code).await, Err(IdentityError::InvalidLink)), "used up");
        for used in [&code, &before] {
            assert!(matches!(node.answer(&second.challenge, used).await, Err(IdentityError::InvalidCode)));
        }
        node.wait(30);
        assert!(node.answer(&second.challenge, &ada.app.code(node.clock_now())).await.is_ok());
    }

    async fn of_twenty_who_use_one_code_at_once_one_gets_in(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let code = ada.app.code(node.clock_now());
        let mut challenges = Vec::new();
        for _ in 0..20 {
            challenges.push(node.half_way("ada@example.com").await.challenge);
        }
        let many = challenges.into_iter().map(|challenge| {
            let (identity, code) = (node.identity.clone(), code.clone());
            tokio::spawn(async move { identity.answer_with_code(&challenge, &code, Origin::default()).await.map(drop) })
        });
        let answers: Vec<_> = join_all(many).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let refused = |answer: &Result<(), IdentityError>| {
            matches!(answer, Ok(()) | Err(IdentityError::InvalidCode | IdentityError::TooManyAttempts(_)))
        };
        assert!(answers.iter().all(refused), "{answers:?}");
    }

    async fn of_twenty_who_use_one_step_or_one_recovery_code_one_does(database: TestDatabase) {
        // Below the back-off, which would turn most of them away before the code is looked at.
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let (user, step) = (ada.principal.user_id, node.clock_now().timestamp() / 30);
        let many = (0..20).map(|_| {
            let store = node.identity.store.clone();
            tokio::spawn(async move {
                let mut tx = store.system("a test uses one step many times").await.unwrap();
                let used = totp::use_step(&mut tx, user, step).await.unwrap();
                tx.commit().await.unwrap();
                used
            })
        });
        let won = join_all(many).await.into_iter().filter(|used| *used.as_ref().unwrap()).count();
        assert_eq!(won, 1);
        let many = (0..20).map(|_| {
            let (identity, principal) = (node.identity.clone(), ada.principal.clone());
            let code = ada.recovery_codes[3].clone();
            tokio::spawn(async move {
                identity.remove_app(&principal, Some(PASSWORD), &code, &Origin::default()).await
            })
        });
        let won = join_all(many).await.into_iter().filter(|used| used.as_ref().unwrap().is_ok()).count();
        assert_eq!(won, 1);
    }

    async fn of_twenty_right_answers_to_one_challenge_one_gets_in(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let challenge = node.half_way("ada@example.com").await.challenge;
        let many = (0..20).map(|n| {
            let (identity, challenge) = (node.identity.clone(), challenge.clone());
            let code = ada.recovery_codes[n % 10].clone();
            tokio::spawn(async move { identity.answer_with_code(&challenge, &code, Origin::default()).await.map(drop) })
        });
        let answers: Vec<_> = join_all(many).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let left = node.identity.second_factor_summary(ada.principal.user_id).await.unwrap().recovery_codes_left;
        assert_eq!(left, 9, "who did not get in has used nothing up");
    }

    async fn five_wrong_codes_void_a_challenge(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let challenge = node.half_way("ada@example.com").await.challenge;
        for _ in 0..5 {
            let wrong = node.answer(&challenge, &ada.app.wrong_code(node.clock_now())).await;
            assert!(matches!(wrong, Err(IdentityError::InvalidCode)));
        }
        let right = ada.app.code(node.clock_now());
        assert!(matches!(node.answer(&challenge, &right).await, Err(IdentityError::InvalidLink)));
        let options = node.identity.second_factor_passkey_options(&challenge).await;
        assert!(matches!(options, Err(IdentityError::InvalidLink)));
        assert!(node.answer(&node.half_way("ada@example.com").await.challenge, &right).await.is_ok());
    }

    async fn a_known_password_does_not_buy_any_number_of_guesses(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let (mut judged, mut turned_away) = (0, 0);
        let mut last = String::new();
        for _ in 0..40 {
            last = node.half_way("ada@example.com").await.challenge;
            match node.answer(&last, &ada.app.wrong_code(node.clock_now())).await {
                Err(IdentityError::InvalidCode) => judged += 1,
                Err(IdentityError::TooManyAttempts(_)) => turned_away += 1,
                other => panic!("{:?}", other.map(drop)),
            }
        }
        assert_eq!((judged, turned_away), (6, 34), "whatever the number of challenges");
        let right = async || node.answer(&last, &ada.app.code(node.clock_now())).await;
        assert!(matches!(right().await, Err(IdentityError::TooManyAttempts(_))), "the right one waits too");
        node.wait(2);
        assert!(right().await.is_ok(), "and waiting has not used up its challenge");
        // Signed in, the codes are guarded alike.
        for n in 0..8 {
            let wrong = ada.app.wrong_code(node.clock_now());
            let removed = node.identity.remove_app(&ada.principal, Some(PASSWORD), &wrong, &Origin::default()).await;
            assert!(matches!(removed, Err(IdentityError::InvalidCode)) == (n < 6), "{n}: {removed:?}");
        }
    }

    async fn a_challenge_is_one_persons_for_five_minutes_and_one_purpose(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let bob = node.guard(&node.register("bob@example.com").await).await;
        let challenge = node.half_way("bob@example.com").await.challenge;
        for foreign in [ada.app.code(node.clock_now()), ada.recovery_codes[0].clone()] {
            assert!(matches!(node.answer(&challenge, &foreign).await, Err(IdentityError::InvalidCode)));
        }
        let (alone, _) = node.identity.begin_passkey_login().await.unwrap();
        for other in [alone.expose(), "qc_nothing", ""] {
            let answer = node.answer(other, &bob.app.code(node.clock_now())).await;
            assert!(matches!(answer, Err(IdentityError::InvalidLink)), "{other}");
        }
        node.wait(300);
        let late = node.answer(&challenge, &bob.app.code(node.clock_now())).await;
        assert!(matches!(late, Err(IdentityError::InvalidLink)));
    }

    async fn recovery_codes_are_good_once_and_renewed_with_the_app_only(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let enter = async |code: &str| node.answer(&node.half_way("ada@example.com").await.challenge, code).await;
        assert!(enter(&ada.recovery_codes[0].to_uppercase().replace('-', " ")).await.is_ok());
        assert_eq!(node.mails("second_factor_changed").await, 2, "the owner hears of it");
        assert!(matches!(enter(&ada.recovery_codes[0]).await, Err(IdentityError::InvalidCode)));
        let renew = async |code: &str| node.identity.renew_recovery_codes(&ada.principal, code, &Origin::default()).await;
        assert!(matches!(renew(&ada.recovery_codes[1]).await, Err(IdentityError::InvalidCode)));
        let new = renew(&ada.app.code(node.clock_now())).await.unwrap();
        assert_eq!(new.len(), 10);
        assert!(matches!(enter(&ada.recovery_codes[1]).await, Err(IdentityError::InvalidCode)), "replaced");
        for code in &new {
            assert!(enter(code).await.is_ok());
        }
        assert_eq!(node.half_way("ada@example.com").await.methods, ["totp"]);
        let mut tx = node.identity.store.system_read("a test looks at what is stored").await.unwrap();
        let stored: Vec<(String,)> = tx.sql("SELECT code_hash FROM identity_recovery_codes").all().await.unwrap();
        assert!(stored.iter().all(|(hash,)| hash.len() == 64), "{stored:?}");
    }

    async fn the_app_goes_with_password_and_code_and_takes_the_recovery_codes_along(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let remove = async |password: Option<&str>, code: &str| {
            node.identity.remove_app(&ada.principal, password, code, &Origin::default()).await
        };
        let code = ada.app.code(node.clock_now());
        for password in [None, Some("wrong")] {
            assert!(matches!(remove(password, &code).await, Err(IdentityError::InvalidCredentials)));
        }
        let wrong = ada.app.wrong_code(node.clock_now());
        assert!(matches!(remove(Some(PASSWORD), &wrong).await, Err(IdentityError::InvalidCode)));
        remove(Some(PASSWORD), &ada.recovery_codes[9]).await.unwrap();
        assert_eq!(node.identity.second_factor_summary(ada.principal.user_id).await.unwrap(), Default::default());
        assert!(node.identity.log_in("ada@example.com", PASSWORD, Origin::default()).await.is_ok());
        assert!(matches!(remove(Some(PASSWORD), &code).await, Err(IdentityError::InvalidCode)), "there is none");
    }

    async fn a_reset_password_leaves_the_second_factor_and_ends_what_was_half_way(database: TestDatabase) {
        let node = Node::start(&database).await;
        let who = node.register("ada@example.com").await;
        let ada = node.guard(&who).await;
        let before = node.half_way("ada@example.com").await.challenge;
        let mut tx = node.identity.store.system("a test asks for a mail's link").await.unwrap();
        let link = node.identity.mail_link(&mut tx, MailPurpose::PasswordReset, who.user.id, "ada@example.com").await.unwrap();
        tx.commit().await.unwrap();
        let token = link.split_once("token=").unwrap().1;
        let (new, origin) = ("nine purple parasols", Origin::default());
        node.identity.reset_password(token, new, &origin).await.unwrap();
        let code = ada.app.code(node.clock_now());
        assert!(matches!(node.answer(&before, &code).await, Err(IdentityError::InvalidLink)), "the old password's");
        let asked = node.identity.log_in("ada@example.com", new, origin).await;
        let Err(IdentityError::SecondFactorRequired(asked)) = asked else { panic!("a reset skips the second factor") };
        assert!(node.answer(&asked.challenge, &code).await.is_ok());
    }

    async fn operators_are_powerless_until_they_show_two_factors(database: TestDatabase) {
        let clock = Arc::new(HeldClock::default());
        let mut deps = Deps { clock: clock.clone(), ..deps(&database).await };
        deps.config.operators_need_second_factor = true;
        let node = Node { identity: Identity::start(deps).await.unwrap(), clock };
        let link = node.identity.first_operator_link().await.unwrap().unwrap();
        let made = node.identity.register_first_operator(&link, &account("ada@example.com"), Origin::default()).await;
        let who = made.unwrap();
        assert!(who.user.operator && !node.principal(&who).await.operator);
        let ada = node.guard(&who).await;
        assert!(!node.principal(&who).await.operator, "having one is not showing it");
        let asked = node.half_way("ada@example.com").await;
        let strong = node.answer(&asked.challenge, &ada.app.code(node.clock_now())).await.unwrap();
        assert!(node.principal(&strong).await.operator);
        let refreshed = node.identity.refresh(strong.refresh_token.expose(), Origin::default()).await.unwrap();
        assert!(node.principal(&refreshed).await.operator, "also with the next pair");
    }

    async fn the_owner_hears_of_every_change_and_of_a_guesser(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let origin = Origin::default();
        node.identity.renew_recovery_codes(&ada.principal, &ada.app.code(node.clock_now()), &origin).await.unwrap();
        assert_eq!(node.mails("second_factor_changed").await, 2, "added, renewed");
        for _ in 0..6 {
            let challenge = node.half_way("ada@example.com").await.challenge;
            assert_eq!(node.mails("locked_out").await, 0);
            node.answer(&challenge, &ada.recovery_codes[0]).await.map(drop).unwrap_err();
        }
        assert_eq!(node.mails("locked_out").await, 1, "who guesses codes has the password");
        node.wait(30);
        let code = ada.app.code(node.clock_now());
        node.identity.remove_app(&ada.principal, Some(PASSWORD), &code, &origin).await.unwrap();
        assert_eq!(node.mails("second_factor_changed").await, 3);
        let mut tx = node.identity.store.system_read("a test reads the audit log").await.unwrap();
        let noted: Vec<(String,)> = tx.sql("SELECT action FROM audit_entries ORDER BY sequence").all().await.unwrap();
        for (action, times) in [
            ("identity.totp_added", 1),
            ("identity.codes_renewed", 1),
            ("identity.second_factor_failed", 6),
            ("identity.totp_removed", 1),
        ] {
            assert_eq!(noted.iter().filter(|(noted,)| noted == action).count(), times, "{action}: {noted:?}");
        }
    }

    async fn a_secret_moved_to_another_account_opens_nothing(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        node.guard(&node.register("bob@example.com").await).await;
        // Whoever can write to the database, but has no master key, puts a secret they know in another's row.
        node.run(
            "UPDATE identity_totp SET last_step = 0, sealed_secret = (SELECT t.sealed_secret FROM identity_totp t \
             JOIN identity_users u ON u.id = t.user_id WHERE u.email = 'ada@example.com')",
        )
        .await;
        let challenge = node.half_way("bob@example.com").await.challenge;
        let forged = node.answer(&challenge, &ada.app.code(node.clock_now())).await;
        assert!(matches!(forged, Err(IdentityError::Sealed(_))));
    }

    async fn a_person_suspended_half_way_stays_out(database: TestDatabase) {
        let node = Node::start(&database).await;
        let ada = node.guard(&node.register("ada@example.com").await).await;
        let challenge = node.half_way("ada@example.com").await.challenge;
        node.run("UPDATE identity_users SET suspended_at = 1").await;
        let answer = node.answer(&challenge, &ada.app.code(node.clock_now())).await;
        assert!(matches!(answer, Err(IdentityError::Suspended)));
    }
}
