import CKernels
import Domain
import Glibc
import ModelFiles
import Synchronization

/// What one streaming pass over all tensors of a model shows, before anything is computed with them.
public struct WeightSurvey: Sendable {
  /// All tensors, in the order of the file.
  public let tensors: [TensorStatistics]

  /// Reads every tensor once, and lets the kernel forget what lies in the mapped file.
  ///
  /// - Parameter tensors: what the headers list.
  /// - Throws: `InferenceError` for tensors that the core does not read.
  init(_ source: some WeightSource, tensors infos: [GGUFTensorInfo], kernels: Kernels, threads: Int) throws {
    let pool = WorkerPool(count: threads)
    tensors = try infos.filter { !Self.isComputed($0.name) }.map { info in
      try TensorSurvey(matrix: source.matrix(info.name), kernels: kernels).run(
        name: info.name, isVector: info.dimensions.count == 1, pool)
    }
  }

  /// Factors that follow from the configuration of a folder, and lie in no file.
  private static func isComputed(_ name: String) -> Bool { name.hasPrefix("rope_f") }
}

/// The pass over one tensor, shared out among threads.
private struct TensorSurvey {
  let matrix: Matrix
  let kernels: Kernels

  /// Rows after which sums in single precision are added up in double precision.
  private static let piece = 64

  private struct Sums {
    var columnSquares: [Double]
    var lowest = Float.infinity
    var highest = -Float.infinity
    var constantRows = 0
    var notFinite: Int64 = 0
    var firstNotFinite: (row: Int, column: Int)?
    var fingerprint: UInt64 = 0
  }

  func run(name: String, isVector: Bool, _ pool: WorkerPool) -> TensorStatistics {
    let sums = Mutex(Sums(columnSquares: [Double](repeating: 0, count: matrix.columns)))
    let norms = [Float](unsafeUninitializedCapacity: matrix.rows) { norms, count in
      pool.forEach(matrix.rows, piece: Self.piece) { rows, _ in
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.piece) {
          let part = start..<min(start + Self.piece, rows.upperBound)
          // Pieces write rows of their own.
          if let base = norms.baseAddress { look(at: part, norms: base, sums) }
        }
        matrix.forgetPages(rows)
      }
      count = matrix.rows
    }
    let total = sums.withLock { $0 }
    let scale = 1 / Double(max(1, matrix.rows))
    let columns = total.columnSquares.map { Float(($0 * scale).squareRoot()) }
    return TensorStatistics(
      name: name, type: matrix.type, rows: matrix.rows, columns: matrix.columns, rowNorms: norms,
      columnNorms: matrix.columnOrder?.restored(columns) ?? columns,
      largest: max(-total.lowest, total.highest, 0), notFinite: total.notFinite,
      firstNotFinite: total.firstNotFinite, constantRows: isVector ? 0 : total.constantRows,
      fingerprint: total.fingerprint)
  }

  private func look(at rows: Range<Int>, norms: UnsafeMutablePointer<Float>, _ sums: borrowing Mutex<Sums>) {
    let width = matrix.columns
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { buffer in
      guard let floats = buffer.baseAddress else { return }
      let columns = floats + width
      columns.initialize(repeating: 0, count: width)
      var seen = Sums(columnSquares: [])
      for row in rows {
        kernels.table.dequantize(matrix.type.rawValue, matrix.row(row), width, floats)
        var statistics = hw_statistics()
        hw_row_statistics(floats, width, columns, &statistics)
        norms[row] = (statistics.squares / Float(width)).squareRoot()
        if !statistics.squares.isFinite {
          norms[row] = countNotFinite(floats, row: row, columns, &seen)
        }
        seen.lowest = min(seen.lowest, statistics.lowest)
        seen.highest = max(seen.highest, statistics.highest)
        if statistics.lowest == statistics.highest { seen.constantRows += 1 }
      }
      // Pieces come in any order, so their numbers are added up, each turned by its place.
      let bytes = hw_fingerprint(matrix.row(rows.lowerBound), rows.count * matrix.rowBytes)
      seen.fingerprint = (bytes ^ UInt64(rows.lowerBound)) &* 0x9E37_79B1_85EB_CA87
      sums.withLock { total in
        for column in 0..<width { total.columnSquares[column] += Double(columns[column]) }
        total.lowest = min(total.lowest, seen.lowest)
        total.highest = max(total.highest, seen.highest)
        total.constantRows += seen.constantRows
        total.notFinite += seen.notFinite
        total.fingerprint &+= seen.fingerprint
        if let found = seen.firstNotFinite, found.row < total.firstNotFinite?.row ?? .max {
          total.firstNotFinite = found
        }
      }
    }
  }

  /// Counts what is no number in a row, and takes the row out of the columns' sums.
  ///
  /// - Returns: the norm of the row without them.
  private func countNotFinite(
    _ floats: UnsafeMutablePointer<Float>, row: Int, _ columns: UnsafeMutablePointer<Float>, _ seen: inout Sums
  ) -> Float {
    var squares = 0.0
    for column in 0..<matrix.columns {
      if floats[column].isFinite {
        squares += Double(floats[column]) * Double(floats[column])
      } else {
        seen.notFinite += 1
        if seen.firstNotFinite == nil { seen.firstNotFinite = (row, column) }
      }
      if !columns[column].isFinite { columns[column] = 0 }
    }
    return Float(min((squares / Double(matrix.columns)).squareRoot(), Double(Float.greatestFiniteMagnitude)))
  }
}
