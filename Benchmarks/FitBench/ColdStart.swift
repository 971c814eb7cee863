import BenchSupport
import Domain
import Foundation
import Glibc
import ModelFiles

/// Runs the program as a person does, with nothing of its data in the page cache.
struct ColdStart {
  let program: String
  let folder: String

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// A GGUF whose header has some eight megabytes: a vocabulary of Llama 3's size with its merges.
  func longHeader() throws -> (path: String, headerBytes: Int) {
    var writer = GGUFWriter()
    writer.set("general.architecture", .string("llama"))
    for (key, value) in [
      ("block_count", 32), ("context_length", 131_072), ("embedding_length", 4096), ("feed_forward_length", 14336),
      ("attention.head_count", 32), ("attention.head_count_kv", 8),
    ] as [(String, UInt32)] {
      writer.set("llama.\(key)", .uint32(value))
    }
    writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
    writer.set("tokenizer.ggml.model", .string("gpt2"))
    writer.set(
      "tokenizer.ggml.tokens", .array(GGUFArray(strings: (0..<128_256).map { "token\($0)" })))
    writer.set("tokenizer.ggml.token_type", .array(GGUFArray(int32s: [Int32](repeating: 1, count: 128_256))))
    writer.set(
      "tokenizer.ggml.merges", .array(GGUFArray(strings: (0..<280_147).map { "to\($0 % 977) ke\($0 % 1009)" })))
    func add(_ name: String, _ type: TensorType, _ dimensions: [Int64]) throws {
      try writer.add(name, type: type, dimensions: dimensions, data: nil)
    }
    try add("token_embd.weight", .q4_K, [4096, 128_256])
    try add("output.weight", .q6_K, [4096, 128_256])
    try add("output_norm.weight", .f32, [4096])
    for layer in 0..<32 {
      try add("blk.\(layer).attn_norm.weight", .f32, [4096])
      try add("blk.\(layer).ffn_norm.weight", .f32, [4096])
      try add("blk.\(layer).attn_q.weight", .q4_K, [4096, 4096])
      try add("blk.\(layer).attn_k.weight", .q4_K, [4096, 1024])
      try add("blk.\(layer).attn_v.weight", .q6_K, [4096, 1024])
      try add("blk.\(layer).attn_output.weight", .q4_K, [4096, 4096])
      try add("blk.\(layer).ffn_gate.weight", .q4_K, [4096, 14336])
      try add("blk.\(layer).ffn_up.weight", .q4_K, [4096, 14336])
      try add("blk.\(layer).ffn_down.weight", .q6_K, [14336, 4096])
    }
    let path = "\(folder)/long.Q4_K_M.gguf"
    try writer.write(to: path)
    return (path, Int(try GGUFFile(path: path).header.dataStart))
  }

  /// Runs the program once and returns the wall time in seconds.
  ///
  /// - Parameter isCold: whether the program itself is to be read from the disk, too.
  func run(_ arguments: [String], isCold: Bool) throws -> Double {
    dropCaches(ofProgram: isCold)
    let child = try Child(
      program, arguments, environment: ["HUBWATCH_STATE": "\(folder)/state", "XDG_CONFIG_HOME": "\(folder)/config"],
      errors: "\(folder)/errors")
    guard child.output.split(separator: UInt8(ascii: "\n")).count >= 3 else {
      throw Failure(description: "\(arguments.joined(separator: " ")) said nothing")
    }
    return child.seconds
  }

  /// Takes the program and its data out of the page cache, as far as we may.
  private func dropCaches(ofProgram: Bool) {
    sync()
    for path in (ofProgram ? [program] : []) + ["\(folder)/state/hubwatch.sqlite", "\(folder)/long.Q4_K_M.gguf"] {
      let descriptor = open(path, O_RDONLY)
      guard descriptor >= 0 else { continue }
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      close(descriptor)
    }
  }
}
