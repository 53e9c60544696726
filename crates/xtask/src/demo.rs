//! `cargo xtask demo`: the main job in every language against the local emulator, with nothing but what this program
//! installs.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::artifacts;
use crate::install;
use crate::run::{Run, about};
use crate::workspace::Workspace;

/// The names that an access token can travel under.
const TOKEN_HEADERS: &[&str] = &["Authorization", "X-Beamlit-Authorization"];
/// The names that an API key can travel under.
const KEY_HEADERS: &[&str] = &["Authorization", "X-Beamlit-Authorization", "Api-Key", "X-Beamlit-Api-Key"];

pub(crate) fn command(workspace: &Workspace, arguments: Arguments) -> Outcome {
    arguments.end()?;
    install::system(workspace, &[install::DEMO])?;
    install::venv(workspace)?;
    artifacts::commands(workspace)?;
    artifacts::prefix(workspace)?;
    artifacts::wheel(workspace, artifacts::PROFILE)?;
    let programs = Programs::build(workspace)?;
    let emulator = Emulator::start(workspace)?;
    println!(
        "emulator   {}: an API, an authorization server, a service account and a key of its own",
        emulator.api_url
    );
    programs.list_models(workspace, &emulator)?;
    emulator.log_in(workspace)?;
    println!("\nbl login   acme, by device code, approved in the emulator's console by this demo");
    programs.use_login(workspace, &emulator)?;
    println!(
        "\nEach line: a language, how its credential reached the server, and the answer under each header name."
    );
    println!("Next: `bl emulator` keeps one running, and README.md has the lines to paste.");
    Ok(())
}

/// The same small program in every language.
struct Programs {
    rust: PathBuf,
    c: PathBuf,
    python: PathBuf,
    bl: PathBuf,
}

impl Programs {
    fn build(workspace: &Workspace) -> Outcome<Self> {
        let profile = artifacts::PROFILE;
        workspace
            .cargo()
            .args(["build", "--profile", profile, "-p", "beamlit-auth", "--example", "list_models"])
            .finish()?;
        let c = workspace.target.join("list_models");
        let prefix = artifacts::prefix_folder(workspace);
        // The flags come from where a user's build takes them.
        let script = r#"cc -std=c99 -Wall -Wextra -pedantic "$1" -o "$2" $(pkg-config --cflags --libs beamlit-auth libcurl) -Wl,-rpath,"$3""#;
        let cc = workspace
            .run("sh")
            .args(["-c", script, "sh"])
            .arg(workspace.root.join("examples/c/list_models.c"));
        let cc = cc.arg(&c).arg(prefix.join("lib")).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        cc.finish()?;
        let built = workspace.target.join(profile);
        Ok(Self {
            rust: built.join("examples/list_models"),
            c,
            python: workspace.python(),
            bl: built.join("bl"),
        })
    }

    fn list_models(&self, workspace: &Workspace, emulator: &Emulator) -> Outcome {
        let script = workspace.root.join("examples/python/list_models.py");
        for (method, said, names) in [
            ("client_secret_basic", "service account, in the header", TOKEN_HEADERS),
            ("client_secret_post", "service account, in the body  ", TOKEN_HEADERS),
            ("api_key", "API key                       ", KEY_HEADERS),
        ] {
            let run = |program: &PathBuf| emulator.environment(workspace.run(program), method);
            print_row("Rust", said, run(&self.rust).arg(method).args(names))?;
            print_row("C", said, run(&self.c).arg(method).args(names))?;
            print_row("Python", said, run(&self.python).arg(&script).arg(method).args(names))?;
            // The shell's credential comes from the environment, and that has no form of its own.
            if method != "client_secret_post" {
                print_row("shell", said, self.shell(workspace, emulator, method, names))?;
            }
        }
        Ok(())
    }

    /// One login, and every language without another word.
    fn use_login(&self, workspace: &Workspace, emulator: &Emulator) -> Outcome {
        let (method, said) = ("login", "the login of `bl login`       ");
        let script = workspace.root.join("examples/python/list_models.py");
        let run = |program: &PathBuf| emulator.environment(workspace.run(program), method);
        print_row("Rust", said, run(&self.rust).arg(method).args(TOKEN_HEADERS))?;
        print_row("C", said, run(&self.c).arg(method).args(TOKEN_HEADERS))?;
        print_row("Python", said, run(&self.python).arg(&script).arg(method).args(TOKEN_HEADERS))?;
        print_row("shell", said, self.shell(workspace, emulator, method, TOKEN_HEADERS))
    }

    /// `bl headers URL | curl -H @- URL`, once under each name.
    fn shell(&self, workspace: &Workspace, emulator: &Emulator, method: &str, names: &[&str]) -> Run {
        let script = r#"bl=$1 url=$BL_API_URL/models; shift; for name in "$@"; do
            printf '%s%s ' "$comma" "$name"; comma=', '
            "$bl" headers --header "$name" "$url" | curl -s -o /dev/null -w '%{http_code}' -H @- "$url"
        done; echo"#;
        let run = workspace.run("sh").args(["-c", script, "sh"]).arg(&self.bl).args(names);
        emulator.environment(run, method)
    }
}

fn print_row(language: &str, said: &str, run: Run) -> Outcome {
    let answers = run.output()?;
    let answers = answers.trim();
    println!("{language:<10} {said}  {answers}");
    let all_good = answers.split(", ").all(|answer| answer.ends_with(" 200"));
    if all_good { Ok(()) } else { Err(format!("{language} was refused: {answers}")) }
}

/// `bl emulator`, ended with this value, and a home of its own for the login.
struct Emulator {
    child: Child,
    bl: PathBuf,
    home: PathBuf,
    api_url: String,
    api_key: String,
    client_credentials: String,
}

impl Emulator {
    fn start(workspace: &Workspace) -> Outcome<Self> {
        let bl = workspace.target.join(artifacts::PROFILE).join("bl");
        let home = workspace.target.join("demo");
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).map_err(|error| about(&home, &error))?;
        let started = Command::new(&bl).args(["emulator", "--json"]).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("{} did not start: {error}", bl.display()))?;
        let mut ready = String::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut ready);
        }
        let member =
            |name: &str| member(&ready, name).ok_or(format!("the emulator's first line has no {name}"));
        let pair = member("client_id").and_then(|id| Ok(format!("{id}:{}", member("client_secret")?)));
        match (member("api_url"), member("api_key"), pair) {
            (Ok(api_url), Ok(api_key), Ok(client_credentials)) => {
                Ok(Self { child, bl, home, api_url, api_key, client_credentials })
            }
            (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => {
                let _ = child.kill();
                Err(why)
            }
        }
    }

    /// `bl login acme`, approved as soon as it shows its code.
    fn log_in(&self, workspace: &Workspace) -> Outcome {
        let mut login = Command::new(&self.bl);
        login.args(["login", "acme", "--device", "--no-open", "--json"]);
        login.env("HOME", &self.home).env("BL_API_URL", &self.api_url).stdout(Stdio::piped());
        let mut login = login.spawn().map_err(|error| format!("bl login did not start: {error}"))?;
        let mut shown = String::new();
        if let Some(stdout) = login.stdout.as_mut() {
            let _ = BufReader::new(stdout).read_line(&mut shown);
        }
        let user_code =
            member(&shown, "user_code").ok_or(format!("bl login shows no code: {}", shown.trim()))?;
        let approve = format!("{}/_emulator/approve", self.api_url.trim_end_matches("/v0"));
        let code = format!("{{\"user_code\":\"{user_code}\"}}");
        let curl = workspace.run("curl").args(["-sf", "-H", "Content-Type: application/json", "-d"]);
        curl.arg(code).arg(approve).output()?;
        let status = login.wait().map_err(|error| format!("bl login: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("bl login failed ({status})")) }
    }

    /// The credential is handed over in the environment: arguments can be read by everybody on the machine.
    fn environment(&self, run: Run, method: &str) -> Run {
        let run = run.env("BL_API_URL", &self.api_url).env("BL_WORKSPACE", "acme").env("HOME", &self.home);
        match method {
            "login" => run,
            "api_key" => run.env("BL_API_KEY", &self.api_key),
            _ => run.env("BL_CLIENT_CREDENTIALS", &self.client_credentials),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A member of a JSON object in one line whose strings hold nothing that JSON would escape.
fn member(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}
