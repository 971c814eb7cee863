import Domain
import Foundation
import Glibc
import ModelFiles

/// A llama of any size with random weights in the blocks of a quantization: it runs at the speed of a real one, and says
/// nothing that makes sense.
///
/// It is written piece by piece, so that a model larger than memory can be made. The same numbers make the same file,
/// byte for byte.
public struct RandomLlama: Sendable {
  /// Which types the tensors have; the mixes of llama.cpp's `llama_tensor_get_type`.
  public enum Mix: String, Sendable, CaseIterable {
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case q8_0 = "Q8_0"
    case q4_K_M = "Q4_K_M"

    /// Most matrices.
    var most: TensorType {
      switch self {
      case .q4_0: .q4_0
      case .q4_1: .q4_1
      case .q8_0: .q8_0
      case .q4_K_M: .q4_K
      }
    }

    /// The output matrix.
    var output: TensorType { self == .q8_0 ? .q8_0 : .q6_K }

    /// `general.file_type`. Source: llama.cpp's `llama_ftype`.
    var fileType: UInt32 {
      switch self {
      case .q4_0: 2
      case .q4_1: 3
      case .q8_0: 7
      case .q4_K_M: 15
      }
    }

    /// The value and down matrices of a layer: the first and last eighth and every third between get more bits.
    func sensitive(layer: Int, of layers: Int) -> TensorType {
      guard self == .q4_K_M else { return most }
      let eighth = layers / 8
      let getsMore = layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
      return getsMore ? .q6_K : most
    }
  }

  public var mix: Mix
  public var layers = 2
  /// Widths; multiples of the mix's blocks.
  public var embedding = 256
  public var feedForward = 512
  public var heads = 4
  public var kvHeads = 2
  /// At least 400 tokens.
  public var vocabulary = 512
  public var context = 2048
  /// Where the random weights begin.
  public var seed: UInt64 = 1

  /// A small one of two layers.
  public init(_ mix: Mix) { self.mix = mix }

  /// In the shape of TinyLlama-1.1B.
  public static func oneBillion(_ mix: Mix) -> RandomLlama {
    var model = RandomLlama(mix)
    (model.layers, model.embedding, model.feedForward) = (22, 2048, 5632)
    (model.heads, model.kvHeads, model.vocabulary) = (32, 4, 32_000)
    return model
  }

  /// In the shape of Llama 2 7B.
  public static func sevenBillion(_ mix: Mix) -> RandomLlama {
    var model = RandomLlama(mix)
    (model.layers, model.embedding, model.feedForward) = (32, 4096, 11_008)
    (model.heads, model.kvHeads, model.vocabulary) = (32, 32, 32_000)
    return model
  }

  /// The header, with all tensors declared.
  ///
  /// - Throws: `ModelFileError` for widths that are no multiples of the blocks.
  func writer() throws(ModelFileError) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("llama"))
    writer.set("general.name", .string("Random llama \(mix.rawValue) \(seed)"))
    writer.set("general.file_type", .uint32(mix.fileType))
    for (key, value) in [
      ("block_count", layers), ("context_length", context), ("embedding_length", embedding),
      ("feed_forward_length", feedForward), ("attention.head_count", heads), ("attention.head_count_kv", kvHeads),
      ("rope.dimension_count", embedding / heads), ("vocab_size", vocabulary),
    ] {
      writer.set("llama.\(key)", .uint32(UInt32(value)))
    }
    writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    TinyLlama.setVocabulary(of: &writer, count: vocabulary)
    let (width, inner) = (Int64(embedding), Int64(feedForward))
    let half = Int64(embedding / heads * kvHeads)
    func add(_ name: String, _ type: TensorType, _ dimensions: Int64...) throws(ModelFileError) {
      try writer.add("\(name).weight", type: type, dimensions: dimensions, data: nil)
    }
    try add("token_embd", mix.most, width, Int64(vocabulary))
    for layer in 0..<layers {
      let sensitive = mix.sensitive(layer: layer, of: layers)
      try add("blk.\(layer).attn_norm", .f32, width)
      try add("blk.\(layer).attn_q", mix.most, width, width)
      try add("blk.\(layer).attn_k", mix.most, width, half)
      try add("blk.\(layer).attn_v", sensitive, width, half)
      try add("blk.\(layer).attn_output", mix.most, width, width)
      try add("blk.\(layer).ffn_norm", .f32, width)
      try add("blk.\(layer).ffn_gate", mix.most, width, inner)
      try add("blk.\(layer).ffn_up", mix.most, width, inner)
      try add("blk.\(layer).ffn_down", sensitive, inner, width)
    }
    try add("output_norm", .f32, width)
    try add("output", mix.output, width, Int64(vocabulary))
    return writer
  }

  /// Whether a file is this model, as far as its header and size tell.
  public func isThere(_ path: String) -> Bool {
    guard let header = try? writer().header(), let file = try? GGUFFile(path: path),
      let start = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: header.count)
    else { return false }
    let end = file.header.tensors.map { $0.offset + $0.byteCount }.max() ?? 0
    return start.elementsEqual(header) && (end..<end + 32).contains(file.size)
  }

  /// Writes the file; the name is given when it is whole.
  ///
  /// - Throws: `ModelFileError` when it cannot be written.
  public func write(to path: String) throws(ModelFileError) {
    let unfinished = "\(path).\(getpid()).tmp"
    try writer().write(to: unfinished)
    let header = try GGUFFile(path: unfinished).header
    let descriptor = open(unfinished, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var generator = Noise.Generator(seed: seed)
    for tensor in header.tensors {
      // A piece is a whole number of blocks.
      let most = (1 << 20) / tensor.type.blockBytes * tensor.type.blockBytes
      var done: Int64 = 0
      while done < tensor.byteCount {
        let piece = Self.blocks(
          tensor.type, bytes: Int(min(Int64(most), tensor.byteCount - done)), &generator)
        let place = Int(tensor.offset + done)
        guard pwrite(descriptor, piece, piece.count, place) == piece.count else { throw failure(path) }
        done += Int64(piece.count)
      }
    }
    guard rename(unfinished, path) == 0 else { throw failure(path) }
  }

  private func failure(_ path: String) -> ModelFileError {
    ModelFileError(.unreadable, file: path, "could not be written: \(String(cString: strerror(errno)))")
  }

  // MARK: Blocks

  /// Blocks whose weights are some hundredths, of either sign: nothing overflows, however many layers there are. Vectors
  /// (F32) are ones.
  private static func blocks(_ type: TensorType, bytes count: Int, _ generator: inout Noise.Generator) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let start = buffer.baseAddress else { return }
      let raw = UnsafeMutableRawPointer(start)
      if type == .f32 {
        for offset in stride(from: 0, to: count, by: 4) {
          raw.storeBytes(of: Float(1).bitPattern.littleEndian, toByteOffset: offset, as: UInt32.self)
        }
        return
      }
      for offset in stride(from: 0, to: count / 8 * 8, by: 8) {
        raw.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
      }
      for offset in count / 8 * 8..<count { buffer[offset] = UInt8(truncatingIfNeeded: generator.next() >> 24) }
      for block in stride(from: 0, to: count, by: type.blockBytes) { setScales(type, raw + block) }
    }
  }

  /// Turns the random bits where a block has its scales into sensible ones. A scale keeps its random mantissa and gets an
  /// exponent; a minimum is eight times the scale, which is the middle of what four bits hold.
  private static func setScales(_ type: TensorType, _ block: UnsafeMutableRawPointer) {
    func half(_ offset: Int, exponent: UInt16, sign: UInt16 = 0, mantissaOf other: Int? = nil) {
      let bits = block.loadUnaligned(fromByteOffset: other ?? offset, as: UInt16.self) & 0x3FF
      block.storeBytes(of: bits | exponent << 10 | sign << 15, toByteOffset: offset, as: UInt16.self)
    }
    switch type {
    case .q4_0: half(0, exponent: 7)
    case .q4_1:
      half(0, exponent: 7)
      half(2, exponent: 10, sign: 1, mantissaOf: 0)
    case .q8_0: half(0, exponent: 3)
    case .q4_K:
      half(0, exponent: 1)
      half(2, exponent: 4, mantissaOf: 0)
    case .q6_K:
      half(208, exponent: 1)
      for offset in 192..<208 {
        let scale = block.load(fromByteOffset: offset, as: Int8.self)
        block.storeBytes(of: scale >> 2, toByteOffset: offset, as: Int8.self)
      }
    default: preconditionFailure("no mix has \(type.name)")
    }
  }
}
