/// The kinds of JSON values, told by the first byte.
public enum JSONKind: Sendable, Hashable {
  case null, bool, number, string, array, object
}

/// Reads a document from its first byte to its last, value by value, without keeping any.
///
/// ```swift
/// try JSONCursor.read(bytes) { cursor in
///   try cursor.enterObject()
///   while let key = try cursor.nextKey() {
///     if cursor.isKey(key, "size") { size = try cursor.readInt() } else { try cursor.skipValue() }
///   }
/// }
/// ```
///
/// After `nextKey` or a true `nextElement` exactly one value has to be read, entered or skipped. What is skipped is
/// checked as strictly as what is read, but for duplicate keys, which only the caller can see.
public struct JSONCursor: ~Copyable {
  /// A place to come back to, within the read that it was taken in.
  public struct Place: Sendable {
    let position: Int
    let depth: Int
    let isFresh: Bool
  }

  let limits: JSONLimits
  /// The document. The cursor cannot be copied and is only ever lent, so that it does not outlive these bytes.
  /// Every access is guarded by a comparison with `count`.
  let bytes: UnsafeRawBufferPointer
  let count: Int
  var position = 0
  /// Values that `readValue` made.
  var values = 0
  private var depth = 0
  /// Whether an array or object was entered and nothing of it has been asked for yet.
  private var isFresh = false

  init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
    count = bytes.count
  }

  /// Reads one document with `body`, which has to consume exactly one value.
  ///
  /// - Throws: what `body` throws; `tooLarge`, `byteOrderMark`, `trailingBytes`.
  public static func read<Result>(
    _ bytes: [UInt8], limits: JSONLimits = JSONLimits(),
    _ body: (inout JSONCursor) throws(JSONError) -> Result
  ) throws(JSONError) -> Result {
    try bytes.withUnsafeBufferPointer { (buffer: UnsafeBufferPointer<UInt8>) throws(JSONError) -> Result in
      try read(UnsafeRawBufferPointer(buffer), limits: limits, body)
    }
  }

  /// Reads one document out of memory that belongs to somebody else, and that has to stay as it is meanwhile.
  ///
  /// - Throws: as for an array.
  public static func read<Result>(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits(),
    _ body: (inout JSONCursor) throws(JSONError) -> Result
  ) throws(JSONError) -> Result {
    guard bytes.count <= limits.maximumBytes else {
      throw JSONError(.tooLarge(limit: limits.maximumBytes), at: limits.maximumBytes)
    }
    guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { throw JSONError(.byteOrderMark, at: 0) }
    var cursor = JSONCursor(bytes, limits: limits)
    let result = try body(&cursor)
    cursor.skipBlanks()
    guard cursor.position == cursor.count else { throw JSONError(.trailingBytes, at: cursor.position) }
    return result
  }

  /// The byte that is looked at next, from 0.
  public var offset: Int { position }

  /// This place.
  public var place: Place { Place(position: position, depth: depth, isFresh: isFresh) }

  /// Goes back to a place of the same read.
  public mutating func goBack(to place: Place) {
    position = min(place.position, position)
    depth = place.depth
    isFresh = place.isFresh
  }

  /// The kind of the value that comes next.
  ///
  /// - Throws: `truncated`, `unexpectedByte`.
  public mutating func kind() throws(JSONError) -> JSONKind {
    switch try nextByte() {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "N"), UInt8(ascii: "I"):
      guard limits.allowsNonFinite else { throw unexpected() }
      return .number
    default: throw unexpected()
    }
  }

  /// Enters an object; `nextKey` has to follow until it says nil.
  ///
  /// - Throws: `wrongType`, `tooDeep`.
  public mutating func enterObject() throws(JSONError) { try enter(UInt8(ascii: "{")) }

  /// Enters an array; `nextElement` has to follow until it says false.
  ///
  /// - Throws: `wrongType`, `tooDeep`.
  public mutating func enterArray() throws(JSONError) { try enter(UInt8(ascii: "[")) }

  /// The next key of the object that was entered last and not left; nil at its end, which leaves it.
  public mutating func nextKey() throws(JSONError) -> JSONKey? {
    guard try advance(closing: UInt8(ascii: "}")) else { return nil }
    guard try nextByte() == UInt8(ascii: "\"") else { throw unexpected() }
    let key = try scanString()
    guard try nextByte() == UInt8(ascii: ":") else { throw unexpected() }
    position += 1
    return key
  }

  /// Whether the array that was entered last and not left has another element; false leaves it.
  public mutating func nextElement() throws(JSONError) -> Bool {
    try advance(closing: UInt8(ascii: "]"))
  }

  /// Reads `true` or `false`.
  public mutating func readBool() throws(JSONError) -> Bool {
    switch try nextByte() {
    case UInt8(ascii: "t"):
      try word("true")
      return true
    case UInt8(ascii: "f"):
      try word("false")
      return false
    default: throw try wrongType()
    }
  }

  /// Whether `null` comes next; when it does, it is read.
  public mutating func readNull() throws(JSONError) -> Bool {
    guard try nextByte() == UInt8(ascii: "n") else { return false }
    try word("null")
    return true
  }

  /// Passes over one value of any kind, and checks it.
  public mutating func skipValue() throws(JSONError) {
    switch try kind() {
    case .string: _ = try scanString()
    case .number: _ = try readNumber()
    case .bool: _ = try readBool()
    case .null: try word("null")
    case .array:
      try enterArray()
      while try nextElement() { try skipValue() }
    case .object:
      try enterObject()
      while try nextKey() != nil { try skipValue() }
    }
  }

  // MARK: Bytes

  /// The error for the byte here, or for the end.
  func unexpected() -> JSONError {
    position < count
      ? JSONError(.unexpectedByte(bytes[position]), at: position) : JSONError(.truncated, at: count)
  }

  /// The error for a value here that is another one than was wanted; the value has to be one at all.
  mutating func wrongType() throws(JSONError) -> JSONError {
    _ = try kind()
    return JSONError(.wrongType, at: position)
  }

  /// The next byte that is no blank; it is not consumed.
  @inline(__always)
  mutating func nextByte() throws(JSONError) -> UInt8 {
    if position < count, bytes[position] > 32 { return bytes[position] }
    skipBlanks()
    guard position < count else { throw JSONError(.truncated, at: count) }
    return bytes[position]
  }

  mutating func skipBlanks() {
    while position < count {
      switch bytes[position] {
      case 32, 9, 10, 13: position += 1
      default: return
      }
    }
  }

  mutating func word(_ text: StaticString) throws(JSONError) {
    for offset in 0..<text.utf8CodeUnitCount {
      guard position < count, bytes[position] == text.utf8Start[offset] else { throw unexpected() }
      position += 1
    }
  }

  private mutating func enter(_ bracket: UInt8) throws(JSONError) {
    guard try nextByte() == bracket else { throw try wrongType() }
    guard depth < limits.maximumDepth else { throw JSONError(.tooDeep(limit: limits.maximumDepth), at: position) }
    position += 1
    depth += 1
    isFresh = true
  }

  /// Passes the comma before the next member, or the closing bracket.
  private mutating func advance(closing: UInt8) throws(JSONError) -> Bool {
    let byte = try nextByte()
    let wasFresh = isFresh
    isFresh = false
    if byte == closing {
      position += 1
      depth -= 1
      return false
    }
    guard !wasFresh else { return true }
    guard byte == UInt8(ascii: ",") else { throw unexpected() }
    position += 1
    return true
  }
}
