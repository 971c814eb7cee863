import CKernels
import ModelFiles
import TestSupport

@testable import Inference

/// A quantized layer before it is packed, and the packings of each quantizer, written from their descriptions.
struct PlainLayer {
  var rows = 24
  var columns = 128
  var bits = 4
  /// Columns of a group.
  var size = 32
  /// Whether the groups' columns are mixed.
  var isMixed = false
  var seed: UInt64 = 1

  var groups: Int { (columns + size - 1) / size }
  private var largest: UInt32 { 1 << UInt32(bits) - 1 }

  /// The group of each column.
  var groupOfColumn: [Int] {
    var list = (0..<columns).map { $0 / size }
    if isMixed {
      var generator = Noise.Generator(seed: seed &+ 7)
      list.shuffle(using: &generator)
    }
    return list
  }

  /// [rows, columns]
  var integers: [UInt32] { numbers(rows * columns, seed) }
  /// [groups, rows]
  var zeros: [UInt32] { numbers(groups * rows, seed &+ 1) }
  /// [groups, rows]
  var scales: [Float] {
    Noise.bytes(groups * rows, seed: seed &+ 2).map { Float(Float16((Float($0) - 100) / 3000)) }
  }

  private func numbers(_ count: Int, _ seed: UInt64) -> [UInt32] {
    Noise.bytes(count, seed: seed).map { UInt32($0) & largest }
  }

  /// [rows, columns]: scale · (q − zero).
  func weights(isSymmetric: Bool = false) -> [Float] {
    let (integers, zeros, scales, groups) = (integers, zeros, scales, groupOfColumn)
    return (0..<rows * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let place = groups[column] * rows + row
      let zero = isSymmetric ? 1 << (bits - 1) : Int(zeros[place])
      return scales[place] * Float(Int(integers[index]) - zero)
    }
  }

  /// A stream of bits in words, `count` values that `value` tells.
  private func stream(_ count: Int, _ value: (Int) -> UInt32) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: count * bits / 32)
    for index in 0..<count {
      for bit in 0..<bits where value(index) >> UInt32(bit) & 1 == 1 {
        words[(index * bits + bit) / 32] |= 1 << UInt32((index * bits + bit) % 32)
      }
    }
    return words
  }

  /// GPTQ: down the inputs; zeros along the outputs, less 1 in version 1.
  func gptq(_ writer: inout SafetensorsWriter, isSecond: Bool, name: String = "layer") {
    let (integers, zeros) = (integers, zeros)
    let byRow = (0..<rows).map { row in stream(columns) { integers[row * columns + $0] } }
    let depth = columns * bits / 32
    writer.add("\(name).qweight", words: (0..<depth * rows).map { byRow[$0 % rows][$0 / rows] }, [depth, rows])
    let stored = (0..<groups).flatMap { group in
      stream(rows) { (zeros[group * rows + $0] &- (isSecond ? 0 : 1)) & largest }
    }
    writer.add("\(name).qzeros", words: stored, [groups, rows * bits / 32])
    writer.add("\(name).scales", halves: scales, [groups, rows])
    if isMixed { writer.add("\(name).g_idx", words: groupOfColumn.map { UInt32($0) }, [columns]) }
  }

  /// AWQ: nibbles 0…7 of a word are outputs 0, 2, 4, 6, 1, 3, 5, 7.
  func awq(_ writer: inout SafetensorsWriter, name: String = "layer") {
    func pack(_ value: (Int) -> UInt32) -> [UInt32] {
      (0..<rows / 8).map { word in
        [0, 2, 4, 6, 1, 3, 5, 7].enumerated().reduce(UInt32(0)) {
          $0 | value(8 * word + $1.element) << UInt32(4 * $1.offset)
        }
      }
    }
    let (integers, zeros) = (integers, zeros)
    let words = (0..<columns).flatMap { column in pack { integers[$0 * columns + column] } }
    writer.add("\(name).qweight", words: words, [columns, rows / 8])
    writer.add(
      "\(name).qzeros", words: (0..<groups).flatMap { group in pack { zeros[group * rows + $0] } },
      [groups, rows / 8])
    writer.add("\(name).scales", halves: scales, [groups, rows])
  }

  /// compressed-tensors: whole integers along the inputs; zeros down the outputs.
  func compressed(_ writer: inout SafetensorsWriter, isSymmetric: Bool, name: String = "layer") {
    let packed = 32 / bits
    func pack(_ count: Int, _ value: (Int) -> UInt32) -> [UInt32] {
      (0..<(count + packed - 1) / packed).map { word in
        (0..<min(packed, count - word * packed)).reduce(UInt32(0)) {
          $0 | value(word * packed + $1) << UInt32(bits * $1)
        }
      }
    }
    let (integers, zeros, scales) = (integers, zeros, scales)
    let width = (columns + packed - 1) / packed
    writer.add(
      "\(name).weight_packed",
      words: (0..<rows).flatMap { row in pack(columns) { integers[row * columns + $0] } }, [rows, width])
    writer.add(
      "\(name).weight_scale", halves: (0..<rows * groups).map { scales[$0 % groups * rows + $0 / groups] },
      [rows, groups])
    writer.add("\(name).weight_shape", words: [UInt32(rows), 0, UInt32(columns), 0].filter { $0 > 0 }, [2])
    if !isSymmetric {
      let byGroup = (0..<groups).map { group in pack(rows) { zeros[group * rows + $0] } }
      let depth = (rows + packed - 1) / packed
      writer.add(
        "\(name).weight_zero_point", words: (0..<depth * groups).map { byGroup[$0 % groups][$0 / groups] },
        [depth, groups])
    }
    if isMixed { writer.add("\(name).weight_g_idx", words: groupOfColumn.map { UInt32($0) }, [columns]) }
  }
}

/// Layers out of files.
enum PackedLayers {
  static func gptq(bits: Int = 4, size: Int, format: String = "gptq") -> String {
    #"{"quantization_config":{"quant_method":"gptq","bits":\#(bits),"group_size":\#(size),"checkpoint_format":"\#(format)"}}"#
  }

  static func awq(size: Int) -> String {
    #"{"quantization_config":{"quant_method":"awq","bits":4,"group_size":\#(size),"zero_point":true,"version":"gemm"}}"#
  }

  static func compressed(bits: Int) -> String {
    """
    {"quantization_config":{"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":
    {"group_0":{"weights":{"num_bits":\(bits),"type":"int"},"input_activations":null}}}}
    """
  }

  /// Unpacks a layer of a folder.
  static func unpack(_ folder: String, layer: String = "layer", keepsOrder: Bool = false) throws -> OwnedMatrix {
    try PackedLayer(layer, in: SafetensorsFolder(path: folder)).unpacked(
      keepsOrder: keepsOrder, orders: ColumnOrders(), pool: WorkerPool(count: 2))
  }

  /// The weights of a matrix in the order of the activations.
  static func weights(_ owned: OwnedMatrix) -> [Float] {
    let matrix = owned.matrix
    let count = matrix.rows * matrix.columns
    var values = [Float](repeating: .nan, count: count)
    Kernels.portable.table.dequantize(matrix.type.rawValue, matrix.data, count, &values)
    guard let order = matrix.columnOrder else { return values }
    var restored = [Float](repeating: .nan, count: count)
    order.restore(values, rows: matrix.rows, into: &restored)
    return restored
  }
}
