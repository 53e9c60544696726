use super::{Config, Environment};
use crate::error::ErrorKind;

fn environment(change: impl FnOnce(&mut Environment)) -> Environment {
    let mut environment = Environment::default();
    change(&mut environment);
    environment
}

#[test]
fn an_argument_wins_over_the_environment_and_that_over_the_default() {
    let both = environment(|e| e.api_url = Some("http://127.0.0.1:1/v0".into()));
    let api_url =
        |config: Config, e: &Environment| config.settle(e).unwrap().api_url.unwrap().as_str().to_owned();
    assert_eq!(api_url(Config::new().api_url("http://127.0.0.1:2/v0"), &both), "http://127.0.0.1:2/v0");
    assert_eq!(api_url(Config::new(), &both), "http://127.0.0.1:1/v0");
    assert_eq!(api_url(Config::new(), &Environment::default()), "https://api.beamlit.com/v0");
    assert_eq!(
        api_url(Config::new(), &environment(|e| e.env = Some("dev".into()))),
        "https://api.beamlit.dev/v0"
    );
    assert_eq!(
        api_url(Config::new().platform("blaxel"), &Environment::default()),
        "https://api.blaxel.ai/v0"
    );
}

#[test]
fn origins_are_the_platforms_own_unless_the_base_url_is_set() {
    let origins = |config: Config| {
        config
            .settle(&Environment::default())
            .unwrap()
            .origins
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let hosts = |platform: &str, env: &str| {
        let environment = environment(|e| e.env = Some(env.into()));
        let settings = Config::new().platform(platform).settle(&environment).unwrap();
        settings.origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        [("beamlit", "prod"), ("beamlit", "local"), ("blaxel", "prod"), ("blaxel", "dev")]
            .map(|(p, e)| hosts(p, e)),
        [
            "https://api.beamlit.com https://run.beamlit.com https://app.beamlit.com https://us.registry.beamlit.com",
            "http://localhost:8080 https://run.beamlit.dev http://localhost:3000 https://eu.registry.beamlit.dev",
            "https://api.blaxel.ai https://run.blaxel.ai https://app.blaxel.ai https://us.registry.blaxel.ai",
            "https://api.blaxel.dev https://run.blaxel.dev https://app.blaxel.dev https://eu.registry.blaxel.dev",
        ]
    );
    assert_eq!(origins(Config::new().api_url("http://127.0.0.1:2/v0")), ["http://127.0.0.1:2"]);
    assert_eq!(origins(Config::new().platform("https://login.example.com")), [""; 0]);
    assert_eq!(
        origins(Config::new().platform("https://login.example.com").allow_origin("https://api.example.com")),
        ["https://api.example.com"]
    );
}

#[test]
fn what_cannot_be_used_is_named_and_not_repeated() {
    let key = "BL_0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let cases = [
        (Config::new().workspace(key), "the workspace looks like an API key"),
        (Config::new().workspace(key.to_lowercase()), "the workspace looks like an API key"),
        (Config::new().workspace("a/../b"), "the workspace is not a name"),
        (Config::new().workspace(""), "the workspace is not a name"),
        (Config::new().workspace("a:CANARY"), "the workspace is not a name"),
        (Config::new().api_url("http://example.com/v0"), "api_url"),
        (Config::new().api_url("https://u:CANARY@example.com/"), "api_url"),
        (Config::new().platform("nonsense"), "platform"),
        (Config::new().platform("http://login.example.com"), "platform"),
        (Config::new().allow_origin("https://api.example.com/path"), "allow_origin"),
        (Config::new().user_agent("a\r\nb"), "user_agent"),
    ];
    for (config, expected) in cases {
        let error = config.settle(&Environment::default()).err().unwrap_or_else(|| panic!("{expected}"));
        assert!(error.message().contains(expected), "{error}");
        assert!(
            !error.message().contains("CANARY") && !error.message().to_uppercase().contains(key),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_environment_is_named() {
    let error = Config::new().settle(&environment(|e| e.env = Some("staging".into()))).err().unwrap();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::InvalidConfig, "BL_ENV is none of prod, dev and local")
    );
}
