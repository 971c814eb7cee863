import ArgumentParser
import BenchSupport
import Foundation
import ModelFiles
import TestSupport

/// A model that is measured.
struct BenchModel {
  /// What `--models` calls it.
  let name: String
  let path: String
  /// Tokens of a prompt, and to generate; 0 leaves a test out.
  let prompt: Int
  let generation: Int
  /// Whether llama.cpp runs it, too.
  var isRace = true
  /// The share of the memory's bandwidth that generation should reach; nil without a bar.
  var shareBar: Double?

  /// Bytes of weights that every token reads: all but an embedding that is not the output matrix, too.
  var bytesPerToken: Int {
    get throws {
      let header = try GGUFFile(path: path).header
      let isTied = header.tensor("output.weight") == nil
      return header.tensors.reduce(0) { $0 + ($1.name == "token_embd.weight" && !isTied ? 0 : Int($1.byteCount)) }
    }
  }

  /// The real model in its quantizations, and random weights in larger shapes.
  static func named(_ name: String, cache: String) throws -> BenchModel {
    guard !name.hasSuffix(".gguf") else {
      return BenchModel(name: (name as NSString).lastPathComponent, path: name, prompt: 128, generation: 32)
    }
    let parts = name.split(separator: ":").map(String.init)
    guard parts.count == 2 else { throw unknown(name) }
    switch parts[0] {
    case "135m":
      let path = "\(cache)/SmolLM2-135M-Instruct.\(parts[1]).gguf"
      guard FileManager.default.fileExists(atPath: path) else {
        throw Child.Failure(description: "\(path) is missing; run: make quantized")
      }
      return BenchModel(name: name, path: path, prompt: 512, generation: 64)
    case "1b":
      guard let mix = RandomLlama.Mix(rawValue: parts[1]) else { throw unknown(name) }
      let path = try random(.oneBillion(mix), "\(cache)/random-1b.\(parts[1]).gguf")
      return BenchModel(name: name, path: path, prompt: 128, generation: 32)
    case "7b":
      guard let mix = RandomLlama.Mix(rawValue: parts[1]) else { throw unknown(name) }
      let path = try random(.sevenBillion(mix), "\(cache)/random-7b.\(parts[1]).gguf")
      return BenchModel(name: name, path: path, prompt: 0, generation: 16, isRace: false, shareBar: 0.8)
    default: throw unknown(name)
    }
  }

  static let all = [
    "135m:Q4_1", "135m:Q4_0", "135m:Q8_0", "135m:Q4_K_M", "1b:Q4_0", "1b:Q4_1", "1b:Q4_K_M", "7b:Q4_0",
  ]
  static let quick = ["135m:Q4_1"]

  private static func unknown(_ name: String) -> ValidationError {
    ValidationError("no model \(name); there are \(all.joined(separator: ", ")), and paths of GGUF files")
  }

  /// Makes the file unless it is there.
  private static func random(_ model: RandomLlama, _ path: String) throws -> String {
    if !model.isThere(path) {
      note("making \(path)")
      try model.write(to: path)
    }
    return path
  }
}

/// Makes files of random weights without measuring anything.
struct Make: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Makes a model of random weights, unless it is there.")

  @Option(help: "Where models lie.") var cache: String
  @Argument(help: "1b:Q4_0, 7b:Q4_0 and the like.") var names: [String]

  func run() throws {
    for name in names { print(try BenchModel.named(name, cache: cache).path) }
  }
}

/// Tells a person how far it is.
func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
