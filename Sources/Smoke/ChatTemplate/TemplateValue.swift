/// A value while a template is rendered; Python's kinds.
enum TemplateValue: Sendable {
  /// What has no value, by the name under which it was looked for.
  case undefined(String)
  case null
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  /// Text that the filter `safe` has marked: plain text that is added to it is escaped for HTML.
  case markup(String)
  case sequence(TemplateSequence)
  case map(TemplateMap)
  /// A namespace, by its number in the run.
  case namespace(Int)
  /// `loop` inside of a loop.
  case loop(TemplateLoop)
  /// A macro, by its number in the run.
  case macro(Int)
  case function(TemplateFunction)
  /// A method that was named and not called.
  case method(String)
}

/// A list, a tuple, or what a filter yields.
struct TemplateSequence: Sendable {
  enum Kind: Sendable {
    case list, tuple
    /// Of a generator the length is not known.
    case generator
  }

  let kind: Kind
  let elements: [TemplateValue]
  /// How deep values are nested in it; 1 for a flat one.
  let depth: Int
}

/// A mapping in the order of its making. Mappings in templates are small, so that each key is looked at.
struct TemplateMap: Sendable {
  struct Entry: Sendable {
    let key: TemplateValue
    let value: TemplateValue
  }

  let entries: [Entry]
  let depth: Int

  /// The value of a key that is a text.
  subscript(key: String) -> TemplateValue? {
    for entry in entries {
      if case .string(let name) = entry.key, name.isSame(as: key) { return entry.value }
    }
    return nil
  }
}

/// The state of a loop.
struct TemplateLoop: Sendable {
  let sequence: TemplateSequence
  let index: Int

  /// `loop.last` and its like; nil when there is no such thing.
  func attribute(_ name: String) -> TemplateValue? {
    let elements = sequence.elements
    return switch name {
    case "index": .int(index + 1)
    case "index0": .int(index)
    case "revindex": .int(elements.count - index)
    case "revindex0": .int(elements.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == elements.count - 1)
    case "length": .int(elements.count)
    case "previtem": index > 0 ? elements[index - 1] : .undefined("there is no previous item")
    case "nextitem": index + 1 < elements.count ? elements[index + 1] : .undefined("there is no next item")
    // It counts the levels of a recursive loop, which is not known here.
    case "depth": .int(1)
    case "depth0": .int(0)
    default: nil
    }
  }
}

/// A function that every template knows.
enum TemplateFunction: String, Sendable {
  case range, namespace, dict
  case raiseException = "raise_exception"
  case now = "strftime_now"
}

extension TemplateValue {
  /// How deep values are nested in this one.
  var depth: Int {
    switch self {
    case .sequence(let sequence): sequence.depth
    case .map(let map): map.depth
    case .loop(let loop): loop.sequence.depth + 1
    default: 0
    }
  }

  /// The text, marked as safe or not; nil for other kinds.
  var text: String? {
    switch self {
    case .string(let text), .markup(let text): text
    default: nil
    }
  }

  /// The whole number, truth values included, as in Python.
  var wholeNumber: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The number, whole or not.
  var number: Double? {
    if case .float(let value) = self { return value }
    return wholeNumber.map(Double.init)
  }

  /// What a condition makes of it.
  var isTrue: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let text), .markup(let text): !text.isEmpty
    case .sequence(let sequence): sequence.kind == .generator || !sequence.elements.isEmpty
    case .map(let map): !map.entries.isEmpty
    case .namespace, .loop, .macro, .function, .method: true
    }
  }

  /// The kind, for an error.
  var kindName: String {
    switch self {
    case .undefined(let name): "'\(name.prefix(40))', which is undefined,"
    case .null: "none"
    case .bool: "a truth value"
    case .int, .float: "a number"
    case .string, .markup: "a text"
    case .sequence: "a list"
    case .map: "a mapping"
    case .namespace: "a namespace"
    case .loop: "a loop"
    case .macro, .function, .method: "a function"
    }
  }
}

extension String {
  /// Whether all code points are the same; Swift's own `==` takes composed and decomposed letters for equal.
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
