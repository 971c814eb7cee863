import Catalog
import Domain
import Foundation
import Glibc
import Settings
import TestSupport
import Testing

@testable import Doctor

/// A set-up in a folder of one test, sound until the test makes it sick.
final class SickHouse {
  private let folder: TemporaryFolder
  /// What the checks see.
  var surroundings: Surroundings

  /// A person with a card of 12 GiB, on a machine where nothing is wrong.
  init() throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    let path = folder.path
    surroundings = Surroundings(
      environment: [
        "PATH": "\(path)/bin", "HOME": "\(path)/home", "HUBWATCH_STATE": "\(path)/state",
        "HF_HUB_CACHE": "\(path)/cache/hub", "HUBWATCH_CONFIG": "\(path)/config.toml", "TMPDIR": "\(path)/tmp",
      ], now: Date())
    surroundings.root = "\(path)/root"
    surroundings.userName = "ada"
    surroundings.madeAt = surroundings.now - 86_400
    surroundings.landlockVersion = 4
    surroundings.filtersSystemCalls = true
    surroundings.openFiles = 1 << 20
    surroundings.cards = { _ in (true, []) }
    for name in ["home/.cache/huggingface", "cache", "tmp", "root/run"] { try make(name) }
    try write("bin/git", "#!/bin/sh\n", mode: 0o755)
    try write("root/etc/ssl/certs/ca-certificates.crt", "-----BEGIN CERTIFICATE-----\n")
    try write("root/proc/meminfo", "MemTotal: 33554432 kB\nMemFree: 1 kB\nMemAvailable: 16777216 kB\n")
    try write("root/proc/mounts", "/dev/sda1 / ext4 rw 0 0\n")
    try configure("")
  }

  /// The place of a name in the test's folder.
  func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Makes a folder.
  func make(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
  }

  /// Writes a file, and makes its folder.
  func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
    let place = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: place)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path)
  }

  /// Replaces the configuration; the machine of a test has a small disk.
  func configure(_ text: String) throws {
    let card = text.contains("[device]") ? "" : "[device]\nvram = 12\n"
    let reserve = text.contains("[downloads]") ? "" : "[downloads]\nreserve = \"0\"\n"
    try write("config.toml", card + reserve + text)
  }

  /// Puts something into the catalog.
  func record(_ body: (Catalog) throws -> Void) throws { try body(try Catalog(folder: path("state"))) }

  /// A copy in a state.
  func addCopy(
    _ name: String, _ state: CopyState, bytes: Int64 = 1000, reason: String? = nil, _ catalog: Catalog
  ) throws -> CopyRecord {
    guard let repo = RepoID(name), let file = RepoPath("m.gguf"),
      let hash = ContentHash(String(repeating: "c", count: 64)),
      let commit = CommitHash(String(repeating: "1", count: 40))
    else { throw CocoaError(.formatting) }
    let copy = try catalog.want(
      repo: repo, commit: commit, quantization: "Q4_0", files: [ModelFile(path: file, size: bytes, hash: hash)],
      byHand: false, at: Date())
    try catalog.setState(ofCopy: copy.id, state, reason: reason, at: Date())
    return copy
  }

  /// What is found.
  func report() async -> DoctorReport { await DoctorReport(surroundings) }

  /// What one check finds; nothing else may be found beside it and those named.
  func findings(_ check: String, beside others: Set<String> = []) async -> [Finding] {
    let found = await report().findings
    let surprises = found.filter { $0.check != check && !others.contains($0.check) }
    return found.filter { $0.check == check } + surprises
  }
}

/// Expects one finding of a check in a house, with words in it, and a command; and no other finding beside those of the
/// checks that are named.
func expect(
  _ house: SickHouse, _ check: String, _ severity: Finding.Severity = .trouble, words: String, command: String,
  beside others: Set<String> = [], location: SourceLocation = #_sourceLocation
) async {
  let found = await house.findings(check, beside: others)
  #expect(found.count == 1, "\(found)", sourceLocation: location)
  #expect(found.first?.check == check && found.first?.severity == severity, "\(found)", sourceLocation: location)
  #expect(found.first?.problem.contains(words) == true, "\(found)", sourceLocation: location)
  #expect(found.first?.command.contains(command) == true, "\(found)", sourceLocation: location)
  #expect(await house.report().isWell == (severity == .hint), sourceLocation: location)
}
