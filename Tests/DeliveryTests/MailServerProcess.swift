import Foundation
import TestSupport

/// A real mail server on loopback that does what its script says (`smtp_server.py`). It ends when it is released.
final class MailServerProcess: Sendable {
  /// How connections are encrypted.
  enum Mode: String, Sendable {
    case plain, starttls, tls
  }

  /// What it has heard on one connection.
  struct Heard: Decodable, Sendable {
    var encrypted: Bool?
    var from: String?
    var to: [String]?
    var user: [String]?
    var data: Data?
    var accepted: Bool?
    var error: String?
  }

  struct Failure: Error { let reason: String }

  static let python = "/usr/bin/python3"
  static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: python) }

  let port: Int
  private let folder: TemporaryFolder
  private let process: RunningProgram

  init(_ mode: Mode = .plain, fault: String = "none", authority: TestAuthority? = nil) async throws {
    folder = try TemporaryFolder()
    let script = "\(SharedData.packageRoot)/Tests/DeliveryTests/smtp_server.py"
    var arguments = [script, folder.path, fault, mode.rawValue]
    if let authority { arguments += [authority.certificate, authority.key] }
    process = try Program(path: Self.python).start(arguments, environment: ["PATH": "/usr/bin:/bin"])
    let path = "\(folder.path)/port"
    for _ in 0..<3000 {
      if let text = try? String(contentsOfFile: path, encoding: .utf8), let port = Int(text) {
        self.port = port
        return
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Failure(reason: "the mail server does not start")
  }

  /// What was heard so far, in order.
  var heard: [Heard] {
    get throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
      return try names.sorted { Int($0.dropLast(5)) ?? 0 < Int($1.dropLast(5)) ?? 0 }.map {
        try JSONDecoder().decode(Heard.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\($0)")))
      }
    }
  }
}

/// An authority of a test, and a certificate of it for localhost.
final class TestAuthority: Sendable {
  static let openssl = "/usr/bin/openssl"
  static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

  /// Files in PEM form.
  var authority: String { "\(folder.path)/ca.pem" }
  var certificate: String { "\(folder.path)/leaf.pem" }
  var key: String { "\(folder.path)/leaf.key" }
  private let folder: TemporaryFolder

  init() async throws {
    folder = try TemporaryFolder()
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try Data("subjectAltName=DNS:localhost,IP:127.0.0.1\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/ext"))
    try await run(
      ["req", "-x509"] + curve + [
        "-keyout", "\(folder.path)/ca.key", "-out", authority, "-days", "30", "-subj", "/CN=test authority",
      ])
    try await run(
      ["req", "-new"] + curve + ["-keyout", key, "-out", "\(folder.path)/leaf.csr", "-subj", "/CN=mail for tests"])
    try await run([
      "x509", "-req", "-in", "\(folder.path)/leaf.csr", "-CA", authority, "-CAkey", "\(folder.path)/ca.key",
      "-CAcreateserial", "-out", certificate, "-days", "30", "-extfile", "\(folder.path)/ext",
    ])
  }

  private func run(_ arguments: [String]) async throws {
    let outcome = try await Program(path: Self.openssl).run(arguments, environment: ["PATH": "/usr/bin:/bin"])
    guard outcome.status == 0 else { throw MailServerProcess.Failure(reason: outcome.error) }
  }
}
