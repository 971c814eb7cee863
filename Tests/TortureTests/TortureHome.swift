import Checksums
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Downloads

/// A person's folders at a place of our choice, and what can be seen of them from outside.
struct TortureHome {
  let root: String
  private let endpoint: String
  /// Keeps a folder of its own as long as this value lives; nil for a home on a disk that somebody else tends.
  private let folder: TemporaryFolder?

  var state: String { "\(root)/state" }
  var cache: String { "\(root)/cache/hub" }
  var partial: String { "\(root)/cache/hubwatch-partial" }
  var database: String { "\(state)/hubwatch.sqlite" }
  private var repo: String { "\(cache)/models--\(TortureHub.model.replacing("/", with: "--"))" }
  var blobs: String { "\(repo)/blobs" }
  var snapshots: String { "\(repo)/snapshots" }

  /// A fresh home.
  ///
  /// - Parameter place: a folder that does not exist yet; nil for one in the temporary folder.
  init(_ hub: TortureHub, at place: String? = nil) throws {
    folder = try place == nil ? TemporaryFolder() : nil
    root = place ?? folder?.path ?? ""
    endpoint = hub.endpoint
    for name in ["home", "tmp"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    let configuration = """
      [device]
      vram = 12
      [downloads]
      reserve = "0"
      [tools]
      enabled = false
      [watch]
      min_parameters = "0"
      """
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(root)/config.toml"))
  }

  /// All that the program sees of the world.
  var environment: [String: String] {
    [
      "PATH": "/usr/bin:/bin", "HOME": "\(root)/home", "TMPDIR": "\(root)/tmp", "HF_ENDPOINT": endpoint,
      "HUBWATCH_STATE": state, "HF_HUB_CACHE": cache, "HUBWATCH_CONFIG": "\(root)/config.toml",
      "HF_TOKEN": TortureHub.token,
    ]
  }

  /// Starts `hubwatch pull`.
  func start(_ more: [String: String] = [:]) throws -> RunningProgram {
    let program = try #require(Program.hubwatch, "hubwatch is not built: swift build --product hubwatch")
    return try program.start(
      ["pull", TortureHub.model], environment: environment.merging(more) { _, new in new })
  }

  /// Lets `hubwatch pull` end by itself.
  func pull(_ more: [String: String] = [:]) async throws -> Program.Outcome { try await start(more).outcome() }

  /// Starts `hubwatch pull`, and kills it as soon as `isTime` says so; without a status when that came first.
  func pull(killedWhen isTime: () -> Bool) async throws -> Program.Outcome {
    let program = try start()
    while program.isRunning {
      if isTime() {
        program.signal(SIGKILL)
        break
      }
      try await Task.sleep(for: .microseconds(500))
    }
    return await program.outcome()
  }

  /// Bytes of the model that are on disk, complete or not: of partial files what their records tell, since a file system
  /// may show reserved blocks as data once it has written their neighbours.
  var arrived: Int64 {
    Disk.files(below: partial).filter { $0.hasSuffix(".progress") }
      .filter { Disk.kind("\(partial)/\($0.replacing(".progress", with: ".part"))") == S_IFREG }
      .reduce(0) { $0 + (ProgressRecord(path: "\(partial)/\($1)")?.arrived.count ?? 0) }
      + Disk.files(below: blobs).reduce(0) { $0 + Disk.size("\(blobs)/\($1)") }
  }

  /// Everything but state and cache, to be compared.
  func surroundings() -> [String: String] {
    var found: [String: String] = [:]
    for name in Disk.entries(below: root) where !["state", "cache"].contains(name.prefix { $0 != "/" }) {
      found[name] = Disk.description("\(root)/\(name)")
    }
    return found
  }
}

/// Looks at files from outside.
enum Disk {
  /// Every entry below a folder, by its path in it, links not followed.
  static func entries(below folder: String) -> [String] {
    (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
  }

  /// Every regular file below a folder.
  static func files(below folder: String) -> [String] {
    entries(below: folder).filter { kind("\(folder)/\($0)") == S_IFREG }
  }

  /// The kind of an entry; nil when there is none.
  static func kind(_ path: String) -> mode_t? {
    var info = stat()
    return lstat(path, &info) == 0 ? info.st_mode & S_IFMT : nil
  }

  /// Kind, mode, size, time and content in one text.
  static func description(_ path: String) -> String {
    var info = stat()
    guard lstat(path, &info) == 0 else { return "gone" }
    let content = info.st_mode & S_IFMT == S_IFREG ? sha256(path) : ""
    // A folder's time and size change with its entries, which are compared by themselves.
    let isFolder = info.st_mode & S_IFMT == S_IFDIR
    return "\(info.st_mode) \(isFolder ? 0 : info.st_size) \(isFolder ? 0 : info.st_mtim.tv_sec) \(content)"
  }

  /// The hash of a whole file, links followed; a text that is none when it cannot be read.
  static func sha256(_ path: String) -> String {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return "unreadable" }
    return Checksums.sha256(Array(data))
  }

  /// Whether a file holds these bytes.
  static func contains(_ path: String, _ text: String) -> Bool {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return false }
    return data.range(of: Data(text.utf8)) != nil
  }

  /// The size of a file; 0 when there is none.
  static func size(_ path: String) -> Int64 {
    var info = stat()
    return lstat(path, &info) == 0 ? Int64(info.st_size) : 0
  }
}
