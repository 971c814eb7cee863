import Domain
import JSONText

/// Reads numbers and flags of the part of a `config.json` that describes the language model.
struct ConfigurationReader: Sendable {
  /// The file as the caller named it, for messages.
  let file: String
  /// The whole configuration.
  let whole: JSONObject
  /// The language model's part; the same as `whole` when there is only one.
  let text: JSONObject
  /// Whether `text` is a part of `whole`.
  let isNested: Bool

  init(_ whole: JSONObject, file: String) {
    self.file = file
    self.whole = whole
    var (text, depth) = (whole, 0)
    // A thinker of an omni model has a text_config of its own; nothing known goes deeper. A part that says nothing of
    // dimensions which the whole states is none.
    while depth < 3,
      let part = ConfigurationConventions.languageParts.lazy.compactMap({ text[$0]?.object }).first,
      Self.statesWidth(part) || !Self.statesWidth(text)
    {
      (text, depth) = (part, depth + 1)
    }
    self.text = text
    isNested = depth > 0
  }

  private static func statesWidth(_ object: JSONObject) -> Bool {
    ConfigurationField.hiddenSize.names.contains { object[$0] != nil }
  }

  /// A reader that looks nowhere but in this object.
  init(plain object: JSONObject, file: String) {
    (self.file, whole, text, isNested) = (file, object, object, false)
  }

  /// `model_type` of the language model; of the whole model when its part has none.
  var family: String? { text["model_type"]?.string ?? whole["model_type"]?.string }

  /// The value of a field; nil when it is not stated, or stated as null.
  ///
  /// - Throws: `badMetadata` when it is no whole number, or an impossible one. `4096.0` is a whole number, `"4096"` not.
  func int(_ field: ConfigurationField) throws(ModelFileError) -> Int? {
    for name in field.names {
      guard let value = value(at: name), value != .null else { continue }
      guard let number = Self.wholeNumber(value) else { throw bad(name, "must be a whole number") }
      guard field.range.contains(number) else {
        throw bad(name, "is \(number); \(field.range.lowerBound) to \(field.range.upperBound) is possible")
      }
      return number
    }
    guard isNested else { return nil }
    return family.flatMap { ConfigurationConventions.nestedDefaults[$0]?[field] }
  }

  /// The value of a field without which there is no shape.
  ///
  /// - Throws: `noShape` when it is missing.
  func required(_ field: ConfigurationField) throws(ModelFileError) -> Int {
    guard let value = try int(field) else { throw noShape("has no \(field.words)") }
    return value
  }

  /// A flag of the language model's part; nil when it is not stated as true or false.
  func flag(_ name: String) -> Bool? { text[name]?.bool }

  /// A value of the language model's part; a dot leads into a nested object.
  func value(at path: String) -> JSONValue? {
    guard path.utf8.contains(UInt8(ascii: ".")) else { return text[path] }
    let steps = path.split(separator: ".")
    guard let last = steps.last else { return nil }
    var object = text
    for step in steps.dropLast() {
      guard let next = object[String(step)]?.object else { return nil }
      object = next
    }
    return object[String(last)]
  }

  func bad(_ name: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badMetadata, file: file, "'\(name)' \(reason)")
  }

  func noShape(_ reason: String) -> ModelFileError { ModelFileError(.noShape, file: file, reason) }

  /// An integer, also one that was written as a float.
  static func wholeNumber(_ value: JSONValue) -> Int? {
    switch value {
    case .int(let number): Int(exactly: number)
    // Beyond 2^53 a float no longer says which integer was meant.
    case .number(let number) where abs(number) <= 0x1p53: Int(exactly: number)
    default: nil
    }
  }
}
