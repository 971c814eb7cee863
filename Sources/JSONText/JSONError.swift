import Domain

/// Why bytes are not the JSON that they should be, and where.
public struct JSONError: ReportableError, Equatable {
  /// What is wrong.
  public enum Kind: Sendable, Equatable {
    /// The document ends in the middle.
    case truncated
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8)
    /// The document begins with a byte order mark, which RFC 8259 forbids.
    case byteOrderMark
    /// Something follows the document.
    case trailingBytes
    /// A control character inside of a string.
    case controlCharacter
    /// An escape that JSON does not have.
    case badEscape
    /// A string that is not UTF-8.
    case invalidUTF8
    /// A number that breaks the grammar, is longer than 1,024 bytes, or lies beyond the range of `Double`.
    case badNumber
    /// Deeper than the limit.
    case tooDeep(limit: Int)
    /// More bytes than the limit.
    case tooLarge(limit: Int)
    /// More values than the limit.
    case tooManyValues(limit: Int)
    /// A key that its object has twice.
    case duplicateKey(String)
    /// Well formed, but another kind of value than the reader wants.
    case wrongType
  }

  /// What is wrong.
  public let kind: Kind
  /// The byte at which it was noticed, from 0.
  public let offset: Int

  /// An error at a byte.
  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// What is wrong, and at which byte. Foreign keys are not in it.
  public var problem: String { "\(words) at byte \(offset)" }

  private var words: String {
    switch kind {
    case .truncated: "the JSON ends in the middle"
    case .unexpectedByte(let byte): "no JSON: unexpected byte \(byte)"
    case .byteOrderMark: "the JSON begins with a byte order mark"
    case .trailingBytes: "something follows the JSON"
    case .controlCharacter: "a control character in a JSON string"
    case .badEscape: "an unknown escape in a JSON string"
    case .invalidUTF8: "a JSON string that is not UTF-8"
    case .badNumber: "a number that is none in JSON"
    case .tooDeep(let limit): "JSON deeper than \(limit) levels"
    case .tooLarge(let limit): "JSON larger than \(limit) bytes"
    case .tooManyValues(let limit): "JSON with more than \(limit) values"
    case .duplicateKey: "a JSON object with the same key twice"
    case .wrongType: "a JSON value of another type than expected"
    }
  }

  /// Nothing but another file would help.
  public var advice: String? { nil }

  /// The input is not what it claims to be.
  public var exitCode: ExitCode { .badInput }
}
