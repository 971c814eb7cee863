import Foundation

/// The folders of one demo: hub, state and cache, apart from the person's own.
struct DemoStage {
  let folder: String
  private let isTemporary: Bool

  var hub: String { "\(folder)/practice-hub" }
  var state: String { "\(folder)/state" }
  var cache: String { "\(folder)/cache/hub" }

  /// A named folder, which has to be new or empty, or a temporary one.
  ///
  /// - Throws: `DemoError.folder`.
  init(folder named: String?) throws(DemoError) {
    isTemporary = named == nil
    folder =
      named.map { URL(fileURLWithPath: $0).path }
      ?? FileManager.default.temporaryDirectory.path + "/hubwatch-demo-\(UUID().uuidString.prefix(8))"
    do {
      try FileManager.default.createDirectory(atPath: hub, withIntermediateDirectories: true)
      guard try FileManager.default.contentsOfDirectory(atPath: folder).count == 1,
        try FileManager.default.contentsOfDirectory(atPath: hub).isEmpty
      else { throw DemoError.folder(folder) }
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
