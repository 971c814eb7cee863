import Domain
import FuzzSupport
import ModelFiles

/// One way in which a model can be broken.
public struct Breakage: Sendable {
  /// What was done, for the table.
  public let name: String
  private let change: @Sendable (inout EditableModel, inout SeededGenerator) -> Void

  init(
    _ name: String, _ change: @escaping @Sendable (inout EditableModel, inout SeededGenerator) -> Void
  ) {
    self.name = name
    self.change = change
  }

  /// The broken model.
  public func applied(to model: EditableModel, seed: UInt64 = 1) -> EditableModel {
    var broken = model
    var generator = SeededGenerator(state: seed)
    change(&broken, &generator)
    return broken
  }
}

extension EditableModel.Tensor {
  /// Rows in another order.
  mutating func reorderRows(_ order: [Int]) {
    let (old, width) = (data, rowBytes)
    for (place, row) in order.enumerated() {
      data.replaceSubrange(place * width..<(place + 1) * width, with: old[row * width..<(row + 1) * width])
    }
  }

  /// Rows in a random order.
  mutating func shuffleRows(_ generator: inout SeededGenerator) {
    reorderRows(Array(0..<rows).shuffled(using: &generator))
  }

  /// Elements changed one by one.
  mutating func mapFloats(_ body: (Float) -> Float) { floats = floats.map(body) }

  /// Bytes of the half-precision scales of every block, counted from the block's start; empty for floats.
  var scaleOffsets: [Int] {
    switch type {
    case .q4_0, .q5_0, .q8_0: [0]
    case .q4_1, .q5_1: [0, 2]
    case .q4_K, .q5_K: [0, 2]
    case .q6_K: [208]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .f16: [0]
    default: []
    }
  }

  /// Changes the scales of blocks; of floats, the elements.
  mutating func changeScales(of blocks: (Int) -> Bool = { _ in true }, _ body: (Float) -> Float) {
    let offsets = scaleOffsets
    guard !offsets.isEmpty else {
      var index = -1
      return mapFloats {
        index += 1
        return blocks(index / 32) ? body($0) : $0
      }
    }
    for block in 0..<data.count / type.blockBytes where blocks(block) {
      for offset in offsets {
        let place = block * type.blockBytes + offset
        let half = Float16Bits.float(UInt16(data[place]) | UInt16(data[place + 1]) << 8)
        let bits = Float16Bits.bits(body(half))
        data[place] = UInt8(truncatingIfNeeded: bits)
        data[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      }
    }
  }
}

/// Half precision by hand, since not every processor's Swift has `Float16`.
enum Float16Bits {
  static func float(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }

  static func bits(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7E00 }
    let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
    let size = abs(value)
    if size >= 65_520 { return sign | 0x7C00 }
    if size < 0x1p-14 { return sign | UInt16((size * 0x1p24).rounded(.toNearestOrEven)) }
    let exponent = Int(size.exponent)
    let fraction = (size / Float(sign: .plus, exponent: exponent, significand: 1) - 1) * 1024
    return sign | (UInt16(exponent + 15) << 10 &+ UInt16(fraction.rounded(.toNearestOrEven)))
  }
}
