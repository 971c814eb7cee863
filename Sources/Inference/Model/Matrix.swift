import CKernels
import Domain
import Glibc

/// A weight matrix: `rows` rows of `columns` elements in blocks of `type`.
///
/// `@unchecked Sendable` is safe: it points into a read-only mapping or into memory that is written only before the model
/// is handed out; the model which owns both keeps them alive.
struct Matrix: @unchecked Sendable {
  let data: UnsafeRawPointer
  let type: TensorType
  let rows: Int
  let columns: Int
  /// In which order the columns stand, when that is not the order of the activations.
  let columnOrder: ColumnOrder?
  /// Whether the data lie in a mapped file, so that the kernel may forget the pages and read them again.
  var isMapped = false
  /// The same rows in panels (see `hw_repack`), and how many rows one of them has.
  private(set) var panels: UnsafeRawPointer?
  private(set) var panelRows = 0

  /// A matrix at an address.
  init(
    data: UnsafeRawPointer, type: TensorType, rows: Int, columns: Int, columnOrder: ColumnOrder? = nil,
    isMapped: Bool = false
  ) {
    self.data = data
    self.type = type
    self.rows = rows
    self.columns = columns
    self.columnOrder = columnOrder
    self.isMapped = isMapped
  }

  /// Bytes of one row.
  var rowBytes: Int { columns / type.blockElements * type.blockBytes }

  /// Whether the fast path multiplies it in integers.
  var isQuantized: Bool { hw_is_quantized(type.rawValue) != 0 }

  /// First byte of a row.
  func row(_ index: Int) -> UnsafeRawPointer { data + index * rowBytes }

  /// Bytes of one panel.
  var panelBytes: Int { hw_panel_bytes(type.rawValue, panelRows, columns) }

  /// First byte of the panel that begins with a row, a multiple of `panelRows`; nil without panels.
  func panel(from row: Int) -> UnsafeRawPointer? { panels.map { $0 + row / panelRows * panelBytes } }

  /// Decodes a row: `columns` floats.
  func decode(row: Int, into out: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
    if let panel = panel(from: row) {
      hw_panel_row(type.rawValue, panel, row % panelRows, panelRows, columns, out)
    } else {
      kernels.table.dequantize(type.rawValue, self.row(row), columns, out)
    }
  }

  /// The same matrix with a place for its panels.
  func withPanels(_ panels: UnsafeRawPointer, rows: Int) -> Matrix {
    var copy = self
    copy.panels = panels
    copy.panelRows = rows
    return copy
  }

  /// A matrix of some of the rows. It keeps the panels if the range begins with one.
  func slice(_ range: Range<Int>) -> Matrix {
    var slice = Matrix(
      data: row(range.lowerBound), type: type, rows: range.count, columns: columns, columnOrder: columnOrder,
      isMapped: isMapped)
    if panelRows > 0, range.lowerBound.isMultiple(of: panelRows), let panel = panel(from: range.lowerBound) {
      slice = slice.withPanels(panel, rows: panelRows)
    }
    return slice
  }

  /// Lets the kernel forget the pages of some rows that were read once, where they can be read again out of the file.
  ///
  /// Only whole pages of this matrix: what lies beside it may still be wanted. The kernel maps pages around each that is
  /// touched, so some before these rows have come back.
  func forgetPages(_ rows: Range<Int>) {
    guard isMapped else { return }
    let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let start = UInt(bitPattern: data)
    let around = max(start, UInt(bitPattern: row(rows.lowerBound)) - min(start, Self.faultAround))
    let begin = (around + page - 1) / page * page
    let end = UInt(bitPattern: row(rows.upperBound)) / page * page
    if end > begin { madvise(UnsafeMutableRawPointer(bitPattern: begin), Int(end - begin), MADV_DONTNEED) }
  }

  /// Linux's `fault_around_bytes`.
  private static let faultAround: UInt = 64 << 10
}
