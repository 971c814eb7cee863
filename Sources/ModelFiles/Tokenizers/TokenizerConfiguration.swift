import JSONText

/// What a `tokenizer_config.json` says beside a vocabulary: special tokens, and which of them a text gets.
public struct TokenizerConfiguration: Sendable {
  /// Special tokens with their ids, ascending.
  public private(set) var added: [(id: Int32, content: String)] = []
  /// The texts of the tokens that begin and end a sequence.
  public private(set) var beginning: String?
  public private(set) var end: String?
  /// Whether texts get them; nil when nothing is said.
  public private(set) var addsBeginning: Bool?
  public private(set) var addsEnd: Bool?

  /// Nothing stated.
  public init() {}

  /// Reads a document.
  ///
  /// - Throws: `ModelFileError.malformed` for what is no JSON.
  public init(_ bytes: [UInt8], name: String) throws(ModelFileError) {
    let document: JSONValue
    do {
      document = try JSONValue.parse(
        bytes, limits: JSONLimits(refusesDuplicateKeys: false, allowsNonFinite: true))
    } catch {
      throw ModelFileError(.malformed, file: name, "is no tokenizer_config.json: \(error.problem)")
    }
    for member in document["added_tokens_decoder"]?.object?.members ?? [] {
      guard let id = Int32(member.key), (0..<Int32(TokenizerJSON.entryLimit)).contains(id),
        let content = member.value["content"]?.string, !content.isEmpty,
        content.unicodeScalars.count <= TokenizerJSON.contentLimit, added.count < TokenizerJSON.addedLimit
      else { continue }
      added.append((id, content))
    }
    added.sort { $0.id < $1.id }
    beginning = Self.content(document["bos_token"])
    end = Self.content(document["eos_token"])
    addsBeginning = document["add_bos_token"]?.bool
    addsEnd = document["add_eos_token"]?.bool
  }

  /// A token as plain text, or as an object with its flags.
  private static func content(_ value: JSONValue?) -> String? { value?.string ?? value?["content"]?.string }

  /// The id of a text among the special tokens.
  public func id(of content: String?) -> Int32? {
    guard let content else { return nil }
    return added.first { $0.content.utf8.elementsEqual(content.utf8) }?.id
  }
}
