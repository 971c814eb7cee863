/// A file's path inside a repository, checked before it may become part of a path on disk or of a URL.
///
/// Relative, at most 1,024 bytes, segments of 1 to 255 bytes; no `.` or `..` segment, no backslash, no control
/// character, no `.git` folder.
public struct RepoPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The path with `/` between segments.
  public let description: String

  /// The path for a foreign string, or nil when it could mean anything but a file below the repository.
  public init?(_ text: String) {
    guard (1...1024).contains(text.utf8.count) else { return nil }
    let segments = text.split(separator: "/", omittingEmptySubsequences: false)
    for segment in segments {
      guard (1...255).contains(segment.utf8.count), segment != ".", segment != "..",
        segment.lowercased() != ".git",
        !segment.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 || $0 == "\\" })
      else { return nil }
    }
    description = text
  }

  /// The segments, outermost folder first.
  public var segments: [Substring] { description.split(separator: "/") }

  /// The last segment.
  public var fileName: String { segments.last.map(String.init) ?? description }

  public static func < (left: RepoPath, right: RepoPath) -> Bool { left.description < right.description }
}
