import CCrypto
import Domain

/// Hashes of bytes that are already in memory.
public enum Checksums {
  /// SHA-256 of `bytes`, 64 hexadecimal digits.
  public static func sha256(_ bytes: some Sequence<UInt8>) -> String { digest(Array(bytes), EVP_sha256()) }

  /// SHA-1 of `bytes`, 40 hexadecimal digits. Only for git's object names.
  public static func sha1(_ bytes: some Sequence<UInt8>) -> String { digest(Array(bytes), EVP_sha1()) }

  /// HMAC-SHA-256 of `message` under `key`, 64 hexadecimal digits (RFC 2104).
  public static func hmacSHA256(key: [UInt8], message: [UInt8]) -> String {
    var code = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
    return Hexadecimal.string(code.prefix(Int(length)))
  }

  private static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> String {
    var code = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &code, &length, algorithm, nil)
    return Hexadecimal.string(code.prefix(Int(length)))
  }
}
