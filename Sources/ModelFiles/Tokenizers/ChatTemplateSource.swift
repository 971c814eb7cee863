import JSONText

/// Where a model keeps the template in which its conversations are written.
public enum ChatTemplateSource {
  /// The template of a GGUF file: the one without a name, or else the first named one.
  public static func template(in header: GGUFHeader) -> String? {
    func text(_ key: String) -> String? {
      if case .string(let text) = header[key], !text.isEmpty { text } else { nil }
    }
    if let plain = text("tokenizer.chat_template") { return plain }
    guard case .array(let names) = header["tokenizer.chat_templates"], names.count <= 100 else { return nil }
    return names.strings()?.lazy.compactMap { text("tokenizer.chat_template.\($0)") }.first
  }

  /// The template of a folder: a file of its own, or else what `tokenizer_config.json` says, as transformers looks for it.
  ///
  /// - Throws: `ModelFileError` for files that cannot be read or are no JSON.
  public static func template(inFolder folder: String) throws(ModelFileError) -> String? {
    let plain = "\(folder)/chat_template.jinja"
    if TokenizerFile.exists(plain) { return String(decoding: try TokenizerFile.contents(of: plain), as: UTF8.self) }
    for name in ["chat_template.json", "tokenizer_config.json"] {
      let path = "\(folder)/\(name)"
      guard TokenizerFile.exists(path) else { continue }
      if let template = try template(TokenizerFile.contents(of: path), name: path) { return template }
    }
    return nil
  }

  /// The value of `chat_template`: a text, or a list of texts with names, of which `default` or the first counts.
  private static func template(_ bytes: [UInt8], name: String) throws(ModelFileError) -> String? {
    let document: JSONValue
    do {
      document = try JSONValue.parse(bytes, limits: JSONLimits(refusesDuplicateKeys: false, allowsNonFinite: true))
    } catch {
      throw ModelFileError(.malformed, file: name, "cannot be read for its chat template: \(error.problem)")
    }
    let value = document["chat_template"]
    if let text = value?.string { return text.isEmpty ? nil : text }
    let named = value?.array ?? []
    let chosen = named.first { $0["name"]?.string == "default" } ?? named.first
    return chosen?["template"]?.string
  }
}
