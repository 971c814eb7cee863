import Domain
import Glibc
import JSONText

extension SafetensorsFolder {
  /// How the name of an index ends.
  static let indexSuffix = ".safetensors.index.json"

  /// The weight files of a folder, and the index that lists them.
  struct Weights {
    let names: [String]
    let index: SafetensorsIndex?

    func map<Value>(_ body: (String) throws(ModelFileError) -> Value) throws(ModelFileError) -> [Value] {
      try names.map(body)
    }
  }

  /// The weights that a path means.
  static func weights(_ path: String, folder: String) throws(ModelFileError) -> Weights {
    let entries = try names(in: folder)
    let single = entries.filter { $0.hasSuffix(".safetensors") }
    let indexes = entries.filter { $0.hasSuffix(indexSuffix) }
    if path != folder, let file = path.split(separator: "/").last.map(String.init) {
      if file.hasSuffix(indexSuffix) { return try shards(of: file, folder: folder) }
      // A shard alone is no model.
      for index in indexes {
        let weights = try shards(of: index, folder: folder)
        if weights.names.contains(file) { return weights }
      }
      return Weights(names: [file], index: nil)
    }
    if single.contains("model.safetensors") { return Weights(names: ["model.safetensors"], index: nil) }
    if indexes.contains("model\(indexSuffix)") { return try shards(of: "model\(indexSuffix)", folder: folder) }
    if indexes.count == 1 { return try shards(of: indexes[0], folder: folder) }
    if indexes.isEmpty, single.count == 1 { return Weights(names: single, index: nil) }
    throw ModelFileError(
      .unreadable, file: folder,
      single.isEmpty && indexes.isEmpty
        ? "holds no safetensors file" : "holds several models in safetensors files; name one of them")
  }

  private static func shards(of index: String, folder: String) throws(ModelFileError) -> Weights {
    let path = "\(folder)/\(index)"
    let index = try SafetensorsIndex(contents(path, upTo: SafetensorsIndex.byteLimit), name: path)
    let names = index.files.map(\.description)
    guard names.count <= shardLimit else {
      throw ModelFileError(.malformed, file: path, "lists \(names.count) shards, more than \(shardLimit)")
    }
    for name in names where access("\(folder)/\(name)", F_OK) != 0 {
      throw ModelFileError(.truncated, file: path, "lists the shard \(ModelFileError.quoted(name)), which is missing")
    }
    return Weights(names: names, index: index)
  }

  /// The end tokens of `generation_config.json`; none without a sound one, since nothing else rests on it.
  static func generationEnds(_ folder: String) -> Set<Int32> {
    guard let bytes = try? contents("\(folder)/generation_config.json", upTo: 1 << 20),
      let document = try? JSONValue.parse(bytes, limits: JSONLimits(maximumBytes: 1 << 20))
    else { return [] }
    return ModelConfiguration.tokens(document["eos_token_id"])
  }

  /// A whole file of at most so many bytes.
  static func contents(_ path: String, upTo limit: Int) throws(ModelFileError) -> [UInt8] {
    let mapping = try Mapping(path: path)
    guard mapping.bytes.count <= limit else {
      throw ModelFileError(.malformed, file: path, "is larger than \(limit) bytes")
    }
    return Array(mapping.bytes)
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names of the files in a folder, sorted.
  private static func names(in path: String) throws(ModelFileError) -> [String] {
    guard let folder = opendir(path) else {
      throw ModelFileError(.unreadable, file: path, "could not be opened: \(systemReason())")
    }
    defer { closedir(folder) }
    var names: [String] = []
    while names.count < 100_000, let entry = readdir(folder) {
      // The kernel ends the name with a zero inside of the field.
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted()
  }
}

extension ModelConfiguration {
  /// The tokens that end a sequence; one, a list, or none.
  var endTokens: Set<Int32> { Self.tokens(reader.text["eos_token_id"] ?? reader.whole["eos_token_id"]) }

  /// The ids in a number or a list of numbers; whatever is no id is left out.
  static func tokens(_ value: JSONValue?) -> Set<Int32> {
    let items = value?.array ?? [value].compactMap { $0 }
    return Set(items.prefix(64).compactMap { $0.int.flatMap(Int32.init(exactly:)) }.filter { $0 >= 0 })
  }
}
