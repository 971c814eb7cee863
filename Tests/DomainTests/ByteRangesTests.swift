import Domain
import Testing

@Suite("Byte ranges")
struct ByteRangesTests {
  /// Against a set of single bytes, whatever is put in and taken out.
  @Test(arguments: 1...40)
  func aSetOfBytes(seed: UInt64) throws {
    var random = Dice(state: seed)
    var ranges = ByteRanges()
    var bytes: Set<Int64> = []
    for _ in 0..<120 {
      let start = Int64(random.next() % 200)
      let range = start..<start + Int64(random.next() % 30)
      if random.next() % 3 > 0 {
        ranges.insert(range)
        bytes.formUnion(range)
      } else {
        ranges.remove(range)
        bytes.subtract(range)
      }
      #expect(ranges.count == Int64(bytes.count))
      #expect(Set(ranges.ranges.flatMap { Array($0) }) == bytes)
      for (one, next) in zip(ranges.ranges, ranges.ranges.dropFirst()) { #expect(one.upperBound < next.lowerBound) }
      let window = Int64(random.next() % 100)..<Int64(100 + random.next() % 150)
      #expect(Set(ranges.gaps(in: window).flatMap { Array($0) }) == Set(window).subtracting(bytes))
      #expect(ranges.contains(range) == bytes.isSuperset(of: range))
      #expect(ranges.prefix == Int64((0...).prefix { bytes.contains(Int64($0)) }.count))
      #expect(ByteRanges(ranges.description) == ranges)
      let other = ByteRanges([window])
      #expect(Set(ranges.intersection(other).ranges.flatMap { Array($0) }) == bytes.intersection(window))
    }
  }

  @Test(arguments: ["1", "a-b", "5-5", "6-5", "-1-4", "1-2,", ",", "1-2-3", "0-99999999999999999999", "0x1-2", " 1-2"])
  func whatDoesNotRead(text: String) { #expect(ByteRanges(text) == nil) }

  @Test func whatReads() {
    #expect(ByteRanges("")?.isEmpty == true)
    #expect(ByteRanges("4-6,0-4,5-9")?.ranges == [0..<9])
  }

  private struct Dice {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }
}
