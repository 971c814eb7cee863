import Domain
import ModelFiles

extension PackedLayer {
  /// Rows that a thread unpacks at a time: a cache line of words in the layouts that go along the outputs.
  private static let rowsAtOnce = 32

  /// Unpacks the layer into blocks of 32 weights, of 4 bits or of 8.
  ///
  /// When a quantizer has sorted the columns, those of a group are brought together, and the matrix remembers their order.
  /// Where groups are no whole number of blocks, weights become floats.
  ///
  /// - Parameters:
  ///   - keepsOrder: whether columns stay where they are, for a matrix whose rows are looked up.
  ///   - orders: where equal orders are shared.
  /// - Throws: `InferenceError` of kind `limit` when there is no memory.
  func unpacked(keepsOrder: Bool, orders: ColumnOrders, pool: WorkerPool) throws -> OwnedMatrix {
    var columnsInOrder = (0..<Int32(columns)).map { $0 }
    if !keepsOrder, !zip(groupOfColumn, groupOfColumn.dropFirst()).allSatisfy({ $0 <= $1 }) {
      columnsInOrder.sort {
        (groupOfColumn[Int($0)], $0) < (groupOfColumn[Int($1)], $1)
      }
    }
    guard let groupOfBlock = groupOfBlock(columnsInOrder) else { return try decoded(pool: pool) }
    let isSorted = columnsInOrder.enumerated().contains { Int($1) != $0 }
    let result = try OwnedMatrix(
      type: bits <= 4 ? .g4 : .g8, rows: rows, columns: columns, order: isSorted ? orders.shared(columnsInOrder) : nil)
    let blockBytes = result.matrix.type.blockBytes
    forEachRow(pool: pool) { row, integers in
      var block = result.bytes + row * result.matrix.rowBytes
      for (index, group) in groupOfBlock.enumerated() {
        let scale = scale(row: row, group: group)
        let zero = zero(row: row, group: group)
        let values = columnsInOrder[32 * index..<32 * index + 32]
        if bits <= 4 {
          block.storeBytes(of: scale, as: Float.self)
          block.storeBytes(of: -scale * Float(zero), toByteOffset: 4, as: Float.self)
          for (place, column) in values.prefix(16).enumerated() {
            let high = integers[Int(values[values.startIndex + 16 + place])]
            block.storeBytes(of: integers[Int(column)] | high << 4, toByteOffset: 8 + place, as: UInt8.self)
          }
        } else {
          // Signed bytes: 128 less, made good by the minimum.
          block.storeBytes(of: scale, as: Float.self)
          block.storeBytes(of: scale * Float(128 - zero), toByteOffset: 4, as: Float.self)
          for (place, column) in values.enumerated() {
            block.storeBytes(of: integers[Int(column)] ^ 0x80, toByteOffset: 8 + place, as: UInt8.self)
          }
        }
        block += blockBytes
      }
    }
    return result
  }

  /// The group of each block of 32 columns; nil when a block would have several.
  private func groupOfBlock(_ order: [Int32]) -> [Int]? {
    guard columns % 32 == 0 else { return nil }
    var groups: [Int] = []
    for start in stride(from: 0, to: columns, by: 32) {
      let group = groupOfColumn[Int(order[start])]
      guard order[start..<start + 32].allSatisfy({ groupOfColumn[Int($0)] == group }) else { return nil }
      groups.append(Int(group))
    }
    return groups
  }

  /// The weights as floats, in their own order.
  private func decoded(pool: WorkerPool) throws -> OwnedMatrix {
    let result = try OwnedMatrix(type: .f32, rows: rows, columns: columns)
    forEachRow(pool: pool) { row, integers in
      let weights = (result.bytes + row * result.matrix.rowBytes).assumingMemoryBound(to: Float.self)
      let scales = (0..<groups).map { scale(row: row, group: $0) }
      let zeros = (0..<groups).map { zero(row: row, group: $0) }
      for column in 0..<columns {
        let group = Int(groupOfColumn[column])
        weights[column] = scales[group] * Float(Int(integers[column]) - zeros[group])
      }
    }
    return result
  }

  /// Hands out the integers of each row.
  private func forEachRow(pool: WorkerPool, _ body: (Int, UnsafePointer<UInt8>) -> Void) {
    pool.forEach(rows, piece: Self.rowsAtOnce) { all, _ in
      for start in stride(from: all.lowerBound, to: all.upperBound, by: Self.rowsAtOnce) {
        let range = start..<min(start + Self.rowsAtOnce, all.upperBound)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: range.count * columns) { buffer in
          guard let integers = buffer.baseAddress else { return }
          self.integers(of: range, into: integers)
          for row in range { body(row, integers + (row - range.lowerBound) * columns) }
        }
      }
    }
  }
}
