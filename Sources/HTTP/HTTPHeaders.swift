/// Header fields in the order in which they were sent; names are compared without regard to case.
public struct HTTPHeaders: Hashable, Sendable {
  /// One header line.
  public struct Field: Hashable, Sendable {
    /// The name as it was spelled.
    public let name: String
    /// The value without blanks around it.
    public let value: String
  }

  /// All fields, in order.
  public private(set) var fields: [Field] = []

  /// No fields.
  public init() {}

  /// Fields out of pairs of name and value.
  public init(_ pairs: [(name: String, value: String)]) {
    for pair in pairs { append(pair.name, pair.value) }
  }

  /// The first value of a field; nil when it is absent. Setting replaces all of its values.
  public subscript(name: String) -> String? {
    get { fields.first { Self.same($0.name, name) }?.value }
    set {
      fields.removeAll { Self.same($0.name, name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// Every value of a field, in order.
  public func values(_ name: String) -> [String] {
    fields.filter { Self.same($0.name, name) }.map(\.value)
  }

  /// Adds one more field.
  public mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: HTTPText.trimmed(value)))
  }

  /// Adds a folded line (RFC 9112, 5.2) to the field before it.
  mutating func continueLast(with text: String) {
    guard let last = fields.popLast() else { return }
    append(last.name, last.value + " " + HTTPText.trimmed(text))
  }

  /// Whether every field can be sent: a token for a name, and no control character in a value.
  var isSendable: Bool {
    fields.allSatisfy { field in
      HTTPText.isToken(field.name)
        && field.value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == UInt8(ascii: "\t") }
    }
  }

  private static func same(_ left: String, _ right: String) -> Bool {
    let left = left.utf8
    let right = right.utf8
    return left.count == right.count
      && zip(left, right).allSatisfy { HTTPText.lower($0) == HTTPText.lower($1) }
  }
}
