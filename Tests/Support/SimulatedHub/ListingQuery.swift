import Foundation

/// What a listing request asks for.
struct ListingQuery {
  var flags: World.Flags = []
  /// Tags beside `gguf` and `llama`.
  var otherTags: [String] = []
  var author: String?
  var search: String?
  var sort = ListingSort.trendingScore
  var limit = 1000
  var members = Members.short
  var start: Position?
  /// The query without the cursor, as the next link repeats it.
  var kept = ""

  /// The query, or the words with which the hub refuses it.
  static func parse(_ items: [(name: String, value: String)]) -> Result<ListingQuery, Refusal> {
    var query = ListingQuery()
    var expanded: Members = []
    var cursor: String?
    for (name, value) in items {
      switch name {
      case "filter":
        switch value {
        case "gguf": query.flags.insert(.gguf)
        case "llama": query.flags.insert(.llama)
        default: query.otherTags.append(value)
        }
      case "author": query.author = value
      case "search": query.search = value.lowercased()
      case "sort":
        guard let sort = ListingSort(rawValue: value) else { return .failure(Refusal("Invalid sort parameter")) }
        query.sort = sort
      case "limit":
        guard let limit = Int(value), limit >= 1 else { return .failure(Refusal("Invalid limit")) }
        query.limit = min(1000, limit)
      case "expand":
        guard let member = Members.byName[value] else {
          let names = Members.byName.keys.sorted().joined(separator: ", ")
          return .failure(Refusal("Invalid expand parameter, must be one of: \(names)"))
        }
        expanded.formUnion(member)
      case "cursor": cursor = value
      default: break
      }
      if name != "cursor" {
        query.kept += (query.kept.isEmpty ? "" : "&") + "\(name)=\(SimulatedRequest.escaped(value))"
      }
    }
    if !expanded.isEmpty { query.members = expanded }
    if let cursor {
      guard let start = Position(cursor: cursor, sort: query.sort) else { return .failure(Refusal("Invalid cursor")) }
      query.start = start
    }
    return .success(query)
  }

  struct Refusal: Error {
    let words: String
    init(_ words: String) { self.words = words }
  }
}

extension Position {
  /// The cursor that begins behind this place, as the hub makes it: base64 of a condition on the sorted member and
  /// `_id`. `extra` is a member without meaning, which makes another text of the same cursor.
  func cursor(_ sort: ListingSort, extra: Int? = nil) -> String {
    var out = ByteBuffer(capacity: 256)
    func value(_ out: inout ByteBuffer) {
      switch sort {
      case .createdAt, .lastModified:
        out.put("\"")
        out.put(date: self.value)
        out.put("\"")
      case .trendingScore:
        out.put(number: self.value / 2)
        if self.value % 2 == 1 { out.put(".5") }
      case .downloads, .likes: out.put(number: self.value)
      }
    }
    let member = "\"\(sort.rawValue)\":"
    out.put("{\"$or\":[{")
    out.put(string: member)
    value(&out)
    out.put(",\"_id\":{\"$gt\":\"")
    out.put(hexadecimal: UInt64(high), digits: 8)
    out.put(hexadecimal: low, digits: 16)
    out.put("\"}},{")
    out.put(string: member)
    out.put("{\"$lt\":")
    value(&out)
    out.put("}},{")
    out.put(string: member)
    out.put("null}]")
    if let extra { out.put(string: ",\"again\":\(extra)") }
    out.put("}")
    return Data(out.written).base64EncodedString()
  }

  /// The place that a cursor names; nil when it is none of this order.
  init?(cursor: String, sort: ListingSort) {
    guard let data = Data(base64Encoded: cursor),
      let condition = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any],
      let first = (condition["$or"] as? [[String: Any]])?.first,
      let id = (first["_id"] as? [String: Any])?["$gt"] as? String, id.utf8.count == 24,
      let high = UInt32(id.prefix(8), radix: 16), let low = UInt64(id.dropFirst(8), radix: 16)
    else { return nil }
    switch sort {
    case .createdAt, .lastModified:
      guard let text = first[sort.rawValue] as? String, let seconds = Self.seconds(text) else { return nil }
      self.init(value: seconds, high: high, low: low)
    case .downloads, .likes, .trendingScore:
      guard let number = first[sort.rawValue] as? NSNumber, abs(number.doubleValue) < 1e15 else { return nil }
      self.init(value: Int(number.doubleValue * (sort == .trendingScore ? 2 : 1)), high: high, low: low)
    }
  }

  /// The seconds since 1970 of `2026-06-19T09:40:33.000Z`.
  private static func seconds(_ text: String) -> Int? {
    let numbers = text.split { !$0.isNumber }.map { Int($0) ?? -1 }
    guard numbers.count == 7, (1970...2100).contains(numbers[0]), (1...12).contains(numbers[1]),
      (1...31).contains(numbers[2])
    else { return nil }
    // The inverse of `CivilDay`: `days_from_civil` of the same source.
    let year = numbers[1] <= 2 ? numbers[0] - 1 : numbers[0]
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (numbers[1] > 2 ? numbers[1] - 3 : numbers[1] + 9) + 2) / 5 + numbers[2] - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return days * 86400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
  }
}
