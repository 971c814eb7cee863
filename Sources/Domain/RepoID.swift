/// The id of a model repository on the hub: `organisation/name`, or a bare name for the oldest ones.
///
/// The rules are the hub's own: at most 96 characters out of letters, digits, `.`, `_` and `-`, no `--`, no `..`,
/// no leading or trailing `.` or `-` in a part, not ending in `.git`. A valid id is therefore safe as
/// part of a URL and, with `/` replaced, as a folder name.
public struct RepoID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The id as the hub spells it.
  public let description: String

  /// The id for a foreign string, or nil when it breaks a rule.
  public init?(_ text: String) {
    guard (1...96).contains(text.utf8.count), !text.hasSuffix(".git"),
      !text.contains("--"), !text.contains("..")
    else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy(Self.isPart) else { return nil }
    description = text
  }

  private static func isPart(_ part: Substring) -> Bool {
    guard let first = part.utf8.first, let last = part.utf8.last else { return false }
    let edges: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "-")]
    guard !edges.contains(first), !edges.contains(last) else { return false }
    return part.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// The user or organisation; empty for an id of one part.
  public var owner: String {
    description.firstIndex(of: "/").map { String(description[..<$0]) } ?? ""
  }

  /// The repository's own name.
  public var name: String {
    description.firstIndex(of: "/").map { String(description[description.index(after: $0)...]) } ?? description
  }

  /// The folder of this repository in the Hugging Face cache: `models--ORG--NAME`.
  public var cacheFolderName: String {
    "models--" + description.split(separator: "/").joined(separator: "--")
  }

  public static func < (left: RepoID, right: RepoID) -> Bool { left.description < right.description }
}
