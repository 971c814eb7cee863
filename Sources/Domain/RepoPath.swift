/// A file's path inside a repository, checked before it may become part of a path on disk or of a URL.
///
/// Relative, at most 1,024 bytes, segments of 1 to 255 bytes; no `.` or `..` segment, none that ends in a dot, no
/// backslash, no drive, no control character, no `.git` folder.
public struct RepoPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The path with `/` between segments.
  public let description: String

  /// The path for a foreign string, or nil when it could mean anything but a file below the repository.
  public init?(_ text: String) {
    guard (1...1024).contains(text.utf8.count) else { return nil }
    let segments = text.split(separator: "/", omittingEmptySubsequences: false)
    guard !Self.isDrive(segments[0]) else { return nil }
    for segment in segments {
      guard (1...255).contains(segment.utf8.count), segment.last != ".", segment.lowercased() != ".git",
        !segment.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 || $0 == "\\" })
      else { return nil }
    }
    description = text
  }

  /// `C:` and the like: a file of another disk, on systems that have such.
  private static func isDrive(_ segment: Substring) -> Bool {
    let bytes = segment.utf8
    return bytes.count >= 2 && bytes.dropFirst().first == UInt8(ascii: ":")
      && (bytes.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) } ?? false)
  }

  /// The segments, outermost folder first.
  public var segments: [Substring] { description.split(separator: "/") }

  /// The last segment.
  public var fileName: String { segments.last.map(String.init) ?? description }

  public static func < (left: RepoPath, right: RepoPath) -> Bool { left.description < right.description }
}
