/// Writes models as the hub's API tells them, straight into bytes.
struct RowWriter {
  let members: Members

  /// One JSON object. Source of the members and their shapes: recorded answers of 2025 and 2026.
  func put(_ index: Int, of world: borrowing World, _ out: inout ByteBuffer) {
    if let plant = world.plant(index) { return put(plant, index, of: world, &out) }
    let facts = world.facts(index)
    let counts = ModelCounts(seed: world.law.seed, index: index)
    let change = world.change(index)
    let isEmpty = facts.isBornEmpty && !change.isFilled
    out.put("{\"_id\":\"")
    out.put(hexadecimal: UInt64(world.created[index]), digits: 8)
    out.put(hexadecimal: world.objectLow(index), digits: 16)
    out.put("\",\"id\":\"")
    putID(facts, change, world.names, &out)
    out.put("\"")
    if members.contains(.author) {
      out.put(",\"author\":\"")
      if let id = change.id {
        out.put(string: String(id.prefix { $0 != "/" }))
      } else {
        world.names.putAuthor(facts.author, &out)
      }
      out.put("\"")
    }
    if members.contains(.gated) {
      let isGated = change.isGated ?? facts.isGated
      out.put(!isGated ? ",\"gated\":false" : facts.style & 512 == 0 ? ",\"gated\":\"auto\"" : ",\"gated\":\"manual\"")
    }
    if members.contains(.disabled) { out.put(",\"disabled\":false") }
    if members.contains(.lastModified) {
      out.put(",\"lastModified\":\"")
      out.put(date: world.lastModified(index))
      out.put("\"")
    }
    if members.contains(.likes) {
      out.put(",\"likes\":")
      out.put(number: counts.likes)
    }
    if members.contains(.trendingScore) {
      out.put(",\"trendingScore\":")
      out.put(number: counts.trendingHalves / 2)
      if counts.trendingHalves % 2 == 1 { out.put(".5") }
    }
    if members.contains(.isPrivate) { out.put(",\"private\":false") }
    if members.contains(.sha) {
      let commit = world.commit(index)
      out.put(",\"sha\":\"")
      out.put(hexadecimal: commit.0, digits: 16)
      out.put(hexadecimal: commit.1, digits: 16)
      out.put(hexadecimal: UInt64(commit.2), digits: 8)
      out.put("\"")
    }
    if members.contains(.downloads) {
      out.put(",\"downloads\":")
      out.put(number: counts.downloads)
    }
    if members.contains(.tags) {
      out.put(",\"tags\":[")
      Tags(facts: facts, names: world.names, isEmpty: isEmpty).put(&out)
      out.put("]")
    }
    let isTransformers = facts.kind != .gguf && facts.kind != .duplicate && facts.kind != .adapter
    if members.contains(.pipelineTag), isTransformers || facts.style & 1024 == 0 {
      out.put(",\"pipeline_tag\":\"text-generation\"")
    }
    if members.contains(.libraryName), isTransformers || facts.style & 2048 == 0 || facts.kind == .adapter {
      out.put(facts.kind == .adapter ? ",\"library_name\":\"peft\"" : ",\"library_name\":\"transformers\"")
    }
    if members.contains(.createdAt) {
      out.put(",\"createdAt\":\"")
      out.put(date: Int(world.created[index]))
      out.put("\"")
    }
    putBig(index, facts, isEmpty: isEmpty, world, &out)
    if members.contains(.modelID) {
      out.put(",\"modelId\":\"")
      putID(facts, change, world.names, &out)
      out.put("\"")
    }
    out.put("}")
  }

  private func putID(_ facts: ModelFacts, _ change: ModelChange, _ names: ModelNames, _ out: inout ByteBuffer) {
    if let id = change.id { out.put(string: id) } else { names.putID(facts, &out) }
  }

  /// The members that listings are seldom asked for.
  private func putBig(
    _ index: Int, _ facts: ModelFacts, isEmpty: Bool, _ world: borrowing World, _ out: inout ByteBuffer
  ) {
    let family = Family.all[facts.family]
    if members.contains(.safetensors), !isEmpty, let (type, elements) = facts.safetensors {
      out.put(",\"safetensors\":{\"parameters\":{\"")
      out.put(type)
      out.put("\":")
      out.put(number: elements)
      out.put("},\"total\":")
      out.put(number: elements)
      out.put("}")
    }
    if members.contains(.gguf), !isEmpty, facts.hasGGUFTag {
      out.put(",\"gguf\":{\"total\":")
      out.put(number: family.parameters)
      out.put(",\"architecture\":\"")
      out.put(family.ggufArchitecture)
      out.put("\",\"context_length\":")
      out.put(number: family.context)
      out.put(",\"chat_template\":\"{% for message in messages %}{{ message['content'] }}{% endfor %}\"")
      out.put(",\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"totalFileSize\":")
      out.put(number: family.parameters * 2)
      out.put("}")
    }
    if members.contains(.config) {
      out.put(",\"config\":{")
      if facts.kind != .gguf, facts.kind != .duplicate, facts.kind != .adapter, !isEmpty {
        out.put("\"architectures\":[\"")
        out.put(family.className)
        out.put("\"],\"model_type\":\"")
        out.put(family.modelType)
        out.put("\"")
        if facts.kind == .gptq { out.put(",\"quantization_config\":{\"bits\":4,\"quant_method\":\"gptq\"}") }
        if facts.kind == .awq { out.put(",\"quantization_config\":{\"bits\":4,\"quant_method\":\"awq\"}") }
      }
      out.put("}")
    }
    if members.contains(.cardData) {
      out.put(",\"cardData\":{\"license\":\"")
      out.put(family.licence)
      out.put("\",\"base_model\":[\"")
      Tags(facts: facts, names: world.names, isEmpty: isEmpty).putParent(&out)
      out.put("\"]}")
    }
    if members.contains(.baseModels), let relation = facts.relation {
      out.put(",\"baseModels\":{\"relation\":\"")
      out.put(relation)
      out.put("\",\"models\":[{\"_id\":\"")
      if let parent = facts.parent {
        out.put(hexadecimal: UInt64(world.created[parent]), digits: 8)
        out.put(hexadecimal: world.objectLow(parent), digits: 16)
      } else {
        out.put("621ffdc136468d70")
        out.put(hexadecimal: UInt64(facts.family), digits: 8)
      }
      out.put("\",\"id\":\"")
      Tags(facts: facts, names: world.names, isEmpty: isEmpty).putParent(&out)
      out.put("\"}]}")
    }
    if members.contains(.siblings) {
      out.put(",\"siblings\":[")
      if !isEmpty {
        var isFirst = true
        for file in RepoFiles(facts: facts, names: world.names).files {
          out.put(isFirst ? "{\"rfilename\":" : ",{\"rfilename\":")
          out.put(quoted: file.path)
          out.put("}")
          isFirst = false
        }
      }
      out.put("]")
    }
  }
}

extension ModelFacts {
  /// How it came from its base model, in the hub's words; nil for a model of its own.
  var relation: StaticString? {
    switch kind {
    case .base: nil
    case .finetune: "finetune"
    case .merge: "merge"
    case .adapter: "adapter"
    case .gguf, .gptq, .awq, .exl2, .mlx, .duplicate: "quantized"
    }
  }

  /// The type and the number of elements that the hub counts in safetensors files; 4-bit weights as they are stored.
  var safetensors: (StaticString, Int)? {
    let parameters = Family.all[family].parameters
    guard !isPickle else { return nil }
    switch kind {
    case .gguf, .duplicate: return nil
    case .base, .finetune, .merge: return ("BF16", parameters)
    case .adapter: return ("F32", parameters / 500)
    case .gptq, .awq: return ("I32", parameters / 7)
    case .exl2: return ("I16", parameters / 3)
    case .mlx: return ("U32", parameters / 7)
    }
  }
}
