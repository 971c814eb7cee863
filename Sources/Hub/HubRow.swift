import JSONText

/// A row of an answer: an object of which some members are known.
protocol HubRow: Sendable {
  /// Reads the row.
  ///
  /// - Parameter fault: what would be wrong with the row if it failed at this moment.
  /// - Throws: for anything that makes the row senseless; whether the document itself is well formed is found out
  ///   by the caller.
  init(_ cursor: inout JSONCursor, fault: inout RowFault) throws(JSONError)
}

/// What is wrong with a row.
enum RowFault {
  case bad(String)
  case missing(String)

  /// The words of a `SkippedRow`.
  var reason: String {
    switch self {
    case .bad(let member): "bad value of \(member)"
    case .missing(let member): "no \(member)"
    }
  }
}

/// The members of an object that a reader knows: at most 64, so that a mask can say which were there.
struct Members<Key: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
  let keys: [Key]
  let names: JSONNames

  init() {
    keys = Array(Key.allCases)
    names = JSONNames(keys.map(\.rawValue))
  }

  /// The bit of a member in the mask of those that were there.
  func bit(_ key: Key) -> UInt64 { keys.firstIndex { $0.rawValue == key.rawValue }.map { 1 << UInt64($0) } ?? 0 }
}

/// The range in which any size or count of the hub lies: 0 … 2^46.
enum BoundedCount {
  static let range: ClosedRange<Int64> = 0...(1 << 46)
}

extension JSONCursor {
  /// The next known member of the object, the others skipped; nil at its end.
  ///
  /// - Parameter seen: a mask of the members that were there, 0 at first.
  /// - Throws: `duplicateKey` for a known member that comes twice.
  mutating func nextMember<Key>(of members: Members<Key>, seen: inout UInt64) throws(JSONError) -> Key? {
    while let match = try nextKey(among: members.names) {
      switch match {
      case .unknown: try skipValue()
      case .known(let place):
        let key = members.keys[place]
        let bit: UInt64 = 1 << UInt64(place)
        guard seen & bit == 0 else { throw JSONError(.duplicateKey(key.rawValue), at: offset) }
        seen |= bit
        return key
      }
    }
    return nil
  }

  /// What `read` makes of the next value; nil, and the value is skipped, when it makes no sense.
  ///
  /// - Throws: when the document itself is broken.
  mutating func lenient<Value>(
    _ read: (inout JSONCursor) throws(JSONError) -> Value
  ) throws(JSONError) -> Value? {
    let start = place
    do throws(JSONError) {
      return try read(&self)
    } catch {
      goBack(to: start)
      try skipValue()
      return nil
    }
  }

  /// A whole number of 0 … 2^46.
  mutating func readCount() throws(JSONError) -> Int64 {
    let value = try readInt()
    guard BoundedCount.range.contains(value) else { throw senseless() }
    return value
  }

  /// An array of strings and nothing else.
  mutating func readStrings() throws(JSONError) -> [String] {
    var strings: [String] = []
    strings.reserveCapacity(24)
    try enterArray()
    while try nextElement() { strings.append(try readString()) }
    return strings
  }

  /// A string, or an array of which the strings are taken.
  mutating func readStringOrStrings() throws(JSONError) -> [String] {
    if try kind() == .string { return [try readString()] }
    var strings: [String] = []
    try enterArray()
    while try nextElement() {
      if let text = try lenientString() { strings.append(text) }
    }
    return strings
  }

  mutating func lenientString() throws(JSONError) -> String? {
    try lenient { (cursor: inout JSONCursor) throws(JSONError) in try cursor.readString() }
  }

  mutating func lenientCount() throws(JSONError) -> Int64? {
    try lenient { (cursor: inout JSONCursor) throws(JSONError) in try cursor.readCount() }
  }

  /// The error for a value of the right type that makes no sense.
  func senseless() -> JSONError { JSONError(.wrongType, at: offset) }
}
