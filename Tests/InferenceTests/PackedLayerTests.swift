import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

@Suite("Packed layers")
struct PackedLayerTests {
  /// Packs and unpacks a layer.
  private func unpack(
    _ configuration: String, keepsOrder: Bool = false, _ pack: (inout SafetensorsWriter) -> Void
  ) throws -> OwnedMatrix {
    let folder = try TemporaryFolder()
    var writer = SafetensorsWriter()
    // One byte before: nothing is aligned.
    writer.add("odd", "U8", [1], [7])
    pack(&writer)
    try writer.write(to: folder.path, configuration: configuration)
    return try PackedLayers.unpack(folder.path, keepsOrder: keepsOrder)
  }

  @Test(
    .enabled(if: Shared.has("unit/int4_packings.safetensors"), "needs ../shared/unit"),
    arguments: [
      ("awq", PackedLayers.awq(size: 32)), ("gptq_sym", PackedLayers.gptq(size: 32)),
      ("gptq_asym", PackedLayers.gptq(size: 32)), ("gptq_sym_no_gidx", PackedLayers.gptq(size: 32)),
      ("gptq_actorder", PackedLayers.gptq(size: 32)), ("gptq_one_group", PackedLayers.gptq(size: -1)),
      ("gptq_zero_wrap", PackedLayers.gptq(size: 32)), ("gptq_v2", PackedLayers.gptq(size: 32, format: "gptq_v2")),
    ])
  func valuesAreTheRecordedOnes(_ name: String, _ configuration: String) throws {
    let file = "unit/int4_packings.safetensors"
    let folder = try TemporaryFolder()
    try Data(try Shared.bytes(file)).write(to: URL(filePath: "\(folder.path)/model.safetensors"))
    try Data(configuration.utf8).write(to: URL(filePath: "\(folder.path)/config.json"))
    let owned = try PackedLayers.unpack(folder.path, layer: name)
    let expected = try #require(try Safetensors(file).floats("\(name).expected_weight"))
    #expect(PackedLayers.weights(owned) == expected && owned.matrix.type == .g4)
    #expect((owned.matrix.columnOrder != nil) == (name == "gptq_actorder"))
  }

  @Test(arguments: [2, 3, 4, 8], [false, true])
  func gptq(_ bits: Int, _ isSecond: Bool) throws {
    for (columns, size, isMixed) in [(128, 32, false), (128, 64, true), (96, -1, false), (352, 128, true)] {
      var layer = PlainLayer(rows: 32, columns: columns, bits: bits, isMixed: isMixed)
      layer.size = size < 0 ? columns : size
      let format = isSecond ? "gptq_v2" : "gptq"
      let owned = try unpack(PackedLayers.gptq(bits: bits, size: size, format: format)) {
        layer.gptq(&$0, isSecond: isSecond)
      }
      #expect(PackedLayers.weights(owned) == layer.weights(), "\(columns) by \(size)")
      #expect(owned.matrix.type == (bits == 8 ? .g8 : .g4) && (owned.matrix.columnOrder != nil) == isMixed)
    }
  }

  @Test(arguments: [2, 3, 4, 5, 6, 8], [false, true])
  func compressedTensors(_ bits: Int, _ isSymmetric: Bool) throws {
    for (rows, size, isMixed) in [(24, 32, false), (17, 128, false), (32, 64, true)] {
      let layer = PlainLayer(rows: rows, bits: bits, size: size, isMixed: isMixed)
      let owned = try unpack(PackedLayers.compressed(bits: bits)) { layer.compressed(&$0, isSymmetric: isSymmetric) }
      #expect(PackedLayers.weights(owned) == layer.weights(isSymmetric: isSymmetric), "\(rows) by \(size)")
      #expect(owned.matrix.type == (bits > 4 ? .g8 : .g4))
    }
  }

  @Test func awq() throws {
    for (rows, size) in [(8, 32), (24, 64), (104, 128)] {
      let layer = PlainLayer(rows: rows, size: size)
      let owned = try unpack(PackedLayers.awq(size: size)) { layer.awq(&$0) }
      #expect(PackedLayers.weights(owned) == layer.weights())
    }
  }

  @Test("groups that are no whole blocks become floats", arguments: [(128, 16), (160, 48), (40, 40), (8, 8)])
  func oddGroups(_ columns: Int, _ size: Int) throws {
    for isMixed in [false, true] {
      let layer = PlainLayer(columns: columns, size: size, isMixed: isMixed)
      let owned = try unpack(PackedLayers.gptq(size: size)) { layer.gptq(&$0, isSecond: false) }
      #expect(owned.matrix.type == .f32 && owned.matrix.columnOrder == nil)
      #expect(PackedLayers.weights(owned) == layer.weights())
    }
  }

  @Test func matricesWhoseRowsAreLookedUpKeepTheirOrder() throws {
    let layer = PlainLayer(isMixed: true)
    let owned = try unpack(PackedLayers.gptq(size: 32), keepsOrder: true) { layer.gptq(&$0, isSecond: false) }
    #expect(owned.matrix.columnOrder == nil && PackedLayers.weights(owned) == layer.weights())
  }

  @Test func signedZerosAndScalesInOtherFloats() throws {
    let layer = PlainLayer(rows: 8)
    let owned = try unpack(PackedLayers.compressed(bits: 4)) { writer in
      layer.compressed(&writer, isSymmetric: true)
      writer.add("layer.weight_zero_point", "I8", [8, 4], [UInt8](repeating: 0xFE, count: 32))
    }
    let expected = zip(layer.weights(isSymmetric: true), 0...).map { weight, index in
      let (row, column) = index.quotientAndRemainder(dividingBy: 128)
      return weight + 2 * layer.scales[column / 32 * 8 + row]
    }
    #expect(zip(PackedLayers.weights(owned), expected).allSatisfy { abs($0 - $1) < 1e-6 })
    for type in ["F32", "BF16"] {
      let bytes: [UInt8] = type == "F32" ? [0, 0, 0, 0x3F] : [0, 0x3F]  // 0.5
      let owned = try unpack(PackedLayers.gptq(size: 32)) { writer in
        writer.add("layer.qweight", words: [UInt32](repeating: 0x9876_5432, count: 16 * 8), [16, 8])
        writer.add("layer.qzeros", words: [UInt32](repeating: 0x7777_7777, count: 4), [4, 1])
        writer.add("layer.scales", type, [4, 8], (0..<32).flatMap { _ in bytes })
      }
      #expect(PackedLayers.weights(owned).prefix(8) == [-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5], "\(type)")
    }
  }

  @Test func equalOrdersAreShared() throws {
    let orders = ColumnOrders()
    #expect(orders.shared([1, 0]) === orders.shared([1, 0]) && orders.shared([0, 1]) !== orders.shared([1, 0]))
  }
}

@Suite("Packed layers that contradict themselves")
struct BrokenLayerTests {
  private typealias Part = (name: String, type: String, shape: [Int], bytes: Int)

  private static let sound: [Part] = [
    ("qweight", "I32", [16, 8], 512), ("qzeros", "I32", [4, 1], 16), ("scales", "F16", [4, 8], 64),
    ("g_idx", "I32", [128], 512),
  ]

  private func open(_ parts: [Part], fill: UInt8 = 0, _ configuration: String = PackedLayers.gptq(size: 32)) throws {
    let folder = try TemporaryFolder()
    var writer = SafetensorsWriter()
    for part in parts {
      writer.add("layer.\(part.name)", part.type, part.shape, [UInt8](repeating: fill, count: part.bytes))
    }
    try writer.write(to: folder.path, configuration: configuration)
    _ = try PackedLayers.unpack(folder.path)
  }

  @Test func theSoundOneIsTaken() throws { try open(Self.sound) }

  @Test(arguments: [
    ("qzeros", "I32", [4, 2], 32), ("qzeros", "I32", [3, 1], 12), ("qzeros", "F32", [4, 1], 16),
    ("scales", "F16", [4, 7], 56), ("scales", "F16", [0, 8], 0), ("scales", "F64", [4, 8], 256),
    ("scales", "F16", [32], 64), ("qweight", "I32", [16, 0], 0), ("qweight", "I32", [128], 512),
    ("qweight", "I32", [16, 7], 448), ("g_idx", "I32", [127], 508), ("g_idx", "I32", [2, 64], 512),
    ("g_idx", "I16", [128], 256),
  ])
  func misshapenPartsAreRefused(_ name: String, _ type: String, _ shape: [Int], _ bytes: Int) {
    let parts = Self.sound.map { $0.name == name ? (name, type, shape, bytes) : $0 }
    #expect { try open(parts) } throws: { ($0 as? ModelFileError)?.kind == .badTensors }
  }

  @Test(arguments: ["qzeros", "scales"]) func missingPartsAreRefused(_ name: String) {
    #expect { try open(Self.sound.filter { $0.name != name }) } throws: {
      ($0 as? ModelFileError)?.kind == .badTensors && "\($0)".contains(name)
    }
  }

  @Test func groupsOutsideAreRefused() {
    for fill: UInt8 in [4, 0xFF] {
      #expect { try open(Self.sound, fill: fill) } throws: { ($0 as? ModelFileError)?.kind == .badTensors }
    }
    // Without a list, the number of groups must be that of the configuration.
    for size in [16, 64, -1] {
      #expect(throws: ModelFileError.self) {
        try open(Array(Self.sound.dropLast()), PackedLayers.gptq(size: size))
      }
    }
  }

  @Test func configurationsThatCannotBe() throws {
    #expect { try open(Self.sound, PackedLayers.gptq(size: 0)) } throws: {
      ($0 as? ModelFileError)?.kind == .badMetadata
    }
    #expect(throws: ModelFileError.self) { try open(Self.sound, PackedLayers.gptq(bits: -4, size: 32)) }
    for (stated, words) in [
      (#"{"quant_method":"gptq","bits":5,"group_size":32}"#, "5 bits"),
      (#"{"quant_method":"gptq","bits":4,"group_size":32,"checkpoint_format":"marlin"}"#, "marlin"),
      (#"{"quant_method":"awq","bits":4,"group_size":32,"version":"gemv"}"#, "gemv"),
      (#"{"quant_method":"awq","bits":4,"group_size":32,"zero_point":false}"#, "zero points"),
      (#"{"quant_method":"???"}"#, "???"), (#"{"load_in_4bit":true}"#, "without a name"),
      (#"{"quant_method":"compressed-tensors","format":"nvfp4-pack-quantized"}"#, "nvfp4"),
    ] {
      let folder = try TemporaryFolder()
      try SafetensorsWriter().write(to: folder.path, configuration: #"{"quantization_config":\#(stated)}"#)
      guard case .other(let reason) = try SafetensorsFolder(path: folder.path).packing else {
        Issue.record("\(stated) is taken")
        continue
      }
      #expect(reason.contains(words))
    }
  }

  /// Whatever the parts are, they are taken or refused.
  @Test func anyPartsAreTakenOrRefused() throws {
    var generator = Noise.Generator(seed: 11)
    let sizes: [String: Int] = ["I32": 4, "I64": 8, "I8": 1, "F16": 2, "BF16": 2, "F32": 4]
    let configurations = [
      PackedLayers.gptq(size: 32), PackedLayers.gptq(bits: 3, size: -1), PackedLayers.gptq(bits: 8, size: 16),
      PackedLayers.awq(size: 32), PackedLayers.compressed(bits: 4), PackedLayers.compressed(bits: 3),
    ]
    let lengths = [0, 1, 2, 3, 4, 8, 12, 16, 24, 32, 64, 96, 128]
    var taken = 0
    for round in 0..<400 {
      let folder = try TemporaryFolder()
      var writer = SafetensorsWriter()
      for part in WeightPacking.parts.sorted() where Int.random(in: 0..<10, using: &generator) > 0 {
        let type = sizes.keys.sorted().randomElement(using: &generator) ?? "I32"
        let isFloat = part.hasSuffix("scale") || part == "scales"
        let chosen = Int.random(in: 0..<8, using: &generator) > 0 ? (isFloat ? "F16" : "I32") : type
        let rank = part.hasSuffix("g_idx") || part == "weight_shape" ? 1 : 2
        var shape = (0..<rank).map { _ in lengths.randomElement(using: &generator) ?? 1 }
        if part == "weight_shape" { shape = [2] }
        let count = shape.reduce(1, *) * (sizes[chosen] ?? 4)
        var bytes = Noise.bytes(count, seed: UInt64(round))
        if rank == 1 { bytes = bytes.enumerated().map { $0 % 4 == 0 ? $1 & 31 : 0 } }
        writer.add("layer.\(part)", chosen, shape, bytes)
      }
      try writer.write(
        to: folder.path, configuration: configurations.randomElement(using: &generator) ?? configurations[0])
      do {
        let owned = try PackedLayers.unpack(folder.path)
        #expect(PackedLayers.weights(owned).count == owned.matrix.rows * owned.matrix.columns)
        taken += 1
      } catch { #expect(error is any ReportableError) }
    }
    #expect(taken < 400)
  }
}
