import Glibc

extension TemplateRun {
  /// `name(arguments)` of a function that every template knows.
  mutating func call(
    _ function: TemplateFunction, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch function {
    case .raiseException:
      let message = try arguments.bound(["message"])[0] ?? .string("")
      throw ChatTemplateError(.refused, String(try string(message).prefix(200)))
    case .range: return try range(arguments)
    case .dict: return try map(try entries(arguments))
    case .namespace:
      var values: [String: TemplateValue] = [:]
      for entry in try entries(arguments) { values[entry.key.text ?? ""] = entry.value }
      namespaces.append(values)
      return .namespace(namespaces.count - 1)
    case .now:
      guard let format = try arguments.bound(["format"])[0]?.text else {
        throw ChatTemplateError(.failed, "\(arguments.of) without a format")
      }
      return .string(try day(format))
    }
  }

  /// The entries of `dict(a=1)` and `dict({'a': 1})`.
  private func entries(_ arguments: TemplateArguments) throws(ChatTemplateError) -> [TemplateMap.Entry] {
    var entries: [TemplateMap.Entry] = []
    for value in arguments.positional {
      guard case .map(let map) = value else {
        throw ChatTemplateError.unsupported("\(arguments.of) with \(value.kindName)")
      }
      entries += map.entries
    }
    return entries + arguments.named.map { TemplateMap.Entry(key: .string($0.name), value: $0.value) }
  }

  private mutating func range(_ arguments: TemplateArguments) throws(ChatTemplateError) -> TemplateValue {
    var numbers: [Int] = []
    for value in arguments.positional {
      guard let number = value.wholeNumber else { throw ChatTemplateError(.failed, "a range up to \(value.kindName)") }
      numbers.append(number)
    }
    guard (1...3).contains(numbers.count), arguments.named.isEmpty, numbers.count < 3 || numbers[2] != 0 else {
      throw ChatTemplateError(.failed, "a range with such arguments")
    }
    let start = numbers.count == 1 ? 0 : numbers[0]
    let end = numbers.count == 1 ? numbers[0] : numbers[1]
    var elements: [TemplateValue] = []
    for number in stride(from: start, to: end, by: numbers.count == 3 ? numbers[2] : 1) {
      guard elements.count < limits.range else {
        throw ChatTemplateError(.limit, "a range of more than \(limits.range) numbers")
      }
      elements.append(.int(number))
    }
    return try list(elements)
  }

  /// The day on which every template is rendered, in a format of strftime.
  private func day(_ format: String) throws(ChatTemplateError) -> String {
    // Only plain letters: a width would fill the buffer.
    var isCode = false
    for byte in format.utf8 {
      if isCode, !"aAbBdDeFHIjmMpSTUwyY%".utf8.contains(byte) {
        throw ChatTemplateError.unsupported("a date in the format '\(format.prefix(40))'")
      }
      isCode = !isCode && byte == UInt8(ascii: "%")
    }
    guard !isCode, format.utf8.count <= 200, !format.utf8.contains(0), !format.isEmpty else {
      throw ChatTemplateError.unsupported("a date in the format '\(format.prefix(40))'")
    }
    // 1 January 2025, a Wednesday.
    var time = tm()
    time.tm_year = 125
    time.tm_mday = 1
    time.tm_wday = 3
    let text = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress, $0.count, format, &time) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
