import CKernels
import Foundation
import TestSupport
import Testing

/// What is counted of rows, tensors and logits, against plain loops.
@Suite("Statistics")
struct StatisticsTests {
  @Test(arguments: [1, 15, 16, 17, 255, 256, 257, 1000, 49_152])
  func theSumOfExponentialsIsThatOfDoubles(_ count: Int) {
    var generator = Noise.Generator(seed: UInt64(count))
    for scale in [Float(0.01), 1, 30, 3000] {
      let values = (0..<count).map { _ in Float.random(in: -scale...scale, using: &generator) }
      let largest = Double(values.max() ?? 0)
      let exact = log(values.reduce(0.0) { $0 + exp(Double($1) - largest) }) + largest
      #expect(abs(hw_log_sum_exp(values, count) - exact) < 2e-6 * max(1, abs(exact)), "\(scale)")
      for strange in [Float.nan, .infinity] {
        var broken = values
        broken[count / 2] = strange
        #expect(!hw_log_sum_exp(broken, count).isFinite)
      }
    }
  }

  @Test(arguments: [1, 16, 31, 576])
  func rowStatisticsAreThoseOfPlainLoops(_ length: Int) {
    var generator = Noise.Generator(seed: 3)
    let row = (0..<length).map { _ in Float.random(in: -2...2, using: &generator) }
    var columns = [Float](repeating: 1, count: length)
    var seen = hw_statistics()
    hw_row_statistics(row, length, &columns, &seen)
    #expect(seen.lowest == row.min() && seen.highest == row.max())
    #expect(abs(seen.squares - row.reduce(0) { $0 + $1 * $1 }) < 1e-4 * Float(length))
    #expect(columns == row.map { 1 + $0 * $0 })
    var broken = row
    broken[length / 2] = .nan
    hw_row_statistics(broken, length, &columns, &seen)
    #expect(seen.squares.isNaN)
  }

  @Test func fingerprintsTellSmallChanges() {
    for count in [0, 1, 63, 64, 65, 1000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      #expect(hw_fingerprint(bytes, count) == hw_fingerprint(bytes, count))
      for place in Set([0, count / 2, count - 1]) where bytes.indices.contains(place) {
        var other = bytes
        other[place] ^= 1
        #expect(hw_fingerprint(other, count) != hw_fingerprint(bytes, count))
      }
    }
  }
}
