import CKernels
import Domain
import Testing

@testable import Inference

/// Matrices whose columns stand in an order of their own.
@Suite("Orders of columns")
struct ColumnOrderTests {
  private let shape = ModelShape(
    architecture: "llama", layers: 1, embedding: 64, feedForward: 64, heads: 1, kvHeads: [1], keyLength: 64,
    valueLength: 64, vocabulary: 8, contextLength: 8)
  private let rows = 40

  /// The products of a matrix and of the same one with its halves exchanged, with the same activations.
  private func products(_ type: TensorType, exact: Bool, together: Bool) throws -> [[Float]] {
    let (width, count) = (64, 5)
    let blocks = Blocks.small(type, elements: rows * width, seed: 3)
    let half = blocks.count / rows / 2
    let exchanged = (0..<rows).flatMap { row -> [UInt8] in
      let start = 2 * half * row
      return Array(blocks[start + half..<start + 2 * half] + blocks[start..<start + half])
    }
    let order = ColumnOrder((0..<64).map { Int32(($0 + 32) % 64) })
    var x = ReferenceModel.noise("activations", count: count * width)
    let arena = try Arena(size: 1 << 20, purpose: "a test")
    let multiplier = MatrixMultiplier(
      kernels: .best, exact: exact, pool: WorkerPool(count: 2), shape: shape, batch: count, threads: 2, arena: arena)
    var (plain, ordered) = (
      [Float](repeating: .nan, count: count * rows), [Float](repeating: .nan, count: count * rows)
    )
    var bodies = 0
    blocks.withUnsafeBytes { first in
      exchanged.withUnsafeBytes { second in
        plain.withUnsafeMutableBufferPointer { plain in
          ordered.withUnsafeMutableBufferPointer { ordered in
            guard let a = first.baseAddress, let b = second.baseAddress, let one = plain.baseAddress,
              let other = ordered.baseAddress
            else { return }
            let products = [
              Product(Matrix(data: a, type: type, rows: rows, columns: width), one),
              Product(Matrix(data: b, type: type, rows: rows, columns: width, columnOrder: order), other),
            ]
            if together {
              multiplier.multiplyTogether(products, &x, count: count) { bodies += $0.count }
            } else {
              multiplier.multiply(products, &x, count: count)
            }
          }
        }
      }
    }
    if together { #expect(bodies == rows) }
    return [plain, ordered]
  }

  @Test(arguments: [TensorType.q8_0, .q4_0, .iq4_nl, .mxfp4], [false, true])
  func productsAreThoseOfTheSortedMatrix(_ type: TensorType, _ exact: Bool) throws {
    for together in [false, true] {
      let products = try products(type, exact: exact, together: together)
      #expect(Comparison(products[1], products[0]).rms < 1e-5 && products[0].contains { abs($0) > 0.01 })
    }
  }
}
