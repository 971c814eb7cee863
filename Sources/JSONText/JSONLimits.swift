/// What a document may cost, and where it may differ from RFC 8259.
public struct JSONLimits: Sendable, Hashable {
  /// The deepest nesting that can be allowed at all, since readers recurse.
  public static let deepest = 512

  /// How deep arrays and objects may be nested; the outermost one counts as 1. At most `deepest`.
  public var maximumDepth: Int { didSet { maximumDepth = Self.clamped(maximumDepth) } }
  /// Bytes of the document.
  public var maximumBytes: Int
  /// Values of all kinds that `JSONValue` may keep. A cursor keeps none and does not count them.
  public var maximumValues: Int
  /// Whether an object with the same key twice is refused; otherwise the last one counts, as in Python.
  public var refusesDuplicateKeys: Bool
  /// Whether `NaN`, `Infinity` and `-Infinity` are numbers, as Python writes and reads them, and numbers beyond
  /// the range of `Double` are infinite.
  public var allowsNonFinite: Bool

  /// Limits; the usual ones suit an answer of an API or a configuration file.
  public init(
    maximumDepth: Int = 64, maximumBytes: Int = 16 << 20, maximumValues: Int = 1_000_000,
    refusesDuplicateKeys: Bool = true, allowsNonFinite: Bool = false
  ) {
    self.maximumDepth = Self.clamped(maximumDepth)
    self.maximumBytes = maximumBytes
    self.maximumValues = maximumValues
    self.refusesDuplicateKeys = refusesDuplicateKeys
    self.allowsNonFinite = allowsNonFinite
  }

  private static func clamped(_ depth: Int) -> Int { min(max(0, depth), deepest) }
}
