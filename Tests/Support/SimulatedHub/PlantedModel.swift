import Checksums

/// A model whose files are whole: it can be fetched, verified and run.
public struct PlantedModel: Sendable {
  /// Its id; whoever else has it must not.
  public var id: String
  /// Its tags.
  public var tags: [String]
  /// What the hub says that it has; nil when the hub did not look.
  public var parameters: Int?
  /// How often it was fetched and liked.
  public var downloads = 12
  public var likes = 3
  /// What the hub hands out, by name.
  let files: [SimulatedFile]

  /// A repository with these files; weights are in LFS under their real hashes.
  public init(id: String, tags: [String] = ["gguf", "llama"], parameters: Int? = nil, files: [String: [UInt8]]) {
    self.id = id
    self.tags = tags
    self.parameters = parameters
    self.files = files.map { path, bytes in
      let isLarge = path.hasSuffix(".gguf")
      return SimulatedFile(
        path: path, head: bytes, size: Int64(bytes.count), lfs: isLarge ? Checksums.sha256(bytes) : nil,
        oid: Checksums.sha1(Array("blob \(bytes.count)\0".utf8) + bytes))
    }.sorted { $0.path < $1.path }
  }
}

extension RowWriter {
  /// The object of a planted model.
  func put(_ plant: PlantedModel, _ index: Int, of world: borrowing World, _ out: inout ByteBuffer) {
    let id = world.id(index)
    func member(_ name: StaticString, _ value: String) {
      out.put(",\"")
      out.put(name)
      out.put("\":")
      out.put(string: value)
    }
    func date(_ name: StaticString, _ seconds: Int) {
      out.put(",\"")
      out.put(name)
      out.put("\":\"")
      out.put(date: seconds)
      out.put("\"")
    }
    out.put("{\"_id\":\"")
    out.put(string: world.objectID(index))
    out.put("\",\"id\":")
    out.put(quoted: id)
    if members.contains(.author) { member("author", "\"\(id.prefix { $0 != "/" })\"") }
    if members.contains(.gated) { member("gated", world.isGated(index) ? "\"manual\"" : "false") }
    if members.contains(.disabled) { member("disabled", "false") }
    if members.contains(.isPrivate) { member("private", "false") }
    if members.contains(.lastModified) { date("lastModified", world.lastModified(index)) }
    if members.contains(.createdAt) { date("createdAt", Int(world.created[index])) }
    if members.contains(.likes) { member("likes", "\(plant.likes)") }
    if members.contains(.downloads) { member("downloads", "\(plant.downloads)") }
    if members.contains(.trendingScore) { member("trendingScore", "0") }
    if members.contains(.sha) { member("sha", "\"\(world.commitText(index))\"") }
    if members.contains(.pipelineTag) { member("pipeline_tag", "\"text-generation\"") }
    if members.contains(.tags) {
      out.put(",\"tags\":[")
      for (place, tag) in plant.tags.enumerated() {
        if place > 0 { out.put(",") }
        out.put(quoted: tag)
      }
      out.put("]")
    }
    if members.contains(.gguf), let parameters = plant.parameters {
      member("gguf", "{\"total\":\(parameters),\"architecture\":\"llama\",\"context_length\":512}")
    }
    if members.contains(.config) { member("config", "{}") }
    if members.contains(.siblings) {
      out.put(",\"siblings\":[")
      for (place, file) in plant.files.enumerated() {
        out.put(place > 0 ? ",{\"rfilename\":" : "{\"rfilename\":")
        out.put(quoted: file.path)
        out.put("}")
      }
      out.put("]")
    }
    if members.contains(.modelID) {
      out.put(",\"modelId\":")
      out.put(quoted: id)
    }
    out.put("}")
  }
}
