import CKernels
import Domain
import ModelFiles
import Synchronization

/// Weights of another source whose float matrices were quantized while loading.
///
/// As other engines do, the embedding and the output matrix get 8 bits, since each of their rows is a token, and what
/// is no matrix, or chooses experts, stays as it is. Rows that are no whole number of blocks fall back: Q4_K to Q4_0,
/// that to floats.
struct QuantizedWeights: WeightSource {
  let header: GGUFHeader
  private let base: any WeightSource
  private let owned: [String: OwnedMatrix]

  /// Quantizes.
  ///
  /// - Parameters:
  ///   - base: where the floats come from.
  ///   - parts: the headers of all its files.
  ///   - target: Q4_0 or Q4_K.
  /// - Throws: `InferenceError` of kind `notFinite` for weights that are no numbers, or too large for half-precision scales;
  ///   `limit` when there is no memory; and what the source throws.
  init(_ base: any WeightSource, parts: [GGUFHeader], to target: TensorType, threads: Int) throws {
    self.base = base
    let pool = WorkerPool(count: threads)
    var owned: [String: OwnedMatrix] = [:]
    let tensors = try parts.flatMap(\.tensors).map { info in
      guard let type = Self.type(of: info, target: target) else { return info }
      let matrix = try Self.quantized(try base.matrix(info.name), to: type, named: info.name, file: base.name, pool)
      owned[info.name] = matrix
      return GGUFTensorInfo(name: info.name, type: type, dimensions: info.dimensions) ?? info
    }
    self.owned = owned
    // All parts are one now.
    header = GGUFHeader(
      name: base.name, metadata: base.header.metadata.filter { !$0.key.hasPrefix("split.") }, tensors: tensors)
  }

  /// Whether there was anything to quantize.
  var hasQuantized: Bool { !owned.isEmpty }
  var name: String { base.name }
  var ropePairs: RopePairs? { base.ropePairs }
  var tensorNames: [String] { base.tensorNames }

  func forgetPages() { base.forgetPages() }

  func has(_ tensor: String) -> Bool { base.has(tensor) }

  func matrix(_ tensor: String) throws -> Matrix { try owned[tensor]?.matrix ?? base.matrix(tensor) }

  func floats(_ tensor: String) throws -> [Float] { try base.floats(tensor) }

  /// What a tensor becomes; nil when it stays.
  private static func type(of info: GGUFTensorInfo, target: TensorType) -> TensorType? {
    guard [.f32, .f16, .bf16].contains(info.type), info.dimensions.count > 1, info.name.hasSuffix(".weight"),
      !info.name.contains("ffn_gate_inp"), !info.name.contains("norm")
    else { return nil }
    let wanted = ["token_embd.weight", "output.weight"].contains(info.name) ? TensorType.q8_0 : target
    return [wanted, .q4_0].first { info.dimensions[0] % Int64($0.blockElements) == 0 }
  }

  private static func quantized(
    _ matrix: Matrix, to type: TensorType, named name: String, file: String, _ pool: WorkerPool
  ) throws -> OwnedMatrix {
    let result = try OwnedMatrix(type: type, rows: matrix.rows, columns: matrix.columns)
    let isBroken = Atomic(false)
    pool.forEach(matrix.rows, piece: 16) { rows, _ in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: matrix.columns) { floats in
        for row in rows {
          Kernels.best.table.dequantize(matrix.type.rawValue, matrix.row(row), matrix.columns, floats.baseAddress)
          let status = hw_quantize(
            type.rawValue, floats.baseAddress, matrix.columns, result.bytes + row * result.matrix.rowBytes)
          if status != 0 { isBroken.store(true, ordering: .relaxed) }
        }
      }
      matrix.forgetPages(rows)
    }
    guard !isBroken.load(ordering: .relaxed) else {
      throw InferenceError(
        .notFinite, "\(file): the tensor '\(name)' holds NaN, infinity, or numbers too large to be quantized")
    }
    return result
  }
}
