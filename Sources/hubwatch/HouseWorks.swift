import Console
import Domain
import Foundation
import Settings
import Smoke
import Watch

// What verbs do with an open house, for the verb itself and for the daemon that holds the state in its place.

/// `hubwatch poll`
struct PollWork: Sendable {
  func perform(_ house: House, _ voice: Voice) async throws -> ExitCode {
    let before = try house.catalog.repoCount()
    let gaps = try await house.street.pollAlone()
    for gap in gaps { voice.note("Left unread: \(gap)") }
    let known = try house.catalog.repoCount()
    try voice.print("\(known) models known, \(known - before) of them new.")
    return .done
  }
}

/// `hubwatch run`
struct RunWork: Sendable {
  func perform(_ house: House, _ voice: Voice) async throws -> ExitCode {
    DeviceNote.say(house.device, voice)
    try await house.street.cycle()
    return .done
  }
}

/// `hubwatch fit MODEL`, as far as it stores what it finds.
struct DescribeWork: Sendable {
  let models: [RepoID]

  func perform(_ house: House, _ voice: Voice) async throws -> ExitCode {
    for id in models { _ = try await house.street.describe(id) }
    return .done
  }
}

/// `hubwatch pull`
struct PullWork: Sendable {
  private let id: RepoID
  private let wish: PullWish
  private let quantization: Quantization?
  private let file: RepoPath?
  /// The most bytes a second, where the wish says it.
  let limit: BandwidthTimetable?

  /// - Throws: `InputError` for what no model, quantization or file is called.
  init(_ wish: PullWish) throws(InputError) {
    guard let id = RepoID(wish.model) else { throw .notARepo(wish.model) }
    self.id = id
    self.wish = wish
    quantization = wish.quantization.flatMap { Quantization($0) }
    file = wish.file.flatMap { RepoPath($0) }
    limit = wish.limitRate.flatMap { Quantity.size($0) }.map { BandwidthTimetable($0) }
    guard (quantization == nil) == (wish.quantization == nil) else { throw .unusable(wish.quantization ?? "") }
    guard (file == nil) == (wish.file == nil) else { throw .unusable(wish.file ?? "") }
    guard (limit == nil) == (wish.limitRate == nil) else { throw .unusable(wish.limitRate ?? "") }
    guard wish.folder?.hasPrefix("/") ?? true else { throw .unusable(wish.folder ?? "") }
  }

  /// - Parameter chosen: called when the hub is needed no longer for choosing, and the wish is in the catalog.
  func perform(_ house: House, _ voice: Voice, chosen: () async -> Void = {}) async throws -> ExitCode {
    DeviceNote.say(house.device, voice)
    let choice = try await house.street.choose(
      id, revision: wish.revision, quantization: quantization, file: file, allowsPickle: wish.allowsPickle)
    if choice.repo != id { voice.note("\(id) is best taken from \(choice.repo)") }
    if wish.isDry {
      try voice.print(Self.summary(choice))
      return .done
    }
    let copy = try house.catalog.want(
      repo: choice.repo, commit: choice.commit, quantization: choice.label, files: choice.files, folder: wish.folder,
      byHand: true, at: .now)
    await chosen()
    let path = try await house.street.pull(copy)
    try voice.print(path)
    guard choice.files.contains(where: \.isPickle) else { return .done }
    return try await PickleNote.say(path, voice)
  }

  private static func summary(_ choice: Choice) -> String {
    var lines = ["\(choice.repo) \(choice.label) at \(choice.commit.short): \(ByteCount(choice.bytes).asDisk)"]
    for file in choice.files {
      lines.append("  \(ForeignText.safe(file.path.description))  \(ByteCount(file.size).asDisk)")
    }
    if let estimate = choice.estimate {
      lines.append("  needs \((estimate.total + estimate.margin).asMemory): \(VerdictWords.of(estimate))")
    }
    return lines.joined(separator: "\n")
  }
}

/// `hubwatch smoke MODEL`
struct SmokeWork: Sendable {
  private let id: RepoID
  private let wish: SmokeWish

  /// - Throws: `InputError` for what no model is called.
  init(_ wish: SmokeWish) throws(InputError) {
    guard let id = RepoID(wish.model), id.description.contains("/") else { throw .noSuchFile(wish.model) }
    self.id = id
    self.wish = wish
  }

  func perform(_ house: House, _ voice: Voice) async throws -> ExitCode {
    let copy = try house.catalog.copies(of: id).first { $0.state == .verified || $0.state == .tested }
    guard let copy else { throw InputError.notFetched(wish.model) }
    let report = try await house.street.test(copy)
    let asked = wish.probes && report.verdict == .pass ? try await house.street.probe(copy) : nil
    try voice.print(SmokeText.render(report, asked, json: wish.json, style: voice.style))
    return report.exitCode
  }
}
