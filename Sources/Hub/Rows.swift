import HTTP
import JSONText

/// A row of a listing that was left out, and why.
public struct SkippedRow: Sendable, Hashable {
  /// Its place on the page, from 0.
  public let index: Int
  /// The reason, with the member's name; printable ASCII.
  public let reason: String

  /// A row by its place.
  public init(index: Int, reason: String) {
    self.index = index
    self.reason = reason
  }
}

/// Reads bodies of the API in one pass; one bad row costs that row only.
enum Rows {
  /// More rows are refused; the hub sends 1,000 at most.
  private static let most = 100_000

  /// What the outermost value has to be.
  private enum Shape: String {
    case array
    case object
  }

  /// All rows of an array that make sense, and the others.
  static func decode<Row: HubRow>(
    _ type: Row.Type, _ response: HTTPResponse, subject: RequestSubject
  ) throws(HubError) -> (rows: [Row], skipped: [SkippedRow]) {
    try check(response, shape: .array, subject: subject)
    return try read(response, subject: subject) { (cursor: inout JSONCursor) throws(JSONError) in
      var rows: [Row] = []
      // A row has hardly fewer bytes; a page of the hub not more rows.
      rows.reserveCapacity(min(1000, response.body.count / 256))
      var skipped: [SkippedRow] = []
      try cursor.enterArray()
      while try cursor.nextElement() {
        let index = rows.count + skipped.count
        guard index < most else { throw JSONError(.tooManyValues(limit: most), at: cursor.offset) }
        switch try row(type, &cursor) {
        case .success(let row): rows.append(row)
        case .failure(let reason): skipped.append(SkippedRow(index: index, reason: reason.text))
        }
      }
      return (rows, skipped)
    }
  }

  /// A single object.
  static func decodeOne<Row: HubRow>(
    _ type: Row.Type, _ response: HTTPResponse, subject: RequestSubject
  ) throws(HubError) -> Row {
    try check(response, shape: .object, subject: subject)
    let result = try read(response, subject: subject) { (cursor: inout JSONCursor) throws(JSONError) in
      try row(type, &cursor)
    }
    switch result {
    case .success(let row): return row
    case .failure(let reason): throw HubError(.unexpectedAnswer, subject.name, detail: reason.text)
    }
  }

  private struct Reason: Error {
    let text: String
  }

  /// One row, or why it makes no sense. It is gone through a second time then, so that what only this row has
  /// wrong is told from what breaks the page.
  private static func row<Row: HubRow>(
    _ type: Row.Type, _ cursor: inout JSONCursor
  ) throws(JSONError) -> Result<Row, Reason> {
    let start = cursor.place
    guard try cursor.kind() == .object else {
      try cursor.skipValue()
      return .failure(Reason(text: "not an object"))
    }
    var fault = RowFault.missing("id")
    do throws(JSONError) {
      return .success(try Row(&cursor, fault: &fault))
    } catch {
      cursor.goBack(to: start)
      try cursor.skipValue()
      if case .duplicateKey(let key) = error.kind { return .failure(Reason(text: "duplicate key \(key)")) }
      return .failure(Reason(text: fault.reason))
    }
  }

  private static func read<Result>(
    _ response: HTTPResponse, subject: RequestSubject,
    _ body: (inout JSONCursor) throws(JSONError) -> Result
  ) throws(HubError) -> Result {
    do throws(JSONError) {
      return try JSONCursor.read(response.body, body)
    } catch {
      let detail =
        switch error.kind {
        case .tooDeep, .tooLarge: error.problem
        case .tooManyValues(let limit): "more than \(limit) rows"
        default: "broken JSON: \(error.problem)"
        }
      throw HubError(.unexpectedAnswer, subject.name, detail: detail)
    }
  }

  private static func check(_ response: HTTPResponse, shape: Shape, subject: RequestSubject) throws(HubError) {
    guard response.head.status == 200 else {
      throw HubError(.unexpectedAnswer, subject.name, detail: "status \(response.head.status)")
    }
    let first = response.body.first { ![9, 10, 13, 32].contains($0) }
    guard first != UInt8(ascii: shape == .array ? "[" : "{") else { return }
    let type = response.head.headers["Content-Type"].map { " (\($0.prefix { $0 != ";" }))" } ?? ""
    let isHTML = first == UInt8(ascii: "<")
    throw HubError(
      .unexpectedAnswer, subject.name,
      detail: isHTML ? "HTML\(type) instead of JSON" : "not a JSON \(shape.rawValue)\(type)")
  }
}
