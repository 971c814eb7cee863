import Domain
import Foundation

/// The folders of one demo: hub, state and cache, apart from the person's own.
struct DemoStage {
  let folder: String
  private let isTemporary: Bool

  var hub: String { "\(folder)/practice-hub" }
  var state: String { "\(folder)/state" }
  var cache: String { "\(folder)/cache/hub" }
  var tool: String { "\(folder)/practice-tool.git" }

  /// The address of the tool's repository.
  ///
  /// - Throws: `DemoError.folder` when the folder's name is no address.
  func toolAddress() throws(DemoError) -> RemoteAddress {
    do { return try RemoteAddress(tool) } catch { throw .folder(folder) }
  }

  /// A named folder, which has to be new or empty, or a temporary one.
  ///
  /// - Throws: `DemoError.folder`.
  init(folder named: String?) throws(DemoError) {
    isTemporary = named == nil
    folder =
      named.map { URL(fileURLWithPath: $0).path }
      ?? FileManager.default.temporaryDirectory.path + "/hubwatch-demo-\(UUID().uuidString.prefix(8))"
    let manager = FileManager.default
    do {
      if manager.fileExists(atPath: folder), try !manager.contentsOfDirectory(atPath: folder).isEmpty {
        throw DemoError.folder(folder)
      }
      try manager.createDirectory(atPath: hub, withIntermediateDirectories: true)
    } catch {
      throw .folder(folder)
    }
  }

  /// Deletes a temporary folder.
  func clear() {
    // What stays behind in the temporary folder harms nobody.
    if isTemporary { try? FileManager.default.removeItem(atPath: folder) }
  }
}
