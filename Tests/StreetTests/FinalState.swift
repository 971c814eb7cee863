import Catalog
import Checksums
import Domain
import Foundation
import TestSupport

/// Everything that a run leaves, as sorted lines without times and speeds, so that two runs can be compared.
struct FinalState: Equatable {
  let lines: [String]

  /// What lies in a home now.
  ///
  /// - Throws: `CatalogError` when the database cannot be read, or is not sound.
  init(_ home: ProgramHome) throws {
    let catalog = try Catalog(folder: home.state, readOnly: true)
    try catalog.check()
    lines =
      try Self.facts(catalog) + Self.tree(home.cache, as: "cache") + Self.tree(home.partial, as: "partial")
  }

  private static func facts(_ catalog: Catalog) throws -> [String] {
    var lines: [String] = []
    for repo in try catalog.repos(in: RepoState.allCases) {
      let commits = "\(repo.commit?.description ?? "-") \(repo.describedCommit?.description ?? "-")"
      lines.append(
        "repo \(repo.id) \(repo.state) \(repo.reason ?? "-") \(commits) gated \(repo.gated) "
          + "tags \(repo.tags) again \(repo.lookAgainAt != nil) shape \(repo.shape.map { "\($0)" } ?? "-")")
      for weights in try catalog.weights(of: repo.id) { lines.append("weights \(weights)") }
      for fit in try catalog.fits(of: repo.id) { lines.append("fit \(fit)") }
      for copy in try catalog.copies(of: repo.id) {
        lines.append(
          "copy \(copy.repo) \(copy.path) \(copy.commit) \(copy.quantization) \(copy.bytes) \(copy.state) "
            + "\(copy.reason ?? "-") by hand \(copy.byHand)")
        for part in try catalog.parts(ofCopy: copy.id) {
          lines.append("part \(part.file) \(part.isVerified) \(part.origin.map { "\($0)" } ?? "-")")
        }
        if let smoke = try catalog.lastSmoke(ofCopy: copy.id) {
          lines.append("smoke \(smoke.verdict) \(smoke.reasons) \(smoke.sample ?? "-")")
        }
      }
    }
    for filter in ["gguf", "llama"] {
      for sort in ["createdAt", "lastModified"] {
        let name = "poll.\(filter).\(sort)"
        lines.append("mark \(name) \(try catalog.mark(name) ?? "-")")
      }
    }
    return lines
  }

  private static func tree(_ root: String, as name: String) throws -> [String] {
    guard let paths = FileManager.default.subpaths(atPath: root) else { return ["\(name) is missing"] }
    // What names this disk is another word on every disk.
    return try paths.sorted().filter { name != "partial" || $0 != "store" }.map { path in
      let full = "\(root)/\(path)"
      switch try FileManager.default.attributesOfItem(atPath: full)[.type] as? FileAttributeType {
      case .typeDirectory?: return "\(name)/\(path)/"
      case .typeSymbolicLink?:
        return "\(name)/\(path) -> \(try FileManager.default.destinationOfSymbolicLink(atPath: full))"
      default:
        return "\(name)/\(path) \(Checksums.sha256(FileManager.default.contents(atPath: full) ?? Data()))"
      }
    }
  }

  /// What is in one of two states only, for a message.
  func difference(from other: FinalState) -> String {
    let (mine, theirs) = (Set(lines), Set(other.lines))
    return (mine.subtracting(theirs).map { "+ \($0)" } + theirs.subtracting(mine).map { "- \($0)" })
      .sorted().joined(separator: "\n")
  }
}
