import Synchronization

/// The order in which a matrix holds its columns, when groups of a quantizer that sorted them ("act-order") were brought
/// together: column i of the matrix multiplies element `columns[i]` of the activations.
///
/// Matrices with the same input share one, so that activations are gathered once for all of them.
final class ColumnOrder: Sendable {
  /// A permutation of the columns.
  let columns: [Int32]

  init(_ columns: [Int32]) { self.columns = columns }
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
