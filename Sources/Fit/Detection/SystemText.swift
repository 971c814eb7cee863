import Foundation

/// Short files of the kernel.
enum SystemText {
  /// The text of a file, its last line end left out, at most 64 KiB of it; nil when it cannot be read.
  static func read(_ path: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    // Files that vanish while they are read, as those of a card that is unplugged do, are not there.
    guard let data = try? handle.read(upToCount: 64 << 10) else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// A whole number, in base 10 or with 0x in base 16.
  static func number(_ path: String) -> Int64? {
    guard let text = read(path) else { return nil }
    return text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
  }
}
