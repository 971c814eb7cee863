extension JSONCursor {
  /// Reads one value of any kind into memory.
  ///
  /// - Throws: `duplicateKey` and `tooManyValues` besides what reading may throw.
  public mutating func readValue() throws(JSONError) -> JSONValue {
    values += 1
    guard values <= limits.maximumValues else {
      throw JSONError(.tooManyValues(limit: limits.maximumValues), at: position)
    }
    switch try kind() {
    case .string: return .string(try readString())
    case .bool: return .bool(try readBool())
    case .null:
      try word("null")
      return .null
    case .number:
      switch try readNumber() {
      case .int(let value): return .int(value)
      case .double(let value): return .number(value)
      }
    case .array:
      try enterArray()
      var elements: [JSONValue] = []
      while try nextElement() { elements.append(try readValue()) }
      return .array(elements)
    case .object:
      try enterObject()
      var object = JSONObject()
      while let key = try nextKey() {
        let name = text(of: key)
        let isNew = object.set(JSONObject.Member(key: name, value: try readValue()))
        if !isNew, limits.refusesDuplicateKeys {
          throw JSONError(.duplicateKey(name), at: key.range.lowerBound)
        }
      }
      return .object(object)
    }
  }
}
