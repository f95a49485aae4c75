//! Several targets of a route, and several routes of a board, so that it is not of one mind (GTW-1, GTW-11).

use std::collections::BTreeSet;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_next_target_answers_when_the_first_is_down() {
    for kind in KINDS {
        // One that nobody listens at, and one that refuses.
        let refuses = Rule {
            matching: quorate_testkit::models::Match { model: Some("broken".to_owned()), ..Default::default() },
            act: status(503),
            times: None,
        };
        let scene = Scene::new(kind, &[refuses], |config| {
            let dead = quorate_models::ProviderConfig::new("dead", ProviderKind::OpenAiCompatible)
                .at("http://127.0.0.1:9/v1")
                .with_key("sk-dead");
            config.providers.push(dead);
            config.routes = vec![RouteConfig::new("default", ["dead/mind", "scripted/broken", "scripted/mind"])];
        })
        .await;
        let course = scene.run().await;
        course.assert_whole(&format!("{kind:?}"));
        assert_eq!(
            course.report["method"]["models"],
            json!(["scripted/mind"]),
            "who answered, not who was asked first"
        );
        assert!(course.contributions.iter().all(|said| said["model"] == "scripted/mind"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_take_the_boards_routes_in_turn() {
    let models = ScriptedModels::start().await.unwrap();
    models.script(&[one_part()]).await.unwrap();
    let mut models_config = config(&models, ProviderKind::OpenAiCompatible);
    models_config.providers.push(models.provider("another", ProviderKind::Anthropic));
    models_config.routes.push(RouteConfig::new("other", ["another/mind"]));
    let app = TestApp::builder(TestDatabase::sqlite().unwrap())
        .models(models_config)
        .configure(|config| config.board.routes = vec!["default".to_owned(), "other".to_owned()])
        .start()
        .await;
    let course = Scene { models, app };
    let course = course.run().await;
    course.assert_whole("two routes");
    assert_eq!(course.report["method"]["models"], json!(["another/mind", "scripted/mind"]));
    let seats: BTreeSet<(&str, &str)> = course
        .contributions
        .iter()
        .map(|said| (said["persona_code"].as_str().unwrap(), said["model"].as_str().unwrap()))
        .collect();
    let turns = ["scripted/mind", "another/mind", "scripted/mind"];
    assert_eq!(seats, SEATS.into_iter().zip(turns).collect());
}
