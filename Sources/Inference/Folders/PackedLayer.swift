import ModelFiles

/// A linear layer as a quantizer packed it: small integers q under scales and zero points, so that a weight is
/// scale · (q − zero), both of its output row and the group of its column.
///
/// Its initializers have compared all shapes, so that reading stays inside of the tensors.
struct PackedLayer {
  /// Keeps the mappings alive.
  let folder: SafetensorsFolder
  /// Output rows.
  let rows: Int
  /// Input columns.
  let columns: Int
  /// Bits of an integer: 2 to 8.
  let bits: Int
  /// Groups of columns.
  let groups: Int
  /// The group of each column.
  let groupOfColumn: [Int32]

  let layout: Layout
  let values: TensorView
  let zeros: TensorView?
  let scales: TensorView

  enum Layout {
    /// A stream of bits down the inputs, in words of one output each.
    case gptq(offsetZeros: Bool)
    /// Eight outputs in a word, in AWQ's order.
    case awq
    /// Whole integers of one output side by side in words; `signed` zeros are not packed.
    case compressedTensors(signedZeros: Bool)
  }

  /// The largest integer.
  var mask: UInt32 { 1 << UInt32(bits) - 1 }

  /// The scale of a row and a group.
  func scale(row: Int, group: Int) -> Float {
    if case .compressedTensors = layout { return scales.float(row * groups + group) }
    return scales.float(group * rows + row)
  }

  /// The integer that stands for 0 in a row and a group.
  func zero(row: Int, group: Int) -> Int {
    guard let zeros else { return 1 << (bits - 1) }
    switch layout {
    case .gptq(let isOffset):
      let stored = stream(zeros, start: group * (rows * bits / 32), step: 1, bit: row * bits) & mask
      // 15 wraps to 0, as in the kernels that the files were made for.
      return Int((isOffset ? stored + 1 : stored) & mask)
    case .awq:
      return Int(zeros.word(group * (rows / 8) + row / 8) >> Self.awqShift(row) & mask)
    case .compressedTensors(signedZeros: true):
      return zeros.integer(row * groups + group) + 1 << (bits - 1)
    case .compressedTensors(signedZeros: false):
      let packed = 32 / bits
      return Int(zeros.word(row / packed * groups + group) >> UInt32(row % packed * bits) & mask)
    }
  }

  /// Reads the integers of some rows.
  ///
  /// - Parameter out: [rows, columns].
  func integers(of range: Range<Int>, into out: UnsafeMutablePointer<UInt8>) {
    switch layout {
    case .gptq:
      // Words of neighbouring rows lie side by side, so that rows are the inner loop.
      for column in 0..<columns {
        let bit = column * bits
        for row in range {
          let value = stream(values, start: row, step: rows, bit: bit) & mask
          out[(row - range.lowerBound) * columns + column] = UInt8(truncatingIfNeeded: value)
        }
      }
    case .awq:
      for column in 0..<columns {
        for row in range {
          let value = values.word(column * (rows / 8) + row / 8) >> Self.awqShift(row) & mask
          out[(row - range.lowerBound) * columns + column] = UInt8(truncatingIfNeeded: value)
        }
      }
    case .compressedTensors:
      let packed = 32 / bits
      let words = (columns + packed - 1) / packed
      for row in range {
        for column in 0..<columns {
          let value = values.word(row * words + column / packed) >> UInt32(column % packed * bits) & mask
          out[(row - range.lowerBound) * columns + column] = UInt8(truncatingIfNeeded: value)
        }
      }
    }
  }

  /// The bits from `bit` on of a stream whose words lie `step` elements apart; more than wanted. Of 3 bits two in every 32
  /// values reach into the next word.
  private func stream(_ view: TensorView, start: Int, step: Int, bit: Int) -> UInt32 {
    let (word, shift) = (bit >> 5, bit & 31)
    let low = view.word(start + word * step) >> UInt32(shift)
    return shift + bits <= 32 ? low : low | view.word(start + (word + 1) * step) << UInt32(32 - shift)
  }

  /// Where AWQ has put an output inside of its word: nibbles 0 to 7 hold outputs 0, 2, 4, 6, 1, 3, 5, 7.
  private static func awqShift(_ row: Int) -> UInt32 {
    let place = row & 7
    return UInt32(4 * (place & 1 == 0 ? place / 2 : 4 + place / 2))
  }
}
