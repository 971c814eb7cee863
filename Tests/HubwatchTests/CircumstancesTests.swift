import Catalog
import Digest
import Domain
import Foundation
import Hub
import Settings
import TestSupport
import Testing
import Watch

@testable import hubwatch

@Suite("How things stand, for the digest")
struct CircumstancesTests {
  private let folder: TemporaryFolder
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws { folder = try TemporaryFolder() }

  private func loaded(_ configuration: String) throws -> LoadedSettings {
    let file = "\(folder.path)/config.toml"
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
    return try LoadedSettings(environment: [
      "HUBWATCH_CONFIG": file, "HUBWATCH_STATE": "\(folder.path)/state", "HF_HUB_CACHE": "\(folder.path)/cache/hub",
      "HOME": folder.path,
    ])
  }

  private func want(_ catalog: Catalog, _ name: String, bytes: Int64) throws -> CopyRecord {
    let file = ModelFile(
      path: try #require(RepoPath("m.gguf")), size: bytes,
      hash: try #require(ContentHash(String(repeating: String(name.count), count: 64))))
    return try catalog.want(
      repo: try #require(RepoID(name)), commit: try #require(CommitHash(String(repeating: "1", count: 40))),
      quantization: "Q4_0", files: [file], byHand: false, at: now)
  }

  @Test func aQuietHouseNeedsNothing() async throws {
    let loaded = try loaded("[downloads]\nreserve = \"0\"\nautomatic = false\n")
    let catalog = try Catalog(folder: loaded.places.state)
    let circumstances = try await Circumstances(loaded, catalog, now: now)
    #expect(circumstances.devices.isEmpty && !circumstances.fetchesByItself && circumstances.missingBytes == 0)
    #expect(!circumstances.hasBadToken && circumstances.health.isEmpty && circumstances.retries.isEmpty)
  }

  @Test func ownDevicesComeInOrderOfTheirSize() async throws {
    let loaded = try loaded(
      "[[devices]]\nname = \"big box\"\nvram = 48\n[[devices]]\nname = \"laptop\"\nvram = 8\n")
    let catalog = try Catalog(folder: loaded.places.state)
    let circumstances = try await Circumstances(loaded, catalog, now: now)
    #expect(circumstances.devices.map(\.name) == ["laptop", "big box"])
    #expect(circumstances.devices.map(\.bytes) == [8 << 30, 48 << 30] && circumstances.fetchesByItself)
  }

  @Test func aTokenThatExpiredAndTroublesAreSeen() async throws {
    let loaded = try loaded("")
    let catalog = try Catalog(folder: loaded.places.state)
    let cycle = try catalog.beginCycle(at: now - 60)
    try catalog.endCycle(cycle, trouble: HubError(.badToken, "huggingface.co").problem, at: now)
    let circumstances = try await Circumstances(loaded, catalog, now: now)
    #expect(circumstances.hasBadToken)
    #expect(circumstances.health.contains { $0.contains("does not accept the token") })
  }

  @Test func whatWaitsIsToldWithItsTimeAndItsRoom() async throws {
    let loaded = try loaded("[downloads]\nreserve = \"0\"\n")
    let catalog = try Catalog(folder: loaded.places.state)
    let blocked = try want(catalog, "org/a", bytes: 1000)
    try catalog.setState(ofCopy: blocked.id, .blocked, reason: "not handed out", at: now)
    // A petabyte fits nowhere.
    let waiting = try want(catalog, "org/bb", bytes: 1 << 50)
    try catalog.setState(ofCopy: waiting.id, .waiting, reason: "it needs room", at: now)
    let circumstances = try await Circumstances(loaded, catalog, now: now)
    #expect(circumstances.retries == [blocked.id: now + 86_400])
    #expect(circumstances.missingBytes > 1 << 49 && circumstances.missingBytes < 1 << 50)
  }
}
