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
    let isValid =
      text.utf8.withContiguousStorageIfAvailable(Self.isValid) ?? Array(text.utf8).withUnsafeBufferPointer(Self.isValid)
    guard isValid else { return nil }
    description = text
  }

  /// The rules, in one pass.
  private static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard (1...96).contains(text.count) else { return false }
    let slash = UInt8(ascii: "/")
    var slashes = 0
    // The place before a part counts as a slash.
    var previous = slash
    for byte in text {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        break
      case UInt8(ascii: "."), UInt8(ascii: "-"):
        guard previous != slash, previous != byte else { return false }
      case slash:
        slashes += 1
        guard slashes == 1, isEnd(previous) else { return false }
      default: return false
      }
      previous = byte
    }
    return isEnd(previous) && !text.suffix(4).elementsEqual(".git".utf8)
  }

  /// Whether a part may end in this byte.
  private static func isEnd(_ byte: UInt8) -> Bool {
    byte != UInt8(ascii: "/") && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "-")
  }

  /// The user or organisation; empty for an id of one part.
  public var owner: String {
    description.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(description[..<$0]) } ?? ""
  }

  /// The repository's own name.
  public var name: String {
    description.utf8.firstIndex(of: UInt8(ascii: "/")).map {
      String(description[description.utf8.index(after: $0)...])
    } ?? description
  }

  /// The folder of this repository in the Hugging Face cache: `models--ORG--NAME`.
  public var cacheFolderName: String {
    "models--" + description.split(separator: "/").joined(separator: "--")
  }

  public static func < (left: RepoID, right: RepoID) -> Bool { left.description < right.description }
}
