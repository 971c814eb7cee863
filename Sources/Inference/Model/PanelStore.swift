import CKernels
import Domain
import Glibc
import ModelFiles
import Synchronization

/// Copies of a model's quantized matrices in panels, the order in which the kernels multiply them fastest.
///
/// Places are handed out while the weights are collected; `fill` then writes all panels with several threads, and lets
/// the kernel forget the pages of the file that they came from, so that weights are not in memory twice.
final class PanelStore: Sendable {
  private struct State: ~Copyable {
    var matrices: [Matrix] = []
    var slabs: [Slab] = []
    var known: [UnsafeRawPointer: Matrix] = [:]
    var taken = 0
  }

  private let kernels: Kernels
  /// Bytes that all panels may take.
  private let room: Int
  /// Places are taken by one thread at a time while a model loads; nothing changes afterwards.
  private let state = Mutex(State())

  /// A store for the panels of a set of kernels.
  init(kernels: Kernels, room: Int = .max) {
    self.kernels = kernels
    self.room = room
  }

  /// The matrix with a place for its panels, or as it is when it gets none: a type without panels, too few rows, or no more
  /// room.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is no memory.
  func place(_ matrix: Matrix) throws -> Matrix {
    let rows = kernels.table.panel_rows
    guard rows > 0, matrix.rows >= rows, hw_has_panels(matrix.type.rawValue) != 0 else { return matrix }
    return try state.withLock { state in
      if let known = state.known[matrix.data], known.rows == matrix.rows, known.columns == matrix.columns {
        return known
      }
      let bytes = hw_panel_bytes(matrix.type.rawValue, rows, matrix.columns) * ((matrix.rows + rows - 1) / rows)
      guard bytes <= room - state.taken else { return matrix }
      state.taken += bytes
      let placed = matrix.withPanels(try Self.take(bytes, from: &state.slabs), rows: rows)
      state.known[matrix.data] = placed
      state.matrices.append(placed)
      return placed
    }
  }

  /// Bytes of the places that were handed out.
  var bytes: Int { state.withLock { $0.taken } }

  /// Writes the panels of all matrices.
  ///
  /// - Returns: whether there were any.
  func fill(threads: Int) -> Bool {
    let matrices = state.withLock { state in
      defer { state.matrices = [] }
      return state.matrices
    }
    guard !matrices.isEmpty else { return false }
    var jobs: [(matrix: Matrix, rows: Range<Int>)] = []
    for matrix in matrices {
      // Pieces of some 256 KiB: enough to share, few enough calls to the kernel.
      let step = max(1, Self.piece / max(1, matrix.panelBytes)) * matrix.panelRows
      for start in stride(from: 0, to: matrix.rows, by: step) {
        jobs.append((matrix, start..<min(start + step, matrix.rows)))
      }
    }
    WorkerPool(count: threads).forEach(jobs.count, piece: 1) { items, _ in
      for item in items { Self.write(jobs[item].rows, of: jobs[item].matrix) }
    }
    return true
  }

  private static let piece = 256 << 10

  private static func write(_ rows: Range<Int>, of matrix: Matrix) {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: matrix.panelRows) {
      guard let panel = matrix.panel(from: start) else { return }
      let count = min(matrix.panelRows, rows.upperBound - start)
      hw_repack(
        matrix.type.rawValue, matrix.row(start), count, matrix.panelRows, matrix.columns,
        UnsafeMutableRawPointer(mutating: panel))
    }
    matrix.forgetPages(rows)
  }

  // MARK: Memory

  /// A piece of memory from which places are taken in order.
  private struct Slab {
    let arena: Arena
    var used = 0
  }

  private static let slabBytes = 64 << 20

  private static func take(_ bytes: Int, from slabs: inout [Slab]) throws -> UnsafeRawPointer {
    if let last = slabs.indices.last, slabs[last].arena.size - slabs[last].used >= bytes {
      defer { slabs[last].used += bytes }
      return UnsafeRawPointer(slabs[last].arena.base + slabs[last].used)
    }
    let arena = try Arena(size: max(bytes, slabBytes), purpose: "repacked weights")
    // Few large pages instead of many small ones: writing them is what repacking costs. Where the kernel has none,
    // nothing changes.
    madvise(arena.base, arena.size, MADV_HUGEPAGE)
    slabs.append(Slab(arena: arena, used: bytes))
    return UnsafeRawPointer(arena.base)
  }
}

/// A source whose matrices get panels.
struct PanelWeights: WeightSource {
  let base: any WeightSource
  let store: PanelStore

  var name: String { base.name }
  var header: GGUFHeader { base.header }
  var ropePairs: RopePairs? { base.ropePairs }
  var tensorNames: [String] { base.tensorNames }

  func has(_ tensor: String) -> Bool { base.has(tensor) }
  func floats(_ tensor: String) throws -> [Float] { try base.floats(tensor) }

  func matrix(_ tensor: String) throws -> Matrix {
    let matrix = try base.matrix(tensor)
    // An embedding of its own is only looked up, some rows a time.
    if tensor == "token_embd.weight", base.has("output.weight") { return matrix }
    return try store.place(matrix)
  }
}
