import Domain

/// The words for changes of watched repositories, the same in every place that tells of them. Names in them are foreign
/// and not yet escaped.
public enum UpstreamPhrases {
  /// One change: `b6123 (14 new tags)`, `1a2b3c4 → 5d6e7f8`, `tag v1.0 was moved`, `tag v1.0 is gone`.
  public static func words(_ news: UpstreamNews) -> String {
    switch news.kind {
    case .tag: news.count == 1 ? "\(news.name) (new tag)" : "\(news.name) (\(news.count) new tags)"
    case .commit: step(news.old, news.new)
    case .moved:
      (news.count == 1 ? "tag \(news.name) was moved" : "\(news.count) tags were moved, \(news.name) among them")
        + (news.count == 1 ? ": \(step(news.old, news.new))" : "")
    case .removed: news.count == 1 ? "tag \(news.name) is gone" : "\(news.count) tags are gone, \(news.name) among them"
    }
  }

  private static func step(_ old: GitObjectID?, _ new: GitObjectID?) -> String {
    "\(old?.short ?? "nothing") → \(new?.short ?? "nothing")"
  }

  /// The page that shows a change, for repositories on github.com and gitlab.com; nil for others, whose pages nobody
  /// knows.
  ///
  /// - Parameters:
  ///   - news: a new tag or a moved branch.
  ///   - url: the repository's address.
  public static func link(_ news: UpstreamNews, url: String) -> String? {
    guard let address = try? RemoteAddress(url), address.transport == .https else { return nil }
    let host = url.dropFirst("https://".count).prefix { $0 != "/" }
    guard ["github.com", "gitlab.com"].contains(host) else { return nil }
    let prefix = "https://\(host)/\(address.components.joined(separator: "/"))" + (host == "gitlab.com" ? "/-" : "")
    switch (news.kind, news.old, news.new) {
    case (.commit, let old?, let new?): return "\(prefix)/compare/\(old)...\(new)"
    case (.tag, _, _): return "\(prefix)/\(host == "gitlab.com" ? "tags" : "releases/tag")/\(escaped(news.name))"
    default: return nil
    }
  }

  /// A tag's name in the path of an address (RFC 3986): everything but unreserved characters and `/` as `%XX`.
  private static func escaped(_ name: String) -> String {
    name.utf8.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      case _ where "-._~/".utf8.contains(byte): text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "%" + Hexadecimal.string([byte]).uppercased()
      }
    }
  }
}
