import Domain

/// A value of the configuration file, in the few kinds that settings have.
public enum SettingValue: Sendable, Equatable {
  case string(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case strings([String])
  /// A date, a table or another kind that no setting has; the name is for the message.
  case other(String)

  /// The kind, as a message names it.
  public var kind: String {
    switch self {
    case .string: "a text"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .strings: "a list of texts"
    case .other(let name): name
    }
  }
}

/// Why a value is not acceptable: what was wanted instead.
public struct SettingRefusal: Error, Equatable {
  /// What the key wants, such as `a size such as "200 GB"`.
  public let wanted: String
}

extension SettingValue {
  func text() throws(SettingRefusal) -> String {
    guard case .string(let text) = self else { throw SettingRefusal(wanted: "a text in quotes") }
    return text
  }

  func choice(_ choices: [String]) throws(SettingRefusal) -> String {
    guard case .string(let text) = self, choices.contains(text) else {
      throw SettingRefusal(wanted: "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", "))
    }
    return text
  }

  func whole(_ range: ClosedRange<Int>) throws(SettingRefusal) -> Int {
    guard case .integer(let number) = self, range.contains(number) else {
      throw SettingRefusal(wanted: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func number(_ range: ClosedRange<Double>) throws(SettingRefusal) -> Double {
    let refusal = SettingRefusal(wanted: "a number from \(range.lowerBound) to \(range.upperBound)")
    let number: Double
    switch self {
    case .integer(let value): number = Double(value)
    case .number(let value): number = value
    default: throw refusal
    }
    guard range.contains(number) else { throw refusal }
    return number
  }

  func flag() throws(SettingRefusal) -> Bool {
    guard case .boolean(let flag) = self else { throw SettingRefusal(wanted: "true or false") }
    return flag
  }

  func texts() throws(SettingRefusal) -> [String] {
    guard case .strings(let texts) = self else {
      throw SettingRefusal(wanted: "a list of texts such as [\"a\", \"b\"]")
    }
    return texts
  }

  func size() throws(SettingRefusal) -> ByteCount {
    if case .integer(0) = self { return ByteCount(0) }
    guard case .string(let text) = self, let size = Quantity.size(text) else {
      throw SettingRefusal(wanted: "a size such as \"200 GB\", \"20M\" or \"8 GiB\"")
    }
    return size
  }

  func seconds(_ range: ClosedRange<Int>) throws(SettingRefusal) -> Int {
    guard case .string(let text) = self, let seconds = Quantity.seconds(text), range.contains(seconds) else {
      throw SettingRefusal(
        wanted: "a time such as \"90s\", \"30m\" or \"2h\", from \(range.lowerBound)s to \(range.upperBound)s")
    }
    return seconds
  }
}
