/// The order of version tags by their names: `b1233 < b1234`, `v1.9 < v1.10`, `v2.0-rc1 < v2.0 < v2.0.post1`.
///
/// Tags of one repository may belong to several families (`b1234` beside `gguf-v0.4`): what stands before the first
/// digit, without the `v` of a version. Only tags of one family can be compared in earnest; the order over all names is
/// total, so that sorting never depends on the order in which a server lists them.
public struct TagOrder: Sendable, Comparable {
  private let name: String
  /// What stands before the first digit; nil for a name without digits, such as `latest`.
  let family: [UInt8]?
  /// The dotted numbers: digits without leading zeros, so that no number is too large.
  private let numbers: [[UInt8]]
  private let stage: Stage
  private let rest: [UInt8]

  /// Whether the version announces a release, is one, or follows one.
  private enum Stage: Int { case before, release, after }

  private static let announcements: Set<String> = [
    "a", "alpha", "b", "beta", "c", "dev", "nightly", "pre", "preview", "rc", "test",
  ]

  /// The place of a tag in the order.
  public init(_ name: String) {
    self.name = name
    let bytes = Array(name.utf8)
    guard let start = bytes.firstIndex(where: Self.isDigit) else {
      (family, numbers, stage, rest) = (nil, [], .release, bytes)
      return
    }
    family = Self.family(bytes[..<start])
    var numbers: [[UInt8]] = []
    var position = start
    while position < bytes.count, Self.isDigit(bytes[position]) {
      let end = bytes[position...].firstIndex { !Self.isDigit($0) } ?? bytes.count
      numbers.append(Array(bytes[position..<end].drop { $0 == UInt8(ascii: "0") }))
      let isFollowed = end + 1 < bytes.count && bytes[end] == UInt8(ascii: ".") && Self.isDigit(bytes[end + 1])
      position = isFollowed ? end + 1 : end
      if !isFollowed { break }
    }
    // 1.2 and 1.2.0 are one version.
    while numbers.last?.isEmpty == true { numbers.removeLast() }
    self.numbers = numbers
    let rest = Array(bytes[position...])
    self.rest = rest
    let word = rest.drop { "-._+".utf8.contains($0) }.prefix(while: Self.isLetter)
    stage =
      rest.isEmpty
      ? .release
      : Self.announcements.contains(String(decoding: word, as: UTF8.self).lowercased()) ? .before : .after
  }

  public static func == (left: TagOrder, right: TagOrder) -> Bool { left.name.utf8.elementsEqual(right.name.utf8) }

  public static func < (left: TagOrder, right: TagOrder) -> Bool {
    if left.family != right.family {
      guard let family = left.family else { return true }
      return right.family.map { family.lexicographicallyPrecedes($0) } ?? false
    }
    for index in 0..<max(left.numbers.count, right.numbers.count) {
      let (a, b) = (left.number(index), right.number(index))
      if a != b { return isSmaller(a, b) }
    }
    if left.stage != right.stage { return left.stage.rawValue < right.stage.rawValue }
    if left.rest != right.rest { return isEarlier(left.rest, right.rest) }
    return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }

  private func number(_ index: Int) -> [UInt8] { index < numbers.count ? numbers[index] : [] }

  /// The newest of `names`: of the family that has most members among `all`, as far as `names` has any of it.
  ///
  /// Names without any digit count only where there are no others.
  public static func newest(_ names: some Collection<String>, among all: some Collection<String>) -> String? {
    var members: [[UInt8]: Int] = [:]
    for name in all { if let family = TagOrder(name).family { members[family, default: 0] += 1 } }
    /// How much a tag's family counts.
    func weight(_ tag: TagOrder) -> Int { tag.family.map { members[$0, default: 0] + 1 } ?? 0 }
    let newest = names.lazy.map(TagOrder.init).max { left, right in
      let (a, b) = (weight(left), weight(right))
      return a == b ? left < right : a < b
    }
    return newest?.name
  }

  private static func family(_ prefix: ArraySlice<UInt8>) -> [UInt8] {
    var letters = prefix
    if let last = letters.last, last == UInt8(ascii: "v") || last == UInt8(ascii: "V"),
      letters.dropLast().last.map({ !isLetter($0) }) ?? true
    {
      letters.removeLast()
    }
    return letters.map { isLetter($0) ? $0 | 0x20 : $0 }
  }

  /// Numbers as digits without leading zeros: the longer one is the larger.
  private static func isSmaller(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }

  /// The natural order: runs of digits as numbers, everything else by bytes.
  private static func isEarlier(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if isDigit(left[i]), isDigit(right[j]) {
        let a = left[i...].prefix(while: isDigit)
        let b = right[j...].prefix(while: isDigit)
        let (x, y) = (Array(a.drop { $0 == UInt8(ascii: "0") }), Array(b.drop { $0 == UInt8(ascii: "0") }))
        if x != y { return isSmaller(x, y) }
        (i, j) = (a.endIndex, b.endIndex)
      } else {
        if left[i] != right[j] { return left[i] < right[j] }
        (i, j) = (i + 1, j + 1)
      }
    }
    let (remains, others) = (left.count - i, right.count - j)
    return remains == others ? left.lexicographicallyPrecedes(right) : remains < others
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
