/// What proves a file's content on the hub, and names its blob in the Hugging Face cache.
public enum ContentHash: Hashable, Sendable, CustomStringConvertible {
  /// SHA-256 of the content (64 digits): files in LFS or Xet.
  case sha256(String)
  /// SHA-1 of `blob <length>\0` and the content (40 digits): files in plain git.
  case gitBlob(String)

  /// Tells the kind by the number of digits; nil for anything else.
  public init?(_ text: String) {
    if Hexadecimal.isHexadecimal(text, count: 64) {
      self = .sha256(text)
    } else if Hexadecimal.isHexadecimal(text, count: 40) {
      self = .gitBlob(text)
    } else {
      return nil
    }
  }

  /// The digits alone; also the blob's file name.
  public var description: String {
    switch self {
    case .sha256(let digits), .gitBlob(let digits): digits
    }
  }
}
