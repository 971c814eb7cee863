import Checksums
import ModelFiles

/// One file of a simulated repository.
struct SimulatedFile: Sendable {
  let path: String
  /// What its first bytes are; the rest up to `size` is zeros, which are made when they are asked for.
  let head: [UInt8]
  let size: Int64
  /// SHA-256 of a file in LFS, which is made up: nobody can hash gigabytes of zeros for every model.
  let lfs: String?
  /// The git blob's SHA-1; of an LFS file that of its pointer, made up likewise.
  let oid: String
}

/// What lies in a simulated repository that is not empty.
struct RepoFiles {
  let facts: ModelFacts
  let names: ModelNames
  var version: UInt32 = 0

  /// The facts whose weights these are: a duplicate has those of its original.
  private var content: ModelFacts {
    guard facts.kind == .duplicate, let parent = facts.parent else { return facts }
    let original = names.facts(parent)
    return original.kind == .gguf ? original : facts
  }

  /// All files, by name.
  var files: [SimulatedFile] {
    var files = [text(".gitattributes", "*.gguf filter=lfs diff=lfs merge=lfs -text\n"), text("README.md", card)]
    let content = content
    let family = Family.all[content.family]
    switch content.kind {
    case .gguf, .duplicate: files += ggufs(content)
    case .adapter:
      files.append(
        text("adapter_config.json", #"{"peft_type":"LORA","r":16,"base_model_name_or_path":"\#(parentID)"}"#))
      files += safetensors(family, .adapter)
    default:
      files.append(text("config.json", ConfigText.text(family, facts.kind)))
      if facts.isPickle {
        files.append(
          weights("pytorch_model.bin", head: Array("PK\u{3}\u{4}".utf8), size: Int64(family.parameters) * 2, 900))
      } else {
        files += safetensors(family, facts.kind)
      }
      if facts.hasGGUFTag { files += ggufs(facts).suffix(1) }
    }
    return files.sorted { $0.path < $1.path }
  }

  private func ggufs(_ content: ModelFacts) -> [SimulatedFile] {
    let stem = names.stem(content)
    let kinds = QuantizedFile.kinds(of: content)
    return kinds.map { kind in
      let file = QuantizedFile.file(family: content.family, kind: kind)
      return weights(
        "\(stem).\(QuantizedFile.all[kind].name).gguf", head: file.header, size: file.size, UInt64(kind),
        of: content.index)
    }
  }

  private func safetensors(_ family: Family, _ kind: ModelKind) -> [SimulatedFile] {
    let set = SafetensorsSet.set(family: facts.family, kind: kind)
    var files = set.shards.enumerated().map { number, shard in
      weights(shard.name, head: shard.header, size: shard.size, 100 + UInt64(number))
    }
    if let index = set.index { files.append(text("model.safetensors.index.json", index)) }
    return files
  }

  private func text(_ path: String, _ content: String) -> SimulatedFile {
    let bytes = Array(content.utf8)
    let oid = Checksums.sha1(Array("blob \(bytes.count)\0".utf8) + bytes)
    return SimulatedFile(path: path, head: bytes, size: Int64(bytes.count), lfs: nil, oid: oid)
  }

  private func weights(
    _ path: String, head: [UInt8], size: Int64, _ number: UInt64, of index: Int? = nil
  ) -> SimulatedFile {
    var draws = Draws(seed: names.seed, index: index ?? facts.index, purpose: 1000 + number + UInt64(version) << 32)
    var digits = ByteBuffer(capacity: 128)
    for _ in 0..<4 { digits.put(hexadecimal: draws.next(), digits: 16) }
    let hash = String(decoding: digits.written, as: UTF8.self)
    return SimulatedFile(path: path, head: head, size: size, lfs: hash, oid: String(hash.prefix(40)))
  }

  private var parentID: String {
    var out = ByteBuffer(capacity: 128)
    Tags(facts: facts, names: names, isEmpty: false).putParent(&out)
    return String(decoding: out.written, as: UTF8.self)
  }

  /// The model card: front matter as authors write it, and a few words. Each commit changes it.
  private var card: String {
    let licence = Family.all[facts.family].licence
    return """
      ---
      license: \(licence)
      base_model: \(parentID)
      language:
      - en
      ---
      # \(names.stem(facts))

      A simulated model, revision \(version).

      """
  }
}

/// The config.json of a simulated model.
enum ConfigText {
  static func text(_ family: Family, _ kind: ModelKind) -> String {
    let quantization =
      switch kind {
      case .gptq:
        #","quantization_config":{"bits":4,"group_size":128,"quant_method":"gptq","desc_act":false,"sym":true}"#
      case .awq:
        #","quantization_config":{"bits":4,"group_size":128,"quant_method":"awq","version":"gemm","zero_point":true}"#
      case .exl2: #","quantization_config":{"bits":4.0,"quant_method":"exl2","version":"0.2.4"}"#
      case .mlx: #","quantization":{"bits":4,"group_size":64}"#
      default: ""
      }
    return """
      {"architectures":["\(family.className)"],"model_type":"\(family.modelType)","hidden_size":\(family.embedding),\
      "intermediate_size":\(family.feedForward),"num_hidden_layers":\(family.layers),\
      "num_attention_heads":\(family.heads),"num_key_value_heads":\(family.kvHeads),"head_dim":\(family.headLength),\
      "vocab_size":\(family.vocabulary),"max_position_embeddings":\(family.context),"rms_norm_eps":1e-05,\
      "tie_word_embeddings":\(family.isTied),"torch_dtype":"bfloat16"\(quantization)}
      """
  }
}
