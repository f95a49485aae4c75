mod bench;
mod gateway;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::config::LogFormat;
pub(crate) use bench::{BenchBoardOptions, BenchOptions, BenchOutput, BenchWhat, Method};
pub(crate) use gateway::{KeysAction, KeysOptions, NewKeyOptions, RoutesOptions, UsageBy, UsageOptions};

/// Headings and names in help texts.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Cyan.on_default().bold())
    .usage(AnsiColor::Cyan.on_default().bold())
    .literal(AnsiColor::Green.on_default().bold())
    .placeholder(AnsiColor::Yellow.on_default());

/// Quorate: an AI board that deliberates on hard decisions, on your own machine.
#[derive(Debug, Parser)]
#[command(
    name = "quorate",
    version,
    styles = STYLES,
    max_term_width = 100,
    propagate_version = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a board ended without a result, or a \
                  measurement before its end.\n\
                  Any configuration key can be given as QUORATE__SECTION__KEY in the environment."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The directory of this installation: database, keys, files
    #[arg(
        long,
        global = true,
        help_heading = "Options of every command",
        value_name = "DIR",
        env = "QUORATE_DATA_DIR",
        default_value = "./data"
    )]
    pub(crate) data_dir: PathBuf,
    /// The configuration file [default: quorate.toml in the current or the data directory, if there is one]
    #[arg(long, global = true, help_heading = "Options of every command", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How log lines look
    #[arg(long, global = true, help_heading = "Options of every command", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Log more; twice for everything
    #[arg(short, long, global = true, help_heading = "Options of every command", action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server
    Serve(ServeOptions),
    /// Put a decision to a board, here in the terminal
    Board(Box<BoardOptions>),
    /// Measure on questions with known answers
    Bench(BenchOptions),
    /// List the models, their routes and prices
    Models(ModelsOptions),
    /// Check or show the configuration
    Config(ConfigOptions),
    /// Look for what would keep Quorate from working, and say what to do about it
    Doctor(DoctorOptions),
    /// Bring the database's schema up to date
    Migrate(MigrateOptions),
    /// Look after people's accounts
    Users(UsersOptions),
    /// Look after organizations
    Orgs(OrgsOptions),
    /// Look after API keys, and the keys that sign access tokens
    Keys(KeysOptions),
    /// Tell what was used, and what it cost
    Usage(UsageOptions),
    /// List the routes to models, with their targets in order
    Routes(RoutesOptions),
    /// Read the audit log, and check that nobody has tampered with it
    Audit(AuditOptions),
    /// Print completions for a shell
    Completions(CompletionsOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BoardOptions {
    /// The decision, in your own words; "-" reads it from standard input
    #[arg(value_name = "DECISION")]
    pub(crate) decision: String,
    /// How far the board goes
    #[arg(long, value_enum)]
    pub(crate) mode: Option<BoardMode>,
    /// Who sits on the board: two to eight persona codes between commas
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) personas: Option<Vec<String>>,
    /// The most discussion rounds, 1 to 10
    #[arg(long, value_name = "ROUNDS")]
    pub(crate) max_rounds: Option<i64>,
    /// What the board should know, as often as needed: --context budget="200k euros"
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) context: Vec<(String, String)>,
    /// Attach a file (text, Markdown, CSV, PDF or DOCX), as often as needed
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Vec<PathBuf>,
    /// Let the board ask up to three questions first
    #[arg(long)]
    pub(crate) clarify: bool,
    /// The decision cannot be undone: three quarters of the votes must carry it
    #[arg(long)]
    pub(crate) one_way_door: bool,
    /// Who answers instead of the configured routes: a route, or provider/model
    #[arg(long, value_name = "ROUTE", visible_alias = "route")]
    pub(crate) model: Option<String>,
    /// The provider of --model, when that is a bare model name
    #[arg(long, value_name = "NAME", requires = "model")]
    pub(crate) provider: Option<String>,
    /// The most the session may cost, in US dollars
    #[arg(long, value_name = "USD")]
    pub(crate) cost_ceiling: Option<f64>,
    /// Print events as JSON lines
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the report to a file, as its name says: .md, .pdf, .docx or .json
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How far a board goes (BRD-26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoardMode {
    /// Independent drafts, a blind vote, the report
    Quick,
    /// One or two rounds where the seats disagree
    Standard,
    /// Discussion up to the limit
    Deep,
    /// Two seats that differ first, the others only where those disagree
    Auto,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsOptions {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigOptions {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// List every problem; exit code 2 when there is one
    Check,
    /// Print the values in force and where each comes from, secrets masked
    Show,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Do not ask the providers
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateOptions {
    /// Only tell how many migrations are pending; exit code 1 when there are any
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UsersOptions {
    #[command(subcommand)]
    pub(crate) action: UsersAction,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UsersAction {
    /// List accounts, the newest first
    List {
        /// Only those whose address or name contains this
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// At most this many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// Show one account
    Show {
        /// The address or the id
        user: String,
    },
    /// Make an account; prints a link to set the password unless one is given
    Create {
        /// The address to log in with
        email: String,
        /// What the person is called
        #[arg(long)]
        name: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Make the account an operator's
        #[arg(long)]
        operator: bool,
    },
    /// Keep an account out, and end its log-ins
    Suspend {
        /// The address or the id
        user: String,
    },
    /// Let a suspended account in again
    Resume {
        /// The address or the id
        user: String,
    },
    /// Set a password, or print a link to set one
    SetPassword {
        /// The address or the id
        user: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make an account an operator's
    MakeOperator {
        /// The address or the id
        user: String,
    },
    /// Take the operator's rights from an account
    RemoveOperator {
        /// The address or the id
        user: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OrgsOptions {
    #[command(subcommand)]
    pub(crate) action: OrgsAction,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrgsAction {
    /// List organizations, the newest first
    List {
        /// Only those whose name contains this
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// At most this many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// Show one organization
    Show {
        /// Its id
        org: uuid::Uuid,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AuditOptions {
    #[command(subcommand)]
    pub(crate) action: AuditAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditAction {
    /// Check the whole log; exit code 1 when an entry was changed, removed or put in
    Verify,
    /// List entries, the newest first
    List {
        /// Only actions that begin so: identity.login
        #[arg(long, value_name = "PREFIX")]
        action: Option<String>,
        /// Only what this person did, or what was done to them: the address or the id
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// At most this many, up to 200
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the whole log as JSON lines, the oldest first
    Export {
        /// Only actions that begin so
        #[arg(long, value_name = "PREFIX")]
        action: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write it as key=value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_board_is_convened_with_its_flags() {
        let arguments = Arguments::try_parse_from([
            "quorate",
            "board",
            "Should we?",
            "--mode",
            "deep",
            "--personas",
            "a,b,c",
            "--context",
            "budget=2=2",
            "--data-dir",
            "/x",
        ])
        .unwrap();
        assert_eq!(arguments.global.data_dir, PathBuf::from("/x"));
        let Command::Board(board) = arguments.command else { panic!("not a board") };
        assert_eq!(board.personas.as_deref().map(<[String]>::len), Some(3));
        assert_eq!(board.context, [("budget".to_owned(), "2=2".to_owned())]);
        assert_eq!(board.mode, Some(BoardMode::Deep));
        assert!(Arguments::try_parse_from(["quorate", "board", "x", "--context", "budget"]).is_err());
        assert!(Arguments::try_parse_from(["quorate", "board", "x", "--provider", "p"]).is_err());
    }
}
