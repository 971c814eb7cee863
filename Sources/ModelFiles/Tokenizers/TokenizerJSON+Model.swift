import JSONText

/// The large tables of the part `model`, read without a value for each entry.
struct ModelTables {
  var members: [String: JSONValue] = [:]
  var vocabulary: [(text: [UInt8], id: Int32)] = []
  var scored: [(text: [UInt8], score: Double)] = []
  var isScored = false
  var merges: [(left: [UInt8], right: [UInt8])] = []
  /// Why the tables cannot be used.
  var refusal: String?

  mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      if cursor.isKey(key, "vocab") {
        switch try cursor.kind() {
        case .object: try readVocabulary(&cursor)
        case .array: try readScored(&cursor)
        default: try cursor.skipValue()
        }
      } else if cursor.isKey(key, "merges"), try cursor.kind() == .array {
        try readMerges(&cursor)
      } else {
        members[cursor.text(of: key)] = try cursor.readValue()
      }
    }
  }

  private mutating func readVocabulary(_ cursor: inout JSONCursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      let text = Array(cursor.text(of: key).utf8)
      let id = try cursor.readInt()
      guard (0..<Int64(TokenizerJSON.entryLimit)).contains(id), vocabulary.count < TokenizerJSON.entryLimit else {
        refusal = "has a token whose id is \(id)"
        continue
      }
      vocabulary.append((text, Int32(id)))
    }
  }

  private mutating func readScored(_ cursor: inout JSONCursor) throws(JSONError) {
    isScored = true
    try cursor.enterArray()
    while try cursor.nextElement() {
      try cursor.enterArray()
      guard try cursor.nextElement() else {
        refusal = "has a piece without text"
        continue
      }
      let text = Array(try cursor.readString().utf8)
      guard try cursor.nextElement() else {
        refusal = "has a piece without score"
        continue
      }
      let score = try cursor.readDouble()
      if try cursor.nextElement() {
        refusal = "has a piece with more than text and score"
        try cursor.skipValue()
        while try cursor.nextElement() { try cursor.skipValue() }
      }
      if scored.count < TokenizerJSON.entryLimit {
        scored.append((text, score))
      } else {
        refusal = "has more than \(TokenizerJSON.entryLimit) pieces"
      }
    }
  }

  /// Pairs as `"a b"`, or as `["a", "b"]`, which newer files have.
  private mutating func readMerges(_ cursor: inout JSONCursor) throws(JSONError) {
    try cursor.enterArray()
    while try cursor.nextElement() {
      var pair: [[UInt8]] = []
      if try cursor.kind() == .array {
        try cursor.enterArray()
        while try cursor.nextElement() {
          let text = Array(try cursor.readString().utf8)
          if pair.count < 3 { pair.append(text) }
        }
      } else {
        let text = Array(try cursor.readString().utf8)
        if let blank = text.firstIndex(of: 0x20) { pair = [Array(text[..<blank]), Array(text[(blank + 1)...])] }
      }
      if pair.count != 2 || pair[0].isEmpty || pair[1].isEmpty {
        refusal = "has a merge that is no pair"
      } else if merges.count < TokenizerJSON.entryLimit {
        merges.append((pair[0], pair[1]))
      } else {
        refusal = "has more than \(TokenizerJSON.entryLimit) merges"
      }
    }
  }
}
