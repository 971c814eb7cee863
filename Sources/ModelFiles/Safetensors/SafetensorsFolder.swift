import Domain
import Glibc

/// A model as transformers saves it: `config.json`, and weights in one safetensors file or in several with an index.
///
/// Format: `save_pretrained` of transformers. Besides `model.safetensors` and `model.safetensors.index.json`, other names
/// are taken when there is only one, since quantizers choose their own.
public final class SafetensorsFolder: Sendable {
  /// Shards of a model at most; the largest known has some 250.
  public static let shardLimit = 4096

  /// The folder.
  public let path: String
  /// What `config.json` says.
  public let configuration: ModelConfiguration
  /// How its weights are packed, as `config.json` or a file of the quantizer beside it says.
  public let packing: WeightPacking
  /// The tokens that end a sequence, as `config.json` and `generation_config.json` list them; there may be several.
  public let endTokens: Set<Int32>
  /// The weight files in the order of their names.
  public let files: [SafetensorsFile]
  private let places: [String: (file: Int, tensor: Int)]

  /// Whether a path means such a model: a folder, or a safetensors file or index in it.
  public static func isMeant(by path: String) -> Bool {
    path.hasSuffix(".safetensors") || path.hasSuffix(indexSuffix) || isFolder(path)
  }

  /// Opens a model.
  ///
  /// - Parameter path: the folder, its index, or a weight file; of a shard, the whole model is meant.
  /// - Throws: `ModelFileError` when a file is missing, broken, or the files contradict each other.
  public init(path: String) throws(ModelFileError) {
    let folder = Self.isFolder(path) ? path : path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    self.path = folder
    configuration = try ModelConfiguration(
      try Self.contents("\(folder)/config.json", upTo: ModelConfiguration.byteLimit), name: "\(folder)/config.json")
    packing = try Self.packing(configuration, folder: folder)
    endTokens = configuration.endTokens.union(Self.generationEnds(folder))
    let weights = try Self.weights(path, folder: folder)
    files = try weights.map { name throws(ModelFileError) in try SafetensorsFile(path: "\(folder)/\(name)") }
    var places: [String: (file: Int, tensor: Int)] = [:]
    for (file, weights) in files.enumerated() {
      for (index, tensor) in weights.header.tensors.enumerated() {
        guard places.updateValue((file, index), forKey: tensor.name) == nil else {
          throw ModelFileError(
            .badTensors, file: weights.header.name,
            "holds the tensor \(ModelFileError.quoted(tensor.name)), which another shard holds too")
        }
      }
    }
    self.places = places
    if let index = weights.index {
      for name in index.shards.keys.sorted() where places[name] == nil {
        throw ModelFileError(
          .badTensors, file: folder, "its index lists the tensor \(ModelFileError.quoted(name)), which no shard holds")
      }
    }
  }

  /// All tensors, file by file in the order of their data.
  public var tensors: [SafetensorsTensor] { files.flatMap(\.header.tensors) }

  /// The tensor of a name, if there is one.
  public func tensor(_ name: String) -> SafetensorsTensor? {
    places[name].map { files[$0.file].header.tensors[$0.tensor] }
  }

  /// The data of the tensor of a name, not aligned to anything. Valid while this object lives.
  public func data(of name: String) -> UnsafeRawBufferPointer? {
    places[name].map { files[$0.file].data(of: files[$0.file].header.tensors[$0.tensor]) }
  }
}
