import Catalog
import Domain
import Hub

/// Finding out where the bytes of a file are.
extension CopyTransfer {
  /// Forgets an address that is about to expire.
  mutating func refresh(_ index: Int) {
    guard let address = files[index].address, let expires = address.file.expires,
      now - address.since > .seconds(30)
    else { return }
    if Double(expires) - around.hub.now < 60 { files[index].address = nil }
  }

  mutating func locate(_ index: Int, _ group: inout Group) {
    files[index].isLocating = true
    let (hub, copy, file) = (around.hub, copy, files[index].part.file)
    group.addTask {
      .located(
        index,
        await Self.result { () async throws -> ResolvedFile in
          let resolved = try await hub.resolve(copy.repo, revision: copy.commit.description, path: file.path)
          return resolved.file == file ? resolved : try await Self.asked(again: hub, copy, file)
        })
    }
  }

  /// Where a file is, when the hub has told two things of it: both are asked once more, and have to agree now.
  private static func asked(again hub: HubClient, _ copy: CopyRecord, _ file: ModelFile) async throws -> ResolvedFile {
    let listed = try await hub.tree(copy.repo, revision: copy.commit.description).files.first { $0.path == file.path }
    let resolved = try await hub.resolve(copy.repo, revision: copy.commit.description, path: file.path)
    guard listed == file, resolved.file == file else {
      func words(_ file: ModelFile?) -> String {
        file.map { "\($0.size) bytes of hash \($0.hash.description.prefix(8))" } ?? "nothing"
      }
      throw DownloadError(
        .inconsistent(
          "the listing said \(words(file)), listed again it says \(words(listed)), the file's address "
            + words(resolved.file)), "\(copy.repo)/\(file.path)")
    }
    return resolved
  }
}
