import CKernels
import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Every block format of GGUF against the values that the official tools see in it.
@Suite("Blocks")
struct BlockTests {
  @Test func allFormatsOfModelsAreDecoded() {
    let others: Set<TensorType> = [
      .q8_1, .q8_K,  // of activations, never in a file
      .i8, .i16, .i32, .i64, .f64,  // no weights
      .q2_0,
      .g4, .g8,  // only in memory
    ]
    #expect(Set(Blocks.types) == Set(TensorType.allCases).subtracting(others))
    #expect(Set(BlockSamples.all.map(\.type)) == Set(Blocks.types).subtracting([.f32, .q1_0]))
    for number: UInt32 in [4, 5, 31, 33, 36, 38, 43, 1 << 20, .max] { #expect(hw_is_supported(number) == 0) }
  }

  @Test(arguments: BlockSamples.all)
  func valuesAreThoseOfGGUF(_ sample: BlockSample) {
    #expect(sample.bytes.count % sample.type.blockBytes == 0 && !sample.floats.isEmpty)
    for kernels in Blocks.sets {
      #expect(Blocks.areSame(Blocks.decode(sample.type, sample.bytes, kernels), sample.floats), "\(kernels.name)")
    }
  }

  @Test(.enabled(if: PythonWithGGUF.interpreter != nil, PythonWithGGUF.reason))
  func randomBlocksAreThoseOfGGUF() throws {
    let folder = try TemporaryFolder()
    func file(_ type: TensorType, _ kind: String) -> URL { URL(filePath: "\(folder.path)/\(type.name).\(kind)") }
    // Any bits at all: scales that are NaN, infinite and subnormal are among them.
    func blocks(_ type: TensorType) -> [UInt8] {
      Noise.bytes(16384 / type.blockElements * type.blockBytes, seed: 50 + UInt64(type.rawValue))
    }
    let types = Blocks.types.filter { $0 != .q1_0 }  // the package knows its size only
    for type in types { try Data(blocks(type)).write(to: file(type, "blocks")) }
    try PythonWithGGUF.decode(folder.path)
    for type in types {
      let expected = Blocks.floats(try Data(contentsOf: file(type, "floats")))
      for kernels in Blocks.sets {
        #expect(Blocks.areSame(Blocks.decode(type, blocks(type), kernels), expected), "\(type.name) \(kernels.name)")
      }
    }
  }

  @Test(arguments: Blocks.types.filter { $0.blockElements > 1 && $0 != .mxfp4 && $0 != .nvfp4 })
  func extremeScales(_ type: TensorType) {
    var bytes = Noise.bytes(8 * type.blockBytes, seed: 3)
    Blocks.setScale(type, Float16(1).bitPattern, &bytes)
    let ones = Blocks.decode(type, bytes)
    #expect(ones.contains { $0 != 0 } && ones.allSatisfy { $0.isFinite })
    for kernels in Blocks.sets {
      for half in [Float16.nan, .infinity, -.infinity] {
        Blocks.setScale(type, half.bitPattern, &bytes)
        let values = Blocks.decode(type, bytes, kernels)
        #expect(values.allSatisfy { half.isNaN ? $0.isNaN : !$0.isFinite }, "\(kernels.name) \(half)")
      }
      // A power of two moves no rounding: the smallest subnormal scale, and the largest power.
      for half in [Float16.leastNonzeroMagnitude, -32768] {
        Blocks.setScale(type, half.bitPattern, &bytes)
        let values = Blocks.decode(type, bytes, kernels)
        // Sums of a product and a minimum may be either zero.
        #expect(zip(values, ones).allSatisfy { $0 == $1 * Float(half) }, "\(kernels.name) \(half)")
      }
    }
  }

  @Test func extremeScalesOfFP4() {
    // The second code is 1, half of E2M1's smallest normal number when doubled.
    func mxfp4(_ exponent: UInt8, _ codes: UInt8) -> Float {
      Blocks.decode(.mxfp4, [exponent] + [UInt8](repeating: codes, count: 16))[0]
    }
    #expect(mxfp4(0, 1) == 0x1p-128 && mxfp4(1, 1) == 0x1p-127 && mxfp4(2, 1) == 0x1p-126)
    #expect(mxfp4(128, 7) == 12 && mxfp4(128, 15) == -12 && mxfp4(128, 8).sign == .plus)
    #expect(mxfp4(255, 1) == 0x1p127 && mxfp4(255, 15) == -.infinity)
    func nvfp4(_ scale: UInt8, _ codes: UInt8) -> Float {
      Blocks.decode(.nvfp4, [scale, 0, 0, 0] + [UInt8](repeating: codes, count: 32))[0]
    }
    #expect(nvfp4(0, 7) == 0 && nvfp4(0x7F, 7) == 0)
    #expect(nvfp4(1, 1) == 0x1p-10 && nvfp4(7, 1) == 0x1.cp-8 && nvfp4(8, 1) == 0x1p-7)
    #expect(nvfp4(0x7E, 7) == 12 * 224 && nvfp4(0x38, 9) == -0.5)
  }

  @Test func bitsOfQ1AreSigns() {
    let block = [0x00, 0xC0] + (0..<16).map { UInt8($0 == 1 ? 0b1000_0001 : 0) }  // scale −2
    for kernels in Blocks.sets {
      let values = Blocks.decode(.q1_0, block, kernels)
      #expect(values == (0..<128).map { $0 == 8 || $0 == 15 ? -2 : 2 }, "\(kernels.name)")
    }
  }

  @Test func ownBlocksHoldFloatScales() {
    func bytes(_ value: Float) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    let (scale, min): (Float, Float) = (0.1, -0.3)
    let head = bytes(scale) + bytes(min)
    // Low nibbles count up, high ones down.
    let nibbles = (0..<16).map { UInt8($0 | (15 - $0) << 4) }
    let whole = (0..<32).map { UInt8($0 * 8) }
    let expectedNibbles = (0..<32).map { index in scale * Float(index < 16 ? index : 31 - index) + min }
    let expectedBytes = whole.map { byte in scale * Float(Int8(bitPattern: byte)) + min }
    for kernels in Blocks.sets {
      #expect(Blocks.decode(.g4, head + nibbles, kernels) == expectedNibbles, "\(kernels.name)")
      #expect(Blocks.decode(.g8, head + whole, kernels) == expectedBytes, "\(kernels.name)")
    }
  }

  @Test(arguments: Blocks.types + Blocks.own)
  func nothingOutsideOfTheBlocksIsTouched(_ type: TensorType) throws {
    let whole = 3 * max(type.blockElements, 32)
    let bytes = Noise.bytes(whole / type.blockElements * type.blockBytes, seed: 9)
    let expected = Blocks.decode(type, bytes)
    let (input, output) = (try GuardedPages(bytes: bytes.count), try GuardedPages(bytes: 4 * whole + 64))
    for count in Set([0, 1, 7, 8, 15, 31, 32, 33, 63, 64, 95, 96, 255, 256, 257, 300, 512, 520, 767, whole]).sorted()
    where count <= whole {
      // The blocks that hold so many elements end at the guard, and so do the values.
      let needed = (count + type.blockElements - 1) / type.blockElements * type.blockBytes
      let blocks = input.last(needed)
      bytes.withUnsafeBytes { blocks.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(blocks), byteCount: needed) }
      for kernels in Blocks.sets {
        let before = output.last(4 * count + 64).assumingMemoryBound(to: Float.self)
        for index in 0..<count + 16 { before[index] = -77 }
        kernels.table.dequantize(type.rawValue, blocks, count, before + 16)
        let values = (0..<count).map { before[16 + $0] }
        #expect(Blocks.areSame(values, Array(expected[..<count])), "\(kernels.name) \(count)")
        #expect((0..<16).allSatisfy { before[$0] == -77 }, "\(kernels.name) \(count)")
      }
    }
  }

  @Test(arguments: Blocks.types.filter { hw_is_quantized($0.rawValue) != 0 })
  func productsReadNothingBehindTheWeights(_ type: TensorType) throws {
    let (rows, length) = (5, 512)
    let bytes = Blocks.small(type, elements: rows * length, seed: 4)
    let input = try GuardedPages(bytes: bytes.count)
    let weights = input.last(bytes.count)
    bytes.withUnsafeBytes { weights.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(weights), byteCount: $0.count) }
    for kernels in Blocks.sets {
      for tokens in [1, 4, 5] {
        var x = Activations([Float](repeating: 0.5, count: tokens * length), length: length, kernels)
        var out = [Float](repeating: .nan, count: tokens * rows)
        x.withPointers {
          kernels.table.multiply_quantized(type.rawValue, weights, rows, length, $0, tokens, &out, rows)
        }
        #expect(out.allSatisfy { $0.isFinite }, "\(kernels.name)")
      }
    }
  }

  @Test("models in types without integer kernels run as their decoded twins", arguments: Blocks.floatOnly)
  func modelsRun(_ type: TensorType) throws {
    let folder = try TemporaryFolder()
    let (packed, plain) = ("\(folder.path)/packed.gguf", "\(folder.path)/plain.gguf")
    try TinyLlama().writer().write(to: "\(folder.path)/tiny.gguf")
    let tiny = try GGUFFile(path: "\(folder.path)/tiny.gguf").header
    var (first, second) = (GGUFWriter(), GGUFWriter())
    for entry in tiny.metadata {
      first.set(entry.key, entry.value)
      second.set(entry.key, entry.value)
    }
    for (index, tensor) in tiny.tensors.enumerated() {
      guard tensor.dimensions.count > 1 else {
        let ones = [Float](repeating: 1, count: Int(tensor.elements))
        try first.add(tensor.name, dimensions: tensor.dimensions, floats: ones)
        try second.add(tensor.name, dimensions: tensor.dimensions, floats: ones)
        continue
      }
      let blocks = Blocks.small(type, elements: Int(tensor.elements), seed: 7 + UInt64(index))
      try first.add(tensor.name, type: type, dimensions: tensor.dimensions, data: blocks)
      try second.add(tensor.name, dimensions: tensor.dimensions, floats: Blocks.decode(type, blocks))
    }
    try first.write(to: packed)
    try second.write(to: plain)
    for kernels in [nil, KernelSet.portable] {
      func logits(_ path: String) throws -> [Float] {
        let model = try LanguageModel(file: path, options: .init(threads: 1, kernels: kernels))
        return try model.session().prefill(model.tokenizer.encode("the other"))
      }
      let (ours, theirs) = (try logits(packed), try logits(plain))
      #expect(ours.allSatisfy { $0.isFinite } && Set(ours).count > 200)
      #expect(ours.map(\.bitPattern) == theirs.map(\.bitPattern))
    }
    #expect(try LanguageModel(file: packed).quantizationName == type.name)
  }
}
