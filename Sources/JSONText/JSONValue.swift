/// A JSON document in memory.
///
/// ```swift
/// let config = try JSONValue.parse(bytes, limits: JSONLimits(allowsNonFinite: true))
/// let layers = config["num_hidden_layers"]?.int
/// ```
///
/// The reader is strict, as RFC 8259 is: nothing before or after the document but blanks, no byte order mark, no
/// comments, no control characters in strings, UTF-8 throughout. Two things it decides for itself: half of a
/// surrogate pair in an escape becomes U+FFFD, since real files carry them, and a whole number outside of
/// `Int64` becomes a `number`.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that `Int64` can hold; `-0` is a `number`.
  case int(Int64)
  /// Any other number.
  case number(Double)
  /// A string, escapes resolved.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)

  /// Reads a whole document.
  ///
  /// - Throws: `JSONError`; never runs out of stack or memory beyond what the limits allow.
  public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
    try JSONCursor.read(bytes, limits: limits) { (cursor: inout JSONCursor) throws(JSONError) in
      try cursor.readValue()
    }
  }

  /// Reads a whole document out of memory that belongs to somebody else.
  ///
  /// - Throws: `JSONError`, as for an array.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONValue {
    try JSONCursor.read(bytes, limits: limits) { (cursor: inout JSONCursor) throws(JSONError) in
      try cursor.readValue()
    }
  }

  /// Whether it is `null`.
  public var isNull: Bool { self == .null }

  /// The flag; nil for other kinds.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The whole number; nil for other kinds, and for numbers with a fraction or an exponent.
  public var int: Int64? { if case .int(let value) = self { value } else { nil } }

  /// The number, whole or not; nil for other kinds. Whole numbers beyond 2^53 are rounded.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The string; nil for other kinds.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The elements; nil for other kinds.
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

  /// The members; nil for other kinds.
  public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// The value of a key, when this is an object that has it.
  public subscript(key: String) -> JSONValue? { object?[key] }
}
