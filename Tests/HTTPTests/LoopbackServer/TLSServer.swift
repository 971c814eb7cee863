import Foundation
import Glibc

/// nginx with TLS on 127.0.0.1, and certificates of an authority of its own. It stops when it is released.
public final class TLSServer: Sendable {
  /// What is the matter with the server's certificate.
  public enum Certificate: Sendable, CaseIterable {
    /// Nothing: it is for localhost and 127.0.0.1.
    case right
    /// It ended yesterday.
    case expired
    /// It is another host's.
    case otherHost
  }

  /// nginx or openssl did not do what they should.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx"].first { (path: String) in access(path, X_OK) == 0 }
  private static let openssl = "/usr/bin/openssl"
  /// Whether this machine has what it takes.
  public static let isPossible = nginx != nil && access(openssl, X_OK) == 0
  /// What is missing otherwise.
  public static let needs: String = "needs nginx and openssl"

  /// The port that it listens on.
  public let port: Int
  /// The certificate of its authority, a PEM file.
  public let authority: String
  private let folder: URL
  private let process: Child

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - protocols: the versions of TLS that it speaks, in nginx's words.
  ///   - http2: whether it speaks HTTP/2.
  ///   - settings: further lines for its configuration.
  ///   - behind: the port of 127.0.0.1 that it stands in front of; nil to answer with `hello`.
  public init(
    _ certificate: Certificate = .right, protocols: String = "TLSv1.2 TLSv1.3", http2: Bool = false,
    settings: String = "", behind: Int? = nil
  ) throws {
    guard let nginx = Self.nginx, let (listener, port) = Listener.ipv4() else { throw Failure(description: Self.needs) }
    close(listener)
    self.port = port
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("hubwatch-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    authority = folder.appendingPathComponent("ca.pem").path
    try Self.makeCertificates(certificate, in: folder)
    let place = behind.map {
      "proxy_pass http://127.0.0.1:\($0); proxy_buffering off; proxy_set_header Host $http_host;"
    }
    let text = """
      daemon off; master_process off; worker_processes 1; pid \(folder.path)/pid; error_log \(folder.path)/log;
      events { worker_connections 256; }
      http {
        access_log off;
        client_body_temp_path \(folder.path)/a; proxy_temp_path \(folder.path)/b; fastcgi_temp_path \(folder.path)/c;
        uwsgi_temp_path \(folder.path)/d; scgi_temp_path \(folder.path)/e;
        server {
          listen 127.0.0.1:\(port) ssl \(http2 ? "http2" : "");
          ssl_certificate \(folder.path)/leaf.pem; ssl_certificate_key \(folder.path)/leaf.key;
          ssl_protocols \(protocols); ssl_ciphers DEFAULT@SECLEVEL=0;
          \(settings)
          location / { \(place ?? "return 200 hello;") }
        }
      }
      """
    try Data(text.utf8).write(to: folder.appendingPathComponent("nginx.conf"))
    process = try Child(nginx, ["-p", folder.path, "-c", "\(folder.path)/nginx.conf"])
    for _ in 0..<500 {
      if let connection = Listener.connection(to: port) {
        close(connection)
        return
      }
      usleep(10_000)
    }
    let log = FileManager.default.contents(atPath: "\(folder.path)/log").map { String(decoding: $0, as: UTF8.self) }
    throw Failure(description: "nginx does not listen: \(log ?? "")")
  }

  deinit {
    process.end()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Makes an authority, and a certificate of it, with its key.
  private static func makeCertificates(_ certificate: Certificate, in folder: URL) throws {
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    let host = certificate == .otherHost ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1"
    try Data("subjectAltName=\(host)\n".utf8).write(to: URL(fileURLWithPath: path("extensions")))
    try openssl(
      ["req", "-x509"] + key + [
        "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "30", "-subj", "/CN=hubwatch test authority",
      ])
    try openssl(
      ["req", "-new"] + key + ["-keyout", path("leaf.key"), "-out", path("leaf.csr"), "-subj", "/CN=a hub for tests"])
    try openssl([
      "x509", "-req", "-in", path("leaf.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
      "-out", path("leaf.pem"), "-days", certificate == .expired ? "-1" : "30", "-extfile", path("extensions"),
    ])
  }

  private static func openssl(_ arguments: [String]) throws {
    guard try Child(openssl, arguments).wait() == 0 else {
      throw Failure(description: "openssl \(arguments.joined(separator: " ")) failed")
    }
  }
}

/// A program that speaks to nobody. Foundation's own waits for it in a way that holds up the task pool.
private struct Child {
  private let number: pid_t

  init(_ path: String, _ arguments: [String]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var number = pid_t()
    let code = posix_spawn(&number, path, &actions, nil, &words, environ)
    guard code == 0 else { throw TLSServer.Failure(description: "\(path) does not start: \(code)") }
    self.number = number
  }

  /// Its exit status; nil when a signal ended it.
  func wait() -> Int32? {
    var status: Int32 = 0
    while waitpid(number, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }

  func end() {
    // It has our mask of signals, in which the task pool has blocked the polite ones.
    kill(number, SIGKILL)
    _ = wait()
  }
}
