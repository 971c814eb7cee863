import CKernels
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite("Rotation and what stands between the products")
struct RotationTests {
  private static let sets = [Elementwise.portable] + [Elementwise.avx2].compactMap { $0 }

  @Test(.enabled(if: Shared.has("unit/operators.safetensors"), "needs ../shared/unit"))
  func halvesTurnAsInTheReference() throws {
    let reference = try Safetensors("unit/operators.safetensors")
    let positions = try #require(reference.raw("rope.pos")).withUnsafeBytes { buffer in
      (0..<5).map { Int(buffer.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
    }
    for base in [10_000.0, 500_000] {
      let expected = try #require(reference.floats("rope.y_half_\(Int(base))"))
      let frequencies = RopeScaling.none.frequencies(rotated: 16, base: base, context: 512)
      for elementwise in Self.sets {
        var heads = try #require(reference.floats("rope.x"))
        for (row, position) in positions.enumerated() {
          let turns = frequencies.flatMap { frequency -> [Float] in
            let angle = Double(position) * frequency
            return [Float(cos(angle)), Float(sin(angle))]
          }
          heads.withUnsafeMutableBufferPointer { heads in
            elementwise.table.rotate_halves(heads.baseAddress.map { $0 + row * 64 }, 4, 16, 16, turns)
          }
        }
        #expect(zip(heads, expected).allSatisfy { abs($0 - $1) < 1e-4 })
      }
    }
  }

  @Test(.enabled(if: Shared.has("unit/operators.safetensors"), "needs ../shared/unit"))
  func llama3FrequenciesAreTheReferences() throws {
    let reference = try Safetensors("unit/operators.safetensors")
    let plain = RopeScaling.none.frequencies(rotated: 128, base: 500_000, context: 8192)
    let scaled = RopeScaling.llama3(factor: 8, original: 8192, low: 1, high: 4)
      .frequencies(rotated: 128, base: 500_000, context: 131_072)
    for (ours, name) in [(plain, "rope.plain_inv_freq_500000"), (scaled, "rope.llama3_inv_freq")] {
      let theirs = try #require(reference.floats(name))
      #expect(theirs.count == 64)
      #expect(zip(ours, theirs).allSatisfy { abs($0 / Double($1) - 1) < 1e-5 }, "\(name)")
    }
  }

  @Test func scalingsStayWithinTheirFactor() {
    let plain = RopeScaling.none.frequencies(rotated: 64, base: 10_000, context: 8192)
    let scalings: [RopeScaling] = [
      .linear(factor: 4), .yarn(factor: 4, original: 2048, fast: 32, slow: 1),
      .llama3(factor: 4, original: 2048, low: 1, high: 4), .dynamic(factor: 4, trained: 2048),
    ]
    for scaling in scalings {
      let frequencies = scaling.frequencies(rotated: 64, base: 10_000, context: 8192)
      #expect(frequencies.allSatisfy { $0.isFinite && $0 > 0 })
      #expect(zip(frequencies, plain).allSatisfy { $0 <= $1 * 1.000001 })
    }
    let dynamic = RopeScaling.dynamic(factor: 4, trained: 2048)
    #expect(dynamic.frequencies(rotated: 64, base: 10_000, context: 2048) == plain)
    #expect(abs(RopeScaling.yarn(factor: 4, original: 1, fast: 32, slow: 1).attentionFactor - 1.138629) < 1e-6)
    #expect(RopeScaling.none.frequencies(rotated: 0, base: 10_000, context: 8) == [])
  }

  @Test(.enabled(if: Elementwise.avx2 != nil, "needs AVX2"), arguments: [0, 1, 7, 8, 9, 64, 1003])
  func bothTablesComputeTheSame(_ length: Int) throws {
    let fast = try #require(Elementwise.avx2).table
    let plain = Elementwise.portable.table
    var random = Noise.Generator(seed: UInt64(length) + 1)
    var x = (0..<length).map { _ in Float.random(in: -8...8, using: &random) }
    let extremes: [Float] = [0, -0.0, .leastNonzeroMagnitude, -1e30, 1e30, 3e38, -3e38, .leastNormalMagnitude, 60, -60]
    for (index, value) in extremes.enumerated() where index * 3 < length { x[index * 3] = value }
    let y = (0..<length).map { _ in Float.random(in: -2...2, using: &random) }

    func compare(_ name: String, _ compute: (hw_elementwise, inout [Float]) -> Void) {
      var (ours, theirs) = (x + [77], x + [77])
      compute(fast, &ours)
      compute(plain, &theirs)
      #expect(ours[length] == 77 && theirs[length] == 77, "\(name) wrote beyond the end")
      for index in 0..<length {
        let (a, b) = (ours[index], theirs[index])
        let near = abs(a - b) <= 1e-6 * max(abs(b), min(abs(x[index]), 100)) + 1e-37
        #expect(near || a == b || (a.isNaN && b.isNaN), "\(name) of \(x[index]): \(a), \(b)")
      }
    }
    compare("geglu") { table, x in table.geglu(&x, y, length) }
    compare("scale") { table, x in table.scale(&x, 0.37, length) }
    compare("add_scaled") { table, x in table.add_scaled(&x, y, -1.7, length) }
    compare("soft_cap") { table, x in table.soft_cap(&x, 30, length) }
  }

  @Test(.enabled(if: Elementwise.avx2 != nil, "needs AVX2"))
  func notANumberStaysOne() throws {
    for table in Self.sets.map(\.table) {
      var x = [Float](repeating: .nan, count: 11)
      table.soft_cap(&x, 30, 11)
      table.geglu(&x, [Float](repeating: 1, count: 11), 11)
      #expect(x.allSatisfy { $0.isNaN })
      x = [.infinity, -.infinity, 0]
      table.soft_cap(&x, 30, 3)
      #expect(x == [30, -30, 0])
    }
  }

  @Test(arguments: [2, 8, 16, 24, 30, 64])
  func partsOfHeadsTurnAlike(_ rotated: Int) {
    var random = Noise.Generator(seed: UInt64(rotated))
    let x = (0..<3 * 64).map { _ in Float.random(in: -1...1, using: &random) }
    let angles = (0..<rotated / 2).map { Double($0) * 0.7 + 0.1 }
    let turns = angles.flatMap { [Float(cos($0)), Float(sin($0))] }
    for elementwise in Self.sets {
      var heads = x
      elementwise.table.rotate_halves(&heads, 3, 64, rotated, turns)
      for head in 0..<3 {
        for element in 0..<64 {
          var expected = Double(x[head * 64 + element])
          if element < rotated {
            let pair = element % (rotated / 2)
            let (a, b) = (Double(x[head * 64 + pair]), Double(x[head * 64 + rotated / 2 + pair]))
            let (cosine, sine) = (cos(angles[pair]), sin(angles[pair]))
            expected = element < rotated / 2 ? a * cosine - b * sine : a * sine + b * cosine
          }
          #expect(abs(Double(heads[head * 64 + element]) - expected) < 1e-6)
        }
      }
    }
  }
}
