import FoundationEssentials
import HTTP

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

/// Decodes bodies of the API; one bad row costs that row only.
enum Rows {
  /// All rows of an array that make sense, and the others.
  static func decode<Row: Decodable & Sendable>(
    _ type: Row.Type, _ response: HTTPResponse, subject: RequestSubject
  ) throws(HubError) -> (rows: [(index: Int, row: Row)], skipped: [SkippedRow]) {
    let cells = try decodeBody([Cell<Row>].self, response, shape: .array, subject: subject)
    var rows: [(Int, Row)] = []
    var skipped: [SkippedRow] = []
    for (index, cell) in cells.enumerated() {
      switch cell.result {
      case .success(let row): rows.append((index, row))
      case .failure(let reason): skipped.append(SkippedRow(index: index, reason: reason.text))
      }
    }
    return (rows, skipped)
  }

  /// A single object.
  static func decodeOne<Row: Decodable & Sendable>(
    _ type: Row.Type, _ response: HTTPResponse, subject: RequestSubject
  ) throws(HubError) -> Row {
    switch try decodeBody(Cell<Row>.self, response, shape: .object, subject: subject).result {
    case .success(let row): return row
    case .failure(let reason): throw HubError(.unexpectedAnswer, subject.name, detail: reason.text)
    }
  }

  private static func decodeBody<Value: Decodable>(
    _ type: Value.Type, _ response: HTTPResponse, shape: JSONGuard.Shape, subject: RequestSubject
  ) throws(HubError) -> Value {
    guard response.head.status == 200 else {
      throw HubError(.unexpectedAnswer, subject.name, detail: "status \(response.head.status)")
    }
    if let objection = JSONGuard.objection(response.body, head: response.head, shape: shape) {
      throw HubError(.unexpectedAnswer, subject.name, detail: objection)
    }
    do {
      return try JSONDecoder().decode(type, from: Data(response.body))
    } catch {
      throw HubError(.unexpectedAnswer, subject.name, detail: "broken JSON")
    }
  }

  /// Turns a row's error into a value.
  private struct Cell<Row: Decodable & Sendable>: Decodable {
    struct Reason: Error {
      let text: String
    }

    let result: Result<Row, Reason>

    init(from decoder: any Decoder) {
      do {
        result = .success(try Row(from: decoder))
      } catch {
        result = .failure(Reason(text: Self.text(error)))
      }
    }

    private static func text(_ error: any Error) -> String {
      guard let error = error as? DecodingError else { return "unreadable" }
      switch error {
      case .keyNotFound(let key, _): return "no \(key.stringValue)"
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        let path = context.codingPath.filter { $0.intValue == nil }.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "not an object" : "bad value of \(path)"
      @unknown default: return "unreadable"
      }
    }
  }
}
