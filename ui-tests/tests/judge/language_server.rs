//! Talks to a language server as an editor does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// It builds the macros first.
const PATIENCE: Duration = Duration::from_secs(300);

/// Ended when it is dropped.
pub(crate) struct LanguageServer {
    child: Child,
    stdin: ChildStdin,
    said: Receiver<Value>,
    last: u64,
}

impl LanguageServer {
    /// Starts it for a package, and waits until it knows that.
    pub(crate) fn start(mut server: Command, folder: &Path) -> Self {
        let piped = server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let (stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let (say, said) = mpsc::channel();
        thread::spawn(move || while read(&mut stdout).is_some_and(|message| say.send(message).is_ok()) {});
        let mut this = Self { child, stdin, said, last: 0 };
        this.ask(
            "initialize",
            &json!({
                "processId": null,
                "rootUri": uri(folder),
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": { "diagnostic": {} },
                },
                // Nothing but what the server finds by itself.
                "initializationOptions": { "checkOnSave": false, "cachePriming": { "enable": false } },
            }),
        );
        this.tell("initialized", &json!({}));
        while this.hear()["params"]["quiescent"] != true {}
        this
    }

    /// The names that it offers where the first `|` stands in the text of a file of the package.
    pub(crate) fn completions(&mut self, file: &Path, text: &str) -> Vec<String> {
        let (before, after) = text.split_once('|').unwrap();
        let document = self.open(file, &format!("{before}{after}"));
        let (line, column) = (before.matches('\n').count(), before.lines().last().unwrap_or_default().len());
        let position = json!({ "line": line, "character": column });
        let found =
            self.ask("textDocument/completion", &json!({ "textDocument": document, "position": position }));
        let items = found["items"].as_array().or(found.as_array()).unwrap();
        // Of a function, what it takes stands behind its name.
        let name =
            |item: &Value| item["label"].as_str().unwrap().split('(').next().unwrap_or_default().to_owned();
        items.iter().map(name).collect()
    }

    /// What it says is wrong with the text of a file of the package, and at which words.
    pub(crate) fn errors(&mut self, file: &Path, text: &str) -> Vec<(String, String)> {
        let document = self.open(file, text);
        let found = self.ask("textDocument/diagnostic", &json!({ "textDocument": document }));
        let items = found["items"].as_array().unwrap();
        let errors = items.iter().filter(|item| item["severity"] == 1);
        errors
            .map(|item| (item["message"].as_str().unwrap().to_owned(), words(text, &item["range"])))
            .collect()
    }

    /// Tells it what an editor would show of a file.
    fn open(&mut self, file: &Path, text: &str) -> Value {
        let uri = uri(file);
        self.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
        json!({ "uri": uri })
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut message = self.hear();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].take();
            }
        }
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.stdin.flush().unwrap();
    }

    /// What it says next. What it asks gets an empty answer.
    fn hear(&mut self) -> Value {
        let message = self.said.recv_timeout(PATIENCE).unwrap();
        if message.get("method").is_some() && message.get("id").is_some() {
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        }
        message
    }
}

impl Drop for LanguageServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a range of a text is, up to the end of its first line.
fn words(text: &str, range: &Value) -> String {
    let at = |key: &str, part: &str| range[key][part].as_u64().unwrap_or_default() as usize;
    let line = text.lines().nth(at("start", "line")).unwrap_or_default();
    let end = if at("end", "line") == at("start", "line") { at("end", "character") } else { line.len() };
    line.get(at("start", "character")..end).unwrap_or_default().to_owned()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn read(stdout: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut header = String::new();
        if stdout.read_line(&mut header).ok()? == 0 {
            return None;
        }
        match header.trim_end().split_once(": ") {
            Some(("Content-Length", text)) => length = text.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
