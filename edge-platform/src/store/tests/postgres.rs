//! A PostgreSQL of the tests' own: one server for all of them, in a temporary folder, on a Unix socket
//! there, and a database for each test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, Executor as _};

use crate::database_url::DatabaseUrl;

/// Where Debian keeps the programs of its versions: `{version}/bin`.
const DEBIAN: &str = "/usr/lib/postgresql";

const USER: &str = "postgres";

/// Starts the server, says so, and waits for the end of its standard input, which comes with the end of
/// the test program, however that ends. Then the server is stopped by its process id.
const SCRIPT: &str = r#"
trap 'rm -rf -- "$folder"' EXIT
folder=$2
"$1/initdb" --pgdata="$2/data" --username=edge --auth=trust --encoding=UTF8 --locale=C --no-sync >"$2/log" 2>&1 &&
"$1/pg_ctl" --pgdata="$2/data" --log="$2/log" --wait --options="-c listen_addresses='' -c unix_socket_directories='$2' \
    -c max_connections=300 -c fsync=off -c synchronous_commit=off" start >>"$2/log" 2>&1 || { tail -n 5 "$2/log"; exit 1; }
echo ready
cat >/dev/null
"$1/pg_ctl" --pgdata="$2/data" --mode=immediate --wait stop >>"$2/log" 2>&1
"#;

struct Server {
    folder: PathBuf,
    /// Its standard input stays open as long as we live.
    _keeper: Child,
}

/// A new empty database. `None`: PostgreSQL is not installed, which is said on standard error; with
/// `CI=true` it is a failure.
pub(super) async fn database() -> Option<DatabaseUrl> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let Some(server) = SERVER.get_or_init(|| programs().map(|folder| start(&folder))) else {
        skip();
        return None;
    };
    let name = format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let url = |name: &str| format!("postgres://edge@localhost/{name}?host={}", server.folder.display());
    let mut connection = sqlx::PgConnection::connect(&url("postgres")).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    connection.close().await.unwrap();
    Some(url(&name).parse().unwrap())
}

fn skip() {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test} needs PostgreSQL");
    // Not by `eprintln!`, which test runners keep to themselves when a test passes.
    let _ = writeln!(
        std::io::stderr(),
        "skipped: {test} needs PostgreSQL, which is not installed (`cargo xtask peers`)"
    );
}

/// The folder with the newest version's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.filter_map(|entry| Some((version(&entry.path())?, entry.path().join("bin")))).max();
    let folders = std::env::var_os("PATH").unwrap_or_default();
    newest
        .map(|(_, folder)| folder)
        .into_iter()
        .chain(std::env::split_paths(&folders))
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

fn start(programs: &Path) -> Server {
    let folder = tempfile::Builder::new().prefix("edge-pg-").tempdir().unwrap().keep();
    let mut command = Command::new("sh");
    command.arg("-c").arg(SCRIPT).arg("sh").arg(programs).arg(&folder);
    // It refuses to run as root, and to start where it cannot look.
    if let Some((user, group)) = other_user() {
        chown(&folder, Some(user), Some(group)).unwrap();
        command.uid(user).gid(group);
    }
    command.current_dir(&folder).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    let keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut keeper = keeper.unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(keeper.stdout.take().unwrap());
    while output.read_line(&mut line).unwrap() > 0 {
        if line.ends_with("ready\n") {
            return Server { folder, _keeper: keeper };
        }
    }
    let status = keeper.wait().unwrap();
    panic!("PostgreSQL does not start ({status}): {line}");
}

/// Who owns it when we are root.
fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;

    // A process's own folder belongs to its user.
    if std::fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with(&format!("{USER}:"))).expect("its package made it");
    let mut fields = line.split(':').skip(2);
    let mut id = || fields.next().and_then(|field| field.parse().ok());
    Some((id()?, id()?))
}
