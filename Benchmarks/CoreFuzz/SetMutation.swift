import CoreFuzzSupport
import FuzzSupport

/// Damage to one or several files of a set, each by what it is made of.
enum SetMutation {
  /// More than any file of the seeds.
  private static let limit = 4 << 20

  static func apply(_ set: FileSet, _ other: FileSet, _ random: inout some RandomNumberGenerator) -> FileSet {
    var set = set
    let rounds = Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1
    for _ in 0..<rounds where !set.files.isEmpty {
      let index = Int.random(in: 0..<set.files.count, using: &random)
      let kind = set.files[index].name.split(separator: ".").last ?? ""
      let pieces = other.files.first { $0.name.hasSuffix(kind) }?.bytes ?? []
      if set.files.count > 1, Int.random(in: 0..<40, using: &random) == 0 {
        set.files.remove(at: index)
      } else {
        set.files[index].bytes = damaged(set.files[index].bytes, pieces, String(kind), &random)
      }
    }
    return set
  }

  private static func damaged(
    _ bytes: [UInt8], _ other: [UInt8], _ kind: String, _ random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    let isPlain = Int.random(in: 0..<3, using: &random) == 0
    switch kind {
    case "gguf":
      if !isPlain, let changed = GGUFMutation.apply(bytes, &random) { return changed }
      return headFirst(bytes, other, head: GGUFMutation.headerLength(bytes), &random)
    case "safetensors":
      let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.1) << (8 * min($1.0, 3)) }
      guard bytes.count > 8, length <= bytes.count - 8 else { break }
      if isPlain { return headFirst(bytes, other, head: 8 + length, &random) }
      let header = JSONMutation.apply(Array(bytes[8..<8 + length]), &random)
      return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + bytes[(8 + length)...]
    case "json" where !isPlain: return JSONMutation.apply(bytes, &random)
    default: break
    }
    return Mutation.apply(bytes, other, limit: limit, &random)
  }

  /// Mostly in the header: what follows are weights, where any bits mean something.
  private static func headFirst(
    _ bytes: [UInt8], _ other: [UInt8], head: Int, _ random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0...2, using: &random) {
      let within = Int.random(in: 0..<4, using: &random) == 0 ? bytes.count : head
      Mutation.damage(&bytes, other, within: within, &random)
    }
    return Array(bytes.prefix(limit))
  }
}
