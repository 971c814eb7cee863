import CKernels
import Domain
import TestSupport
import Testing

@testable import Inference

/// Products of repacked matrices against those of the rows as they lie in the file.
@Suite("Panels")
struct PanelTests {
  static let types = KernelTests.quantized.filter { hw_has_panels($0.rawValue) != 0 }
  static let sets = KernelTests.sets.filter { $0.table.panel_rows > 0 }

  /// A matrix in panels, in memory of its own.
  private struct Panels {
    let bytes: [UInt8]

    init(_ type: TensorType, _ weights: [UInt8], rows: Int, length: Int, _ kernels: Kernels) {
      let height = kernels.table.panel_rows
      let size = hw_panel_bytes(type.rawValue, height, length)
      let rowBytes = weights.count / rows
      // What was there before must not matter.
      var bytes = [UInt8](repeating: 0xA5, count: (rows + height - 1) / height * size)
      bytes.withUnsafeMutableBytes { panels in
        weights.withUnsafeBytes { weights in
          for (panel, row) in stride(from: 0, to: rows, by: height).enumerated() {
            hw_repack(
              type.rawValue, weights.baseAddress.map { $0 + row * rowBytes }, min(height, rows - row), height, length,
              panels.baseAddress.map { $0 + panel * size })
          }
        }
      }
      self.bytes = bytes
    }
  }

  private static func product(
    _ type: TensorType, _ weights: [UInt8], rows: Int, _ x: [Float], length: Int, _ kernels: Kernels, stride: Int,
    inPanels: Bool
  ) -> [Float] {
    var activations = Activations(x, length: length, kernels)
    let tokens = x.count / length
    var out = [Float](repeating: -77, count: tokens * stride)
    let panels = inPanels ? Panels(type, weights, rows: rows, length: length, kernels).bytes : weights
    let multiply = inPanels ? kernels.table.multiply_panels : kernels.table.multiply_quantized
    activations.withPointers { multiply?(type.rawValue, panels, rows, length, $0, tokens, &out, stride) }
    return out
  }

  @Test(.enabled(if: !sets.isEmpty, "needs AVX2"), arguments: types)
  func productsEqualThoseOfRows(_ type: TensorType) {
    var random = Noise.Generator(seed: 200 + UInt64(type.rawValue))
    for (rows, tokens, blocks) in [
      (1, 1, 1), (8, 1, 2), (16, 3, 1), (17, 4, 3), (31, 5, 2), (7, 9, 1), (48, 8, 2), (33, 13, 1), (3, 21, 2),
    ] {
      let length = blocks * type.blockElements
      let weights = KernelTests.randomBlocks(type, elements: rows * length, &random)
      let x = (0..<tokens * length).map { _ in Float.random(in: -4...4, using: &random) }
      let stride = rows + 5
      let expected = Self.product(
        type, weights, rows: rows, x, length: length, .portable, stride: stride, inPanels: false)
      var all: [[Float]] = []
      for kernels in Self.sets {
        let ours = Self.product(
          type, weights, rows: rows, x, length: length, kernels, stride: stride, inPanels: true)
        // Sizes of what is summed up: an error is measured against them, not against what is left of them.
        let size = expected.reduce(0) { max($0, abs($1)) } + Float(length) * 0.5
        for index in ours.indices {
          #expect(abs(ours[index] - expected[index]) <= 1e-5 * size, "\(kernels.name) \(rows)×\(tokens)×\(length)")
        }
        all.append(ours)
      }
      // Whatever the processor has, the model says the same.
      for (ours, first) in zip(all.dropFirst(), all) { #expect(ours == first) }
    }
  }

  /// Codes and activations at their limits: no sum may overflow.
  @Test(.enabled(if: !sets.isEmpty, "needs AVX2"), arguments: types)
  func extremesDoNotOverflow(_ type: TensorType) {
    let (rows, length) = (16, max(256, type.blockElements))
    for filling in [UInt8(0), 0x7F, 0x80, 0xFF] {
      var random = Noise.Generator(seed: 7)
      var weights = KernelTests.randomBlocks(type, elements: rows * length, &random)
      let scales = KernelTests.scaleOffsets(type).flatMap { [$0, $0 + 1] }
      for index in weights.indices where !scales.contains(index % type.blockBytes) { weights[index] = filling }
      for sign in [Float(1), -1] {
        let x = [Float](repeating: 1e4 * sign, count: length * 9)
        let expected = Self.product(
          type, weights, rows: rows, x, length: length, .portable, stride: rows, inPanels: false)
        let size = expected.reduce(1) { max($0, abs($1)) }
        for kernels in Self.sets {
          let ours = Self.product(type, weights, rows: rows, x, length: length, kernels, stride: rows, inPanels: true)
          for (ours, theirs) in zip(ours, expected) {
            #expect(abs(ours - theirs) <= 2e-5 * size + 40, "\(kernels.name) \(filling) \(ours) \(theirs)")
          }
        }
      }
    }
  }

  @Test(arguments: types)
  func rowsComeBackBitForBit(_ type: TensorType) {
    var random = Noise.Generator(seed: 300 + UInt64(type.rawValue))
    let (rows, length) = (13, 3 * max(64, type.blockElements))
    let weights = KernelTests.randomBlocks(type, elements: rows * length, &random)
    var expected = [Float](repeating: 0, count: rows * length)
    Kernels.portable.table.dequantize(type.rawValue, weights, expected.count, &expected)
    for kernels in Self.sets {
      let height = kernels.table.panel_rows
      let panels = Panels(type, weights, rows: rows, length: length, kernels).bytes
      let size = hw_panel_bytes(type.rawValue, height, length)
      for row in 0..<rows {
        var out = [Float](repeating: 0, count: length)
        panels.withUnsafeBytes { panels in
          hw_panel_row(
            type.rawValue, panels.baseAddress.map { $0 + row / height * size }, row % height, height, length, &out)
        }
        #expect(out == Array(expected[row * length..<(row + 1) * length]), "\(kernels.name) row \(row)")
      }
    }
  }

  @Test(.enabled(if: !sets.isEmpty, "needs AVX2"))
  func brokenActivationsStayBroken() {
    var random = Noise.Generator(seed: 12)
    let weights = KernelTests.randomBlocks(.q4_0, elements: 16 * 64, &random)
    var x = [Float](repeating: 1, count: 64)
    x[40] = .nan
    for kernels in Self.sets {
      let out = Self.product(.q4_0, weights, rows: 16, x, length: 64, kernels, stride: 16, inPanels: true)
      for value in out { #expect(value.isNaN) }
    }
  }
}
