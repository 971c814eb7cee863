import Domain
import Fit
import Foundation
import JSONText
import ModelFiles

extension FitSubject {
  /// What a path of this disk means: a GGUF file, a file or a folder of safetensors, or a `config.json`; `-` is one of
  /// these last on standard input.
  ///
  /// - Throws: `ModelFileError` for what cannot be read or understood.
  init(path: String) async throws {
    var isFolder: ObjCBool = false
    if path == "-" {
      let bytes = try Self.standardInput()
      try self.init(configuration: ModelConfiguration(bytes, name: "standard input"), id: "standard input", shards: [])
    } else if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      try await self.init(folder: path)
    } else if path.hasSuffix(".json"), !path.hasSuffix(".safetensors.index.json") {
      let configuration = try ModelConfiguration(
        try await Self.bytes(path, limit: ModelConfiguration.byteLimit), name: path)
      try self.init(configuration: configuration, id: path, shards: [])
    } else if path.hasSuffix(".safetensors") || path.hasSuffix(".safetensors.index.json") {
      try await self.init(folder: URL(fileURLWithPath: path).deletingLastPathComponent().path, naming: path)
    } else {
      try self.init(gguf: path)
    }
    let parts = path.split(separator: "/")
    if let last = parts.last, path != "-" {
      title = last == "config.json" && parts.count > 1 ? parts.suffix(2).joined(separator: "/") : String(last)
    }
  }

  // MARK: GGUF

  /// A GGUF file, and of the first of a split model the parts beside it.
  private init(gguf path: String) throws {
    let files = try Self.parts(of: path)
    let headers = files.map(\.header)
    try headers[0].checkVocabulary()
    let shape = try ModelShape(gguf: headers[0], otherParts: Array(headers.dropFirst()))
    let name = URL(fileURLWithPath: path).lastPathComponent
    let layout = WeightLayout(
      tensors: headers.lazy.flatMap(\.tensors).map { (name: $0.name, bytes: $0.byteCount) }, layers: shape.layers)
    let offer = Offer(
      quantization: Quantization(fileName: name)?.description ?? GGUFHeader.commonType(of: headers)?.name ?? "?",
      file: name, evidence: .header, fileBytes: files.reduce(0) { $0 + $1.size }, layout: layout)
    self.init(
      id: path, shape: shape, isVerified: Architecture.named(shape.architecture) != nil, offers: [offer])
    let inventory = TensorInventory(gguf: headers, layers: shape.layers)
    if let inventory {
      basis = WeightBasis(inventory: inventory, evidence: .header, isVerified: isVerified)
    }
  }

  private static func parts(of path: String) throws(ModelFileError) -> [GGUFFile] {
    let first = try GGUFFile(path: path)
    guard let count = first.header["split.count"]?.int, count > 1 else { return [first] }
    let suffix = "-00001-of-\(padded(count)).gguf"
    guard count <= 99_999, path.hasSuffix(suffix) else {
      throw ModelFileError(
        .badMetadata, file: path, "is one of \(count) parts; name the first, which ends in \(suffix)")
    }
    var files = [first]
    for number in 2...count {
      files.append(try GGUFFile(path: "\(path.dropLast(suffix.count))-\(padded(number))-of-\(padded(count)).gguf"))
    }
    return files
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  // MARK: Safetensors

  /// A folder with a `config.json` and safetensors, or one that holds a single GGUF model.
  private init(folder: String, naming file: String? = nil) async throws {
    let base = URL(fileURLWithPath: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let configurationPath = base.appendingPathComponent("config.json").path
    guard FileManager.default.fileExists(atPath: configurationPath) else {
      let models = names.filter { $0.hasSuffix(".gguf") && !$0.contains("mmproj") }
      let first = models.first { $0.contains("-00001-of-") }
      if file == nil, let name = first ?? (models.count == 1 ? models.first : nil) {
        try self.init(gguf: base.appendingPathComponent(name).path)
        return
      }
      throw ModelFileError(
        .noShape, file: file ?? folder,
        models.isEmpty
          ? "has no config.json beside it, which says what its tensors are for"
          : "holds \(models.count) GGUF files and no config.json; name one of them")
    }
    let configuration = try ModelConfiguration(
      try await Self.bytes(configurationPath, limit: ModelConfiguration.byteLimit), name: configurationPath)
    var wanted = names.filter { $0.hasSuffix(".safetensors") }
    if let file, file.hasSuffix(".safetensors") {
      wanted = [URL(fileURLWithPath: file).lastPathComponent]
    } else if let index = names.first(where: { $0.hasSuffix(".safetensors.index.json") }) {
      let path = base.appendingPathComponent(index).path
      wanted = try SafetensorsIndex(try await Self.bytes(path, limit: SafetensorsIndex.byteLimit), name: path)
        .files.map(\.fileName)
    }
    var shards: [SafetensorsHeader] = []
    for name in wanted {
      let path = base.appendingPathComponent(name).path
      shards.append(try await SafetensorsHeader.read(from: try FileRangeReader(path: path), name: path))
    }
    try self.init(configuration: configuration, id: file ?? folder, shards: shards)
  }

  /// A configuration, with the headers of its shards where they are at hand.
  private init(configuration: ModelConfiguration, id: String, shards: [SafetensorsHeader]) throws {
    let shape =
      try shards.isEmpty ? configuration.shape() : ModelShape(configuration: configuration, tensors: shards)
    guard let basis = try WeightBasis(shape, configuration, shards, counted: nil) else {
      throw ModelFileError(.noShape, file: id, "has more weights than can be")
    }
    var shape2 = shape
    if shape2.parameters == 0 { shape2.parameters = basis.inventory.parameters }
    var own: [Offer] = []
    if let scheme = configuration.quantization.flatMap(PackedScheme.init)
      ?? (configuration.quantization == nil ? .half : nil)
    {
      var layout = scheme.layout(of: basis.inventory, experts: shape.experts)
      let stored = shards.reduce(Int64(0)) { $0 &+ $1.totalBytes }
      if stored > 0, configuration.quantization != nil { layout = WeightLayout(total: stored, like: layout) }
      own.append(
        Offer(
          quantization: scheme.name, file: shards.first?.name, evidence: basis.evidence,
          fileBytes: stored > 0 ? stored : layout.total, layout: layout, engine: scheme.engine))
    }
    self.init(id: id, shape: shape2, isVerified: basis.isVerified, offers: own)
    self.basis = basis
    self = addingPredictions(basis)
  }

  // MARK: Bytes

  private static func bytes(_ path: String, limit: Int) async throws -> [UInt8] {
    let reader = try FileRangeReader(path: path)
    guard reader.size <= limit else {
      throw ModelFileError(.malformed, file: path, "has \(reader.size) bytes, more than the \(limit) that are read")
    }
    return Array(try await reader.read(0..<reader.size))
  }

  /// A configuration from standard input, at most as long as one that the hub has.
  private static func standardInput() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count <= ModelConfiguration.byteLimit {
      guard let more = try FileHandle.standardInput.read(upToCount: 1 << 16), !more.isEmpty else { return bytes }
      bytes += more
    }
    throw ModelFileError(
      .malformed, file: "standard input", "has more than the \(ModelConfiguration.byteLimit) bytes that are read")
  }
}
