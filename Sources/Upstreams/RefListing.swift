import Domain

/// The output of `git ls-remote --symref`: lines of `<object id> TAB <ref>`, and `ref: <target> TAB HEAD` for the
/// default branch. Format: `git help ls-remote`.
///
/// git prints what the server says, so that every line is foreign: one whose name git itself would never give, or that
/// has no object id, is left out and counted.
struct RefListing: Equatable {
  /// What the readable lines say.
  var refs = RemoteRefs()
  /// Lines that were left out.
  var skipped = 0

  /// The most bytes of a ref's name.
  static let nameLimit = 255

  /// Reads a listing; the first of two lines about one ref counts.
  init(_ output: [UInt8]) {
    for line in output.split(separator: UInt8(ascii: "\n")) { read(line) }
  }

  private mutating func read(_ line: ArraySlice<UInt8>) {
    guard let tab = line.firstIndex(of: UInt8(ascii: "\t")),
      let value = String(validating: line[..<tab], as: UTF8.self),
      let name = String(validating: line[(tab + 1)...], as: UTF8.self), name == "HEAD" || Self.isRefName(name)
    else {
      skipped += 1
      return
    }
    if value.hasPrefix("ref: ") {
      let target = String(value.dropFirst(5))
      guard Self.isRefName(target) else {
        skipped += 1
        return
      }
      if name == "HEAD", target.hasPrefix("refs/heads/"), refs.branch == nil {
        refs.branch = String(target.dropFirst("refs/heads/".count))
      }
      return
    }
    guard let object = GitObjectID(value) else {
      skipped += 1
      return
    }
    if name == "HEAD" {
      if refs.head == nil { refs.head = object }
    } else if name.hasPrefix("refs/tags/"), !name.hasSuffix("^{}") {
      // `^{}` is what an annotated tag leads to; the tag's own id changes whenever that does.
      let tag = String(name.dropFirst("refs/tags/".count))
      if refs.tags[tag] == nil { refs.tags[tag] = object }
    }
  }

  /// Whether git would give this name to a ref; a peeled one's `^{}` is allowed. Rules: `git help check-ref-format`.
  static func isRefName(_ name: String) -> Bool {
    let plain = name.hasSuffix("^{}") ? name.dropLast(3) : name[...]
    let bytes = plain.utf8
    guard plain.hasPrefix("refs/"), bytes.count <= nameLimit, !plain.hasSuffix("."),
      !plain.utf8.contains(where: { $0 <= 32 || $0 == 127 || "~^:?*[\\".utf8.contains($0) })
    else { return false }
    var previous: UInt8 = 0
    for byte in bytes {
      if previous == UInt8(ascii: "."), byte == previous { return false }
      if previous == UInt8(ascii: "@"), byte == UInt8(ascii: "{") { return false }
      previous = byte
    }
    let components = plain.split(separator: "/", omittingEmptySubsequences: false)
    return components.count >= 2
      && components.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
  }
}
