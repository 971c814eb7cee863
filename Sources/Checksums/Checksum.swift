import CCrypto
import Domain
import Synchronization

/// A running SHA-256 or git blob hash over the bytes of one file.
///
/// libcrypto does the work, so that SHA-NI is used where the processor has it. Bytes are fed in file order.
// Sendable is safe: `context` is never replaced, and every call that touches what it points to holds `lock`.
public final class Checksum: @unchecked Sendable {
  private let context: OpaquePointer
  private let isGit: Bool
  private let lock = Mutex<Void>(())

  /// A hash that will be compared with `expected`.
  ///
  /// - Parameters:
  ///   - expected: tells the algorithm.
  ///   - size: the content's size in bytes; git's blob hash starts with it.
  /// - Throws: `ChecksumError.unavailable` when libcrypto refuses the algorithm.
  public convenience init(for expected: ContentHash, size: Int64) throws(ChecksumError) {
    switch expected {
    case .sha256: try self.init(algorithm: EVP_sha256(), isGit: false)
    case .gitBlob:
      try self.init(algorithm: EVP_sha1(), isGit: true)
      Array("blob \(size)\u{0}".utf8).withUnsafeBytes { update($0) }
    }
  }

  private init(algorithm: OpaquePointer?, isGit: Bool) throws(ChecksumError) {
    guard let context = EVP_MD_CTX_new() else { throw .unavailable }
    guard EVP_DigestInit_ex(context, algorithm, nil) == 1 else {
      EVP_MD_CTX_free(context)
      throw .unavailable
    }
    self.context = context
    self.isGit = isGit
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Feeds the next bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    lock.withLock { _ in _ = EVP_DigestUpdate(context, base, bytes.count) }
  }

  /// The hash of everything that was fed. Call it once.
  public func finish() -> ContentHash {
    var digest = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    lock.withLock { _ in _ = EVP_DigestFinal_ex(context, &digest, &length) }
    let digits = Hexadecimal.string(digest.prefix(Int(length)))
    return isGit ? .gitBlob(digits) : .sha256(digits)
  }
}

/// libcrypto does not offer a hash, which only a crippled installation does.
public enum ChecksumError: ReportableError {
  /// No SHA-256 or SHA-1.
  case unavailable

  public var problem: String { "libcrypto offers no SHA-256" }
  public var advice: String? { "reinstall libssl3" }
  public var exitCode: ExitCode { .unusableSetup }
}
