//! An https server on the loopback address with a throw-away certificate. HTTP/1.1, one thread per
//! connection; it writes down every request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub authorization: Option<String>,
    pub body: String,
}

impl Request {
    /// The path without its query, lower case.
    pub fn path(&self) -> String {
        self.target.split('?').next().unwrap_or_default().to_ascii_lowercase()
    }

    /// A parameter of the query, as it came.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Wait before answering.
    pub delay: Duration,
    /// Announce the whole body, send half of it and hang up.
    pub truncated: bool,
    /// Hang up without an answer.
    pub reset: bool,
}

impl Reply {
    /// JSON with a status.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json; charset=utf-8".into())],
            body: body.to_string(),
            delay: Duration::ZERO,
            truncated: false,
            reset: false,
        }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A request in the log.
#[derive(Clone, Debug)]
pub struct Seen {
    pub request: Request,
    pub status: u16,
    /// When it came, since the server started.
    pub at: Duration,
    /// How many were being answered, with this one.
    pub at_once: usize,
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    log: Mutex<Vec<Seen>>,
    started: Instant,
    active: AtomicUsize,
    stop: AtomicBool,
}

/// A running server; it stops when dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    certificate: PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts on a free port.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let certificate = folder.path().join("ca.pem");
        let config = Arc::new(tls(&certificate));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            log: Mutex::default(),
            started: Instant::now(),
            active: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stop.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), shared, config) = (stream, accepting.clone(), config.clone()) else { continue };
                std::thread::spawn(move || serve(stream, config, &shared));
            }
        });
        Self { address, shared, certificate, _folder: folder }
    }

    /// `https://localhost:port`.
    pub fn base(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The certificate that a client must trust, in PEM form.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// All requests so far, in the order in which they came.
    pub fn log(&self) -> Vec<Seen> {
        self.shared.log.lock().expect("no thread panicked").clone()
    }

    /// The requests whose path ends so (case ignored).
    pub fn seen(&self, ending: &str) -> Vec<Seen> {
        let ending = ending.to_ascii_lowercase();
        self.log().into_iter().filter(|seen| seen.request.path().ends_with(&ending)).collect()
    }

    /// Fails unless only GETs and the Resource Graph query came.
    pub fn assert_read_only(&self) {
        for seen in self.log() {
            let graph = seen.request.path() == "/providers/microsoft.resourcegraph/resources";
            let method = seen.request.method.as_str();
            assert!(method == "GET" || (method == "POST" && graph), "{method} {}", seen.request.target);
        }
    }

    /// Environment variables that lead a client here.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_RESOURCE_MANAGER_ENDPOINT", self.base()),
            ("SSL_CERT_FILE", self.certificate.display().to_string()),
            ("HOLDFAST_ACCESS_TOKEN", "a-token-of-the-tests".to_owned()),
        ]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn tls(certificate: &Path) -> ServerConfig {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let own = params.self_signed(&key).expect("a certificate");
    std::fs::write(certificate, own.pem()).expect("a file");
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a private key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], private)
        .expect("a server certificate")
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let Ok(connection) = ServerConnection::new(config) else { return };
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    while let Some(request) = read_request(&mut stream) {
        let at_once = shared.active.fetch_add(1, Ordering::Relaxed) + 1;
        let at = shared.started.elapsed();
        let reply = (shared.handler)(&request);
        let seen = Seen { request, status: reply.status, at, at_once };
        shared.log.lock().expect("no thread panicked").push(seen);
        std::thread::sleep(reply.delay);
        shared.active.fetch_sub(1, Ordering::Relaxed);
        if !write_reply(stream.get_mut(), &reply) {
            return;
        }
    }
}

fn read_request(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut request = Request { method, target, authorization: None, body: String::new() };
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => request.authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

/// Writes an answer; `false` if the connection is over.
fn write_reply(stream: &mut impl Write, reply: &Reply) -> bool {
    if reply.reset {
        return false;
    }
    let mut head = format!("HTTP/1.1 {} -\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let body = if reply.truncated { &reply.body[..reply.body.len() / 2] } else { &reply.body };
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    sent.and_then(|()| stream.flush()).is_ok() && !reply.truncated
}
