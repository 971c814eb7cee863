import Synchronization

/// The order in which a matrix holds its columns, when groups of a quantizer that sorted them ("act-order") were brought
/// together: column i of the matrix multiplies element `columns[i]` of the activations.
///
/// Matrices with the same input share one, so that activations are gathered once for all of them.
final class ColumnOrder: Sendable {
  /// A permutation of the columns.
  let columns: [Int32]

  /// An order.
  ///
  /// - Parameter columns: a permutation of 0 ..< count.
  init(_ columns: [Int32]) { self.columns = columns }

  /// Puts decoded rows into the order of the activations.
  ///
  /// - Parameters:
  ///   - ordered: [rows, columns] in this order.
  ///   - out: [rows, columns] as the activations stand; apart from `ordered`.
  func restore(_ ordered: UnsafePointer<Float>, rows: Int, into out: UnsafeMutablePointer<Float>) {
    columns.withUnsafeBufferPointer { columns in
      for row in 0..<rows {
        let start = row * columns.count
        for index in columns.indices { out[start + Int(columns[index])] = ordered[start + index] }
      }
    }
  }
}

extension ColumnOrder {
  /// One number a column, in the order of the activations.
  func restored(_ ordered: [Float]) -> [Float] {
    var out = ordered
    restore(ordered, rows: 1, into: &out)
    return out
  }
}

/// One `ColumnOrder` for equal permutations.
final class ColumnOrders: Sendable {
  private let known = Mutex<[[Int32]: ColumnOrder]>([:])

  /// The order that holds these columns.
  func shared(_ columns: [Int32]) -> ColumnOrder {
    known.withLock { known in
      if let order = known[columns] { return order }
      let order = ColumnOrder(columns)
      known[columns] = order
      return order
    }
  }
}
