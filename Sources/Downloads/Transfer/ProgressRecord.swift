import Domain
import Glibc

/// What of a partial file this boot's kernel holds, in a small file beside it.
///
/// It is rewritten after every piece that arrives, in one page and without a sync: a process that is killed leaves
/// what it had handed to the kernel, and this record says which bytes those are. Over a reboot it counts for nothing;
/// then the journal in the catalog does.
struct ProgressRecord: Equatable {
  /// The boot in which it was written.
  var boot: String
  /// The size of the whole file.
  var size: Int64
  /// Bytes that were written.
  var arrived: ByteRanges

  private static let magic = Array("hubwatch".utf8)
  private static let bootBytes = 40
  private static let headBytes = 8 + bootBytes + 8 + 8
  /// One page: the kernel writes it whole or not at all when the process is killed.
  private static let byteLimit = 4096
  private static let rangeLimit = (byteLimit - headBytes - 8) / 16

  /// The record as bytes. Of very many ranges only the first are told, which costs a second download of the others.
  var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Self.headBytes + 16 * arrived.ranges.count + 8)
    result += Self.magic
    let name = Array(boot.utf8.prefix(Self.bootBytes))
    result += name + [UInt8](repeating: 0, count: Self.bootBytes - name.count)
    Self.append(size, to: &result)
    let told = arrived.ranges.prefix(Self.rangeLimit)
    Self.append(Int64(told.count), to: &result)
    for range in told {
      Self.append(range.lowerBound, to: &result)
      Self.append(range.upperBound, to: &result)
    }
    Self.append(Int64(bitPattern: Self.fingerprint(result[...])), to: &result)
    return result
  }

  /// A record for its members.
  init(boot: String, size: Int64, arrived: ByteRanges) {
    self.boot = boot
    self.size = size
    self.arrived = arrived
  }

  /// The record that bytes hold; nil when they hold none.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headBytes + 8, Array(bytes.prefix(8)) == Self.magic else { return nil }
    func number(_ offset: Int) -> Int64 {
      bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self)) }
    }
    size = number(8 + Self.bootBytes)
    let count = number(16 + Self.bootBytes)
    guard size >= 0, (0...Int64(Self.rangeLimit)).contains(count) else { return nil }
    let end = Self.headBytes + 16 * Int(count)
    guard bytes.count >= end + 8, number(end) == Int64(bitPattern: Self.fingerprint(bytes[..<end])) else { return nil }
    boot = String(decoding: bytes[8..<8 + Self.bootBytes].prefix { $0 != 0 }, as: UTF8.self)
    arrived = ByteRanges()
    for index in 0..<Int(count) {
      let (start, stop) = (number(Self.headBytes + 16 * index), number(Self.headBytes + 16 * index + 8))
      guard start >= 0, start < stop, stop <= size else { return nil }
      arrived.insert(start..<stop)
    }
  }

  /// The record in a file; nil when there is none that reads.
  init?(path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: Self.byteLimit)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    self.init(Array(buffer.prefix(count)))
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// FNV-1a, 64 bits: told apart from a file of another program, not protected from an enemy.
  private static func fingerprint(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
