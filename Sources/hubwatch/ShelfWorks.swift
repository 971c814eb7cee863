import Console
import Domain
import Downloads
import Foundation
import Watch

// What verbs do with what is on the disk, for the verb itself and for the daemon that holds the state in its place.

/// `hubwatch keep`
struct KeepWork: Sendable {
  let model: RepoID
  let quantization: String?
  let undo: Bool

  func perform(_ shelf: Shelf, _ voice: Voice) throws -> ExitCode {
    let states = Shelf.complete + [.wanted, .downloading, .waiting]
    for copy in try shelf.copies(model, quantization: quantization, in: states) {
      try shelf.catalog.setKept(copy: copy.id, !undo)
      let words = undo ? "may go when room is needed" : "stays"
      try voice.print("\(ForeignText.safe("\(copy.repo) \(copy.quantization)")) \(words)")
    }
    return .done
  }
}

/// `hubwatch drop`
struct DropWork: Sendable {
  let model: RepoID
  let quantization: String?
  let isDry: Bool

  func perform(_ shelf: Shelf, _ voice: Voice) throws -> ExitCode {
    let states: [CopyState] = [
      .wanted, .downloading, .waiting, .blocked, .quarantined, .lost, .verified, .tested,
    ]
    let removal = CopyRemoval(catalog: shelf.catalog, cache: shelf.cache)
    for copy in try shelf.copies(model, quantization: quantization, in: states) {
      let finding = try removal.remove(copy, isDry: isDry, reason: "dropped by hand", at: Date())
      let words = isDry ? "would free" : "freed"
      try voice.print("\(copy.repo) \(copy.quantization): \(words) \(ByteCount(finding.bytes).asDisk)")
      for path in finding.paths { try voice.print("  \(ForeignText.safe(path, limit: 4096))") }
      for line in finding.left { voice.note("  stays: \(ForeignText.safe(line, limit: 4096))") }
    }
    return .done
  }
}

/// `hubwatch gc`
struct GCWork: Sendable {
  let isDry: Bool
  let json: Bool

  private struct Document: Encodable {
    struct Row: Encodable {
      let path: String
      let bytes: Int64
      let reason: String
    }
    let schema = "hubwatch.gc/1"
    let dryRun: Bool
    let bytes: Int64
    let files: [Row]
  }

  func perform(_ shelf: Shelf, _ voice: Voice) throws -> ExitCode {
    if !isDry { try ModelStore(catalog: shelf.catalog, cache: shelf.cache).adopt() }
    let leftovers = try PartialSweep(catalog: shelf.catalog, cache: shelf.cache).sweep(
      isDry: isDry, takesDamaged: true)
    let bytes = leftovers.reduce(0) { $0 + $1.bytes }
    if json {
      let rows = leftovers.map { Document.Row(path: $0.path, bytes: $0.bytes, reason: $0.reason) }
      try voice.print(JSONOutput.document(Document(dryRun: isDry, bytes: bytes, files: rows)))
      return .done
    }
    for one in leftovers {
      try voice.print("\(ForeignText.safe(one.path, limit: 4096))  \(ByteCount(one.bytes).asDisk)  \(one.reason)")
    }
    let words = isDry ? "would be freed" : "freed"
    try voice.print(leftovers.isEmpty ? "nothing to clear" : "\(ByteCount(bytes).asDisk) \(words)")
    return .done
  }
}

/// `hubwatch scrub`
struct ScrubWork: Sendable {
  let all: Bool
  let json: Bool

  private struct Document: Encodable {
    struct Row: Encodable {
      let id: String
      let path: String
      let verdict: String
    }
    let schema = "hubwatch.scrub/1"
    let files: Int
    let bytes: Int64
    let troubles: [Row]
  }

  func perform(_ shelf: Shelf, _ voice: Voice) async throws -> ExitCode {
    let (catalog, cache, all, json) = (shelf.catalog, shelf.cache, all, json)
    let (files, bytes, troubles) = try await IdleThread.run { isCancelled in
      var (files, bytes, troubles) = (0, Int64(0), [Document.Row]())
      _ = try Scrub(catalog: catalog, cache: cache).run(all: all, isCancelled: isCancelled) { record, verdict in
        files += 1
        bytes += record.part.file.size
        let name = ForeignText.safe("\(record.copy.repo)/\(record.part.file.path)")
        if verdict != .sound {
          troubles.append(.init(id: "\(record.copy.repo)", path: "\(record.part.file.path)", verdict: "\(verdict)"))
        }
        if !json { try voice.print("\(verdict)  \(name)  \(ByteCount(record.part.file.size).asDisk)") }
      }
      return (files, bytes, troubles)
    }
    if json {
      try voice.print(JSONOutput.document(Document(files: files, bytes: bytes, troubles: troubles)))
    } else {
      let words = troubles.isEmpty ? "all sound" : "\(troubles.count) not sound"
      try voice.print(
        files == 0
          ? "everything was read in the last six days"
          : "\(files) \(files == 1 ? "file" : "files"), \(ByteCount(bytes).asDisk): \(words)"
      )
    }
    return troubles.isEmpty ? .done : .failed
  }
}
